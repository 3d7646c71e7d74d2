package site

import (
	"slices"
)

// TLS is a site's certificate. Either Certificates and Keys are set, or
// SelfSigned is, or ACME is.
type TLS struct {
	// Certificates are the absolute paths of PEM chains, of which a client is shown
	// the first that it can use: their keys are of different kinds. Keys are the
	// paths of their PEM keys, in the same order.
	Certificates, Keys []string
	SelfSigned         bool // a local CA in the state directory signs it
	ACME               bool // Edge.ACME gives it; until then one of the local CA is served
	// DNSHook is the command that writes into the DNS what Edge.ACME looks for there;
	// empty where that asks the edge itself. DNSHookDir is its working directory.
	DNSHook    []string
	DNSHookDir string
	MinVersion string // "1.2" or "1.3"
	Clients    Clients
	Source     Source
}

// Clients says whose certificates clients show. The zero value asks for none. The model
// holds what the files say, so that the edge reads none of them again.
type Clients struct {
	CAFile, CRLFile string // absolute; "" for none
	Authorities     string // who gives certificates, PEM
	Revoked         string // lists of those that are taken back (RFC 5280, 5), PEM
	Required        bool   // a client without one does not come in
	Source          Source
}

// Asked reports whether clients are asked for a certificate.
func (c *Clients) Asked() bool { return c.CAFile != "" }

// Given reports whether the certificate comes from files that the site names, and
// not from edgegen.
func (t *TLS) Given() bool { return !t.SelfSigned && !t.ACME }

// Challenged reports whether the authority asks the edge for what only edgegen
// knows, and not the DNS.
func (t *TLS) Challenged() bool { return t.ACME && len(t.DNSHook) == 0 }

// Challenged reports whether an authority asks on the plain listeners.
func (e *Edge) Challenged() bool {
	return !e.Plain() && len(e.HTTP) > 0 && slices.ContainsFunc(e.Sites, func(s Site) bool { return s.TLS.Challenged() })
}

// ACME is the authority that certificates are asked for (RFC 8555).
type ACME struct {
	Email     string // where it writes to; "" for none
	Directory string // the URL of its directory
	CARoot    string // absolute path of what its own certificate is verified with, PEM; "" for the machine's
	CASum     string // of what is in that file
	// KeyID and HMACKey bind the account to one that it knows already (RFC 8555,
	// 7.3.4); both "" for none.
	KeyID, HMACKey string
	Profile        string // of the certificates, by a name of the authority's; "" for its own choice
	Store          string // what several edges have in common, as vault.Open takes it; "" for nothing
	StoreSource    Source
	Source         Source
}
