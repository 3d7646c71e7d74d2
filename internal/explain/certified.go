package explain

import (
	"crypto/x509"
	"net/http"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// certified looks at the certificate that the client shows, as the edge does; false
// where the request does not come in.
func (j *journey) certified(c *site.Certified) bool {
	tell := func(format string, values ...any) {
		j.step(site.CacheTier, "access", "C5", c.Source, "", format, values...)
	}
	refuse := func(status int, format string, values ...any) bool {
		tell(format, values...)
		j.answer(status, format, values...)
		return false
	}
	of, asks := j.w.Host.Site, j.handshakeWith()
	if asks.Host != of.Host {
		return refuse(http.StatusMisdirectedRequest, "%s asks its clients for a certificate, and the handshake was with %s", of.Host, asks.Host)
	}
	var brings wire.Header
	switch chain := j.r.Client.Certificate; {
	case len(chain) == 0 && c.Required:
		return refuse(http.StatusForbidden, "the client shows no certificate, and %s asks for one", of.Host)
	case len(chain) == 0:
		tell("the client is asked for a certificate, and may come in without one")
		brings = decide.Certificate("", "")
	default:
		found, err := j.whose(chain)
		if err != nil {
			return refuse(http.StatusForbidden, "the client's certificate is not good: %v", err)
		}
		tell("the client's certificate is that of %s", found.Get(site.CertSubject))
		brings = found
	}
	decide.Bring(&j.q.Header, site.CertNames(), brings)
	return true
}

// whose is what the app is told of a chain in DER.
func (j *journey) whose(chain [][]byte) (wire.Header, error) {
	said := j.w.Host.Site.TLS.Clients
	clients, err := certificate.NewClients(certificate.ClientFiles{Authorities: said.Authorities, Revoked: said.Revoked})
	if err != nil {
		return nil, err
	}
	var parsed []*x509.Certificate
	for _, der := range chain {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, one)
	}
	if _, err := clients.Verify(parsed, time.Now()); err != nil {
		return nil, err
	}
	subject, err := certificate.Subject(parsed[0])
	return decide.Certificate(subject, certificate.Fingerprint(parsed[0])), err
}
