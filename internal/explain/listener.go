package explain

import (
	"fmt"
	"strings"

	"edgegen/internal/site"
)

// listener finds the listener that takes the connection, and who it comes from; false
// where none does.
func (j *journey) listener() bool {
	edge := j.in.Edge
	j.plain = !edge.Plain() && !j.r.HTTPS
	all, scheme, tier := edge.HTTPS, "https", site.TLSTier
	if j.plain || edge.Plain() {
		all, scheme, tier = edge.HTTP, "http", site.WebTier
	}
	j.out.Tier = "tls"
	at, ok := j.listening(all)
	if !ok {
		j.out.Cache = []string{}
		if len(all) == 0 {
			j.answer(0, "no answer: the edge has no %s listener", scheme)
			return false
		}
		j.step(tier, "listener", "", all[0].Source, "", "no %s listener has the port %d: they are %s", scheme, j.r.Port, addresses(all))
		j.answer(0, "no answer: the edge listens for %s on %s, and not on port %d", scheme, addresses(all), j.r.Port)
		return false
	}
	says := fmt.Sprintf("the %s listener %s takes the connection", scheme, at.Address)
	switch {
	case edge.Plain() && j.r.HTTPS:
		says += "; whoever stands in front of the edge has ended TLS"
	case j.plain:
		says += ", and only redirects to https"
	}
	j.step(tier, "listener", "", at.Source, "", "%s", says)
	j.asker()
	if j.r.HTTPS && !edge.Plain() {
		j.certificate()
	}
	j.protocol()
	return true
}

// listening finds the listener of the port. Where the URL names none it may be
// another than that of the scheme.
func (j *journey) listening(all []site.Listener) (site.Listener, bool) {
	for _, one := range all {
		port := int(one.Address.Port())
		if port == j.r.Port || port == 0 || j.r.HTTPS && j.in.Edge.PublicPort == j.r.Port {
			return one, true
		}
	}
	if len(all) == 0 || j.r.Named && !(j.in.Edge.Plain() && j.r.HTTPS) {
		return site.Listener{}, false
	}
	return all[0], true
}

func addresses(all []site.Listener) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, one.Address.String())
	}
	return strings.Join(texts, " and ")
}

// asker is who connects, and what is known of TLS.
func (j *journey) asker() {
	q, edge := &j.q, j.in.Edge
	q.Peer, q.HTTPS = j.r.Peer, j.r.HTTPS
	if !edge.Plain() {
		q.TLS = j.r.TLS
	} else if !q.Peer.IsValid() && j.r.HTTPS && len(edge.Trusted) > 0 {
		q.Peer = edge.Trusted[0].Network.Addr()
	}
	if !q.Peer.IsValid() {
		q.Peer = Somewhere()
	}
	if edge.Plain() {
		q.HTTPS = j.r.Proxied || j.decide.Trusts(q.Peer)
	}
}

// certificate tells which one the client is shown.
func (j *journey) certificate() {
	s, whose := j.handshakeWith(), "the server name is "+j.r.Name
	if j.decide.Host(j.r.Name) == nil {
		whose = "no site has the server name " + j.r.Name
	}
	j.step(site.TLSTier, "certificate", "", s.TLS.Source, s.Host, "%s: the certificate is that of %s, %s", whose, s.Host, j.origin(&s.TLS))
}

// handshakeWith is the site whose certificate the client is shown.
func (j *journey) handshakeWith() *site.Site {
	if h := j.decide.Host(j.r.Name); h != nil {
		return h.Site
	}
	return &j.in.Edge.Sites[j.in.Edge.First]
}

// origin tells where a site's certificate comes from.
func (j *journey) origin(tls *site.TLS) string {
	switch {
	case tls.SelfSigned:
		return "signed by edgegen's own authority"
	case tls.ACME:
		shared := ""
		if store := j.in.Edge.ACME.Store; store != "" {
			shared = " to one of the edges that have the store " + store
		}
		return "given by " + j.in.Edge.ACME.Directory + shared + ", or until then signed by edgegen's own authority"
	}
	var files []string
	for _, file := range tls.Certificates {
		files = append(files, j.named(file))
	}
	return strings.Join(files, " or, to clients that cannot use it, ")
}
