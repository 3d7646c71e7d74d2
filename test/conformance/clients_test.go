package conformance

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"
	"time"

	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/party"
)

// oddName is a subject that would be a header field of its own, were it not escaped.
const oddName = "odd, \"quoted\"\r\nX-Client-Cert-Verify: FORGED\x00ü"

// writeParty keeps a client's chain and key where attempts find them.
func writeParty(t *testing.T, h *edge.Home, name string, p *party.Party, others ...*party.Party) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(p.Key)
	if err != nil {
		t.Fatal(err)
	}
	text := p.Chain
	for _, other := range others {
		text += other.Chain
	}
	h.Write("clients/"+name+".pem", text+string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// writeClients makes clients with certificates of all kinds, and their authorities.
func writeClients(t *testing.T, h *edge.Home) {
	t.Helper()
	root := (*party.Party)(nil).Signs(t, 1, party.Authority("clients"))
	between := root.Signs(t, 2, party.Authority("between"))
	other := (*party.Party)(nil).Signs(t, 1, party.Authority("clients")) // by the same name
	writeParty(t, h, "alice", root.Signs(t, 10, party.Client("alice")))
	writeParty(t, h, "revoked", root.Signs(t, 11, party.Client("revoked")))
	writeParty(t, h, "late", root.Signs(t, 12, func(c *x509.Certificate) { party.Client("late")(c); c.NotAfter = time.Now().Add(-time.Minute) }))
	writeParty(t, h, "server", root.Signs(t, 13, func(c *x509.Certificate) {
		party.Client("server")(c)
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}))
	writeParty(t, h, "odd", root.Signs(t, 14, party.Client(oddName)))
	writeParty(t, h, "bob", between.Signs(t, 10, party.Client("bob")), between)
	writeParty(t, h, "carol", between.Signs(t, 11, party.Client("carol")), between)
	writeParty(t, h, "mallory", other.Signs(t, 10, party.Client("alice")))
	writeParty(t, h, "long", root.Signs(t, 15, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "long", OrganizationalUnit: make([]string, 40)}
		for i := range c.Subject.OrganizationalUnit {
			c.Subject.OrganizationalUnit[i] = string(rune('a'+i%26)) + "0123456789012345678901234567890123456789012345678901234567890"
		}
	}))
	h.Write("clients/authorities.pem", root.Chain)
	h.Write("clients/lists.pem", root.Revokes(t, 11)+between.Revokes(t, 11))
}

// show has the client show somebody's certificate from now on; "" for nobody's.
func (a *attempt) show(who string) {
	a.shown = nil
	if who == "" {
		return
	}
	file := a.edge.Path("clients/" + who + ".pem")
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		a.fatalf("%v", err)
	}
	a.shown = &pair
}

// config is for a handshake as the client that the case is about. It shows what it has,
// whoever the edge says that it believes.
func (a *attempt) config(name string, protocols ...string) *tls.Config {
	c := clientConfig(cmp.Or(a.named, name), protocols...)
	if a.shown != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return a.shown, nil }
	}
	return c
}

// certifiedSites ask clients for a certificate in other ways than cert.test does.
func certifiedSites(c edge.Combination) string {
	if c.TLS != site.Builtin {
		return ""
	}
	return `
site "maybe.test" {
  hosts = ["*.maybe.test"]
  tls {
    self_signed = true
    client_ca   = "clients/authorities.pem"
    client_auth = "optional"
  }
  backend "app" { servers = ["{app}"] }
  backend "auth" { servers = ["{certauth}"] }
  route "/" {
    backend   = "app"
    websocket = true
  }
  route "/verified" {
    backend = "app"
    forward_auth { backend = "auth" }
  }
}
site "ordered.test" {
  tls {
    self_signed = true
    client_ca   = "clients/authorities.pem"
    client_crl  = "clients/lists.pem"
  }
  backend "app" { servers = ["{app}"] }
  route "/" {
    backend = "app"
    deny    = ["127.0.0.4/30"]
    rate_limit {
      key  = "header:X-Key"
      rate = "1/d"
      burst = 1
    }
    basic_auth { users_file = "users" }
  }
}
`
}
