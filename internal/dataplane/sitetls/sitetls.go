// Package sitetls is how TLS is spoken in the name of each site: whose certificate a client is
// shown, which one it is asked for, and who may resume a session.
package sitetls

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/certificate"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/site"
)

// Model is what the TLS tier needs of a model of the edge. It is immutable.
type Model struct {
	byName  map[string]*Site
	beneath map[string]*Site // for one label before the name
	deep    map[string]*Site // for any number of labels before it
	First   *Site            // for names that no site claims
}

// Site is the configuration of a site.
type Site struct {
	*tls.Config
	host string // its canonical one
}

// New makes a configuration for each site. Certificates has those of each site, and clients
// the authorities of those that ask for a certificate, by their hosts. Session tickets are sealed
// with the keys of the Plane's one outer configuration, which crypto/tls
// rotates every day and accepts for seven, or with those that several edges have
// in common.
func New(edge *site.Edge, certificates [][]tls.Certificate, clients map[string]*certificate.Clients, protocols []string, secret string, outer *tls.Config) (*Model, error) {
	if len(edge.Sites) == 0 || len(certificates) != len(edge.Sites) {
		return nil, fmt.Errorf("tls: %d certificates for %d sites", len(certificates), len(edge.Sites))
	}
	seal := sealing(secret, outer)
	t := &Model{byName: map[string]*Site{}, beneath: map[string]*Site{}, deep: map[string]*Site{}}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		if len(certificates[i]) == 0 {
			return nil, fmt.Errorf("tls: no certificate for %s", s.Host)
		}
		config := &Site{Modern(), s.Host}
		config.NextProtos = protocols
		config.Certificates = certificates[i]
		if len(certificates[i]) > 1 {
			config.GetCertificate = firstUsable(certificates[i])
		}
		config.MinVersion = decide.MinVersion(s)
		if c := clients[s.Host]; c != nil {
			config.ask(c)
		}
		bindTickets(config.Config, seal, s.Host)
		if i == edge.First {
			t.First = config
		}
		for _, name := range s.Names() {
			parent, wildcard := site.Beneath(name)
			switch {
			case strings.HasPrefix(name, site.AnyLabels):
				t.deep[parent] = config
			case wildcard:
				t.beneath[parent] = config
			default:
				t.byName[name] = config
			}
		}
	}
	return t, nil
}

// firstUsable chooses the first certificate that a client can use. crypto/tls would also
// ask that it be for the name, but a client that names an unknown site is to get that of
// the first one.
func firstUsable(certificates []tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		nameless := *hello
		nameless.ServerName = ""
		for i := range certificates {
			if nameless.SupportsCertificate(&certificates[i]) == nil {
				return &certificates[i], nil
			}
		}
		return &certificates[0], nil // the handshake says what the client lacks
	}
}

// bindTickets refuses to resume a session of one site under the name of another one, whose
// certificate the client has not seen. Where clients are asked for a certificate, it also
// refuses a session in which the client has shown none. Seal is the configuration that
// seals the tickets now.
func bindTickets(config *tls.Config, seal func() *tls.Config, host string) {
	asks := config.ClientAuth != tls.NoClientCert
	bound := []byte("edge site " + host)
	if asks {
		bound = []byte("edge certified site " + host)
	}
	config.WrapSession = func(c tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		if asks && len(c.PeerCertificates) == 0 {
			return seal().EncryptTicket(c, session)
		}
		session.Extra = append(session.Extra, bound)
		return seal().EncryptTicket(c, session)
	}
	config.UnwrapSession = func(ticket []byte, c tls.ConnectionState) (*tls.SessionState, error) {
		session, err := seal().DecryptTicket(ticket, c)
		if err != nil || session == nil || !slices.ContainsFunc(session.Extra, func(e []byte) bool { return bytes.Equal(e, bound) }) {
			return nil, err
		}
		return session, nil
	}
}

// Protocols is what a client may choose from.
func Protocols(edge *site.Edge) []string {
	if edge.Protocols.HTTP2 {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"}
}

// Modern has forward secrecy and authenticated encryption only.
func Modern() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all good
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		// Whole records from the start: a system call each is what they cost.
		DynamicRecordSizingDisabled: true,
	}
}

// Of is the configuration for a name in lower case.
func (t *Model) Of(name string) *Site {
	if config := t.byName[name]; config != nil {
		return config
	}
	if _, parent, ok := strings.Cut(name, "."); ok && t.beneath[parent] != nil {
		return t.beneath[parent]
	}
	for more := len(t.deep) > 0; more; {
		if _, name, more = strings.Cut(name, "."); t.deep[name] != nil {
			return t.deep[name]
		}
	}
	return t.First
}

// ask has clients be asked for a certificate of these authorities. A handshake without a
// certificate, or with one that is not good, succeeds: the route's rules refuse the
// client later, in their order. TLS itself makes sure that the client has the key.
func (s *Site) ask(clients *certificate.Clients) {
	s.ClientAuth, s.ClientCAs = tls.RequestClientCert, clients.Authorities()
}

// Handshake is what the client has shown; nil where it was asked for nothing, or where s is
// nil.
func (s *Site) Handshake(agreed tls.ConnectionState) *gate.Handshake {
	if s == nil || s.ClientAuth == tls.NoClientCert {
		return nil
	}
	return &gate.Handshake{Site: s.host, Chain: agreed.PeerCertificates}
}
