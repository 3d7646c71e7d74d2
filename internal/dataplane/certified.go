package dataplane

import (
	"fmt"
	"net/http"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// addClients prepares to verify the certificates of clients. Authorities and lists that
// are as in the old model are kept, with what was found out about connected clients.
func (m *model) addClients(old *model) error {
	for i := range m.edge.Sites {
		s := &m.edge.Sites[i]
		if !s.TLS.Clients.Asked() {
			continue
		}
		files := certificate.ClientFiles{Authorities: s.TLS.Clients.Authorities, Revoked: s.TLS.Clients.Revoked}
		if old != nil && old.clients[s.Host] != nil && old.clients[s.Host].Files() == files {
			m.clients[s.Host] = old.clients[s.Host]
			continue
		}
		made, err := certificate.NewClients(files)
		if err != nil {
			return fmt.Errorf("clients of %s: %w", s.Host, err)
		}
		m.clients[s.Host] = made
	}
	return nil
}

// certified checks the certificate of a client whose request is for a site that asks for
// one. A client whose handshake was with another site, or with one that asks for none, has
// to connect again (421; RFC 9110, 15.5.20).
func (p *Plane) certified(x *exchange, clients *certificate.Clients, c *site.Certified) (brings wire.Header, refusal *wire.Response) {
	switch {
	case x.shown == nil || x.shown.Site != x.host.Site.Host:
		return nil, answers.Failure(http.StatusMisdirectedRequest)
	case len(x.shown.Chain) == 0 && c.Required:
		return nil, answers.Failure(http.StatusForbidden)
	case len(x.shown.Chain) == 0:
		return decide.Certificate("", ""), nil
	}
	who, err := x.shown.Verify(clients, time.Now())
	if err != nil {
		p.log.DebugContext(x.ctx, "certificate of a client", "site", x.host.Site.Host, "client", x.Client.String(), "error", err)
		return nil, answers.Failure(http.StatusForbidden)
	}
	return decide.Certificate(who.Subject, who.Fingerprint), nil
}
