package dataplane

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/certificate"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/site"
)

// tlsModel is what the TLS tier needs of a model.
type tlsModel struct {
	byName  map[string]*siteTLS
	beneath map[string]*siteTLS // for one label before the name
	deep    map[string]*siteTLS // for any number of labels before it
	first   *siteTLS            // for names that no site claims
}

// siteTLS is the configuration of a site.
type siteTLS struct {
	*tls.Config
	host string // its canonical one
}

// newTLSModel makes a configuration for each site. Session tickets are sealed
// with the keys of the Plane's one outer configuration, which crypto/tls
// rotates every day and accepts for seven, or with those that several edges have
// in common.
func newTLSModel(edge *site.Edge, certificates [][]tls.Certificate, clients map[string]*certificate.Clients, protocols []string, secret string, outer *tls.Config) (*tlsModel, error) {
	if len(edge.Sites) == 0 || len(certificates) != len(edge.Sites) {
		return nil, fmt.Errorf("tls: %d certificates for %d sites", len(certificates), len(edge.Sites))
	}
	seal := sealing(secret, outer)
	t := &tlsModel{byName: map[string]*siteTLS{}, beneath: map[string]*siteTLS{}, deep: map[string]*siteTLS{}}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		if len(certificates[i]) == 0 {
			return nil, fmt.Errorf("tls: no certificate for %s", s.Host)
		}
		config := &siteTLS{modern(), s.Host}
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
			t.first = config
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

// bindTickets refuses to resume a session of one site under the name of another, whose
// certificate and rules the client would not have seen. Where clients are asked for a
// certificate, it also refuses a session in which the client has shown none. Seal is the
// configuration that seals the tickets now.
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

// protocols is what a client may choose from.
func protocols(edge *site.Edge) []string {
	if edge.Protocols.HTTP2 {
		return []string{"h2", "http/1.1"}
	}
	return []string{"http/1.1"}
}

// modern has forward secrecy and authenticated encryption only.
func modern() *tls.Config {
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

// tlsConfig is the configuration of every connection; it looks up the model
// in force, so that a new certificate is served from the next handshake on.
func (p *Plane) tlsConfig() *tls.Config {
	outer := modern()
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		chosen, err := p.named(hello)
		if err != nil {
			return nil, err
		}
		if challenge := p.challengeConfig(hello); challenge != nil {
			return challenge, nil
		}
		if asked, ok := hello.Context().Value(asker{}).(*asker); ok {
			asked.by = chosen
		}
		return chosen.Config, nil
	}
	return outer
}

// named is the configuration of the site that a client names, of the model in force.
func (p *Plane) named(hello *tls.ClientHelloInfo) (*siteTLS, error) {
	t := p.model.Load().tls
	if t == nil {
		return nil, errors.New("no certificates")
	}
	return t.of(strings.TrimSuffix(strings.ToLower(hello.ServerName), ".")), nil
}

// of is the configuration for a name in lower case.
func (t *tlsModel) of(name string) *siteTLS {
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
	return t.first
}
