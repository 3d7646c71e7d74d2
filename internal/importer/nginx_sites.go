package importer

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// makeSites makes a site of each server that has something to say.
func (n *nginx) makeSites() {
	var content []*server
	fronts := map[*server]bool{} // whose content another server has, behind the cache
	for _, s := range n.servers {
		if s.plainly {
			continue
		}
		if s.turnsAway() {
			s.idleAll("a host that no site claims is answered 421")
			continue
		}
		first := n.overTLS(s)
		switch {
		case first != nil && n.behindCache(s):
			s.front, fronts[first] = first, true
		case first != nil:
			n.shadowed(s, first)
			continue
		}
		content = append(content, s)
	}
	for _, s := range content {
		if !fronts[s] {
			n.site(s)
		}
	}
	for _, s := range n.servers {
		if s.plainly {
			n.redirects(s)
		}
	}
	for _, s := range n.servers {
		if s.open() {
			s.into("edge → http")
		}
	}
}

// turnsAway reports a server for the hosts of nobody, which lets nobody in.
func (s *server) turnsAway() bool {
	names := s.siteNames()
	code := s.last("return").arg(0)
	return len(names.exact)+len(names.wildcards) == 0 && len(s.find("location")) == 0 &&
		(s.last("ssl_reject_handshake").arg(0) == "on" || code == "444" || code == "403" || code == "404" || code == "421" || code == "400")
}

// certain gives a site that has no certificate one of the local authority.
func (c *chain) certain(b *block) {
	if tls := b.sub("tls"); tls.argument("certificate") == nil && tls.argument("self_signed") == nil {
		tls.set("self_signed", "true")
	}
}

// overTLS is the server over TLS that has all names of a plain one; nil where there is
// none.
func (n *nginx) overTLS(s *server) *server {
	if s.tls || len(s.names) == 0 {
		return nil
	}
	for _, other := range n.servers {
		if other.tls && !other.plainly && !slices.ContainsFunc(s.names, func(name string) bool { return !slices.Contains(other.names, name) }) {
			return other
		}
	}
	return nil
}

// behindCache reports a server that a cache asks.
func (n *nginx) behindCache(s *server) bool {
	return !slices.ContainsFunc(s.listens, func(l nginxListen) bool { return !n.inner(l.address) })
}

// ahead is the server that ends TLS for one behind the cache.
func (n *nginx) ahead(b *block, s *server) {
	n.certificates(b, s.front)
	s.front.into(b.place())
	for _, d := range s.front.find("server_name") {
		d.into(b.place())
	}
	s.front.every(func(d *directive) {
		if strings.HasPrefix(d.name, "proxy_") || d.name == "location" {
			d.into(toCache)
		}
	})
}

// toCache is where the account says that a line is which leads to Varnish.
const toCache = "the way from TLS to the cache"

// shadowed is a plain server whose names are served over TLS as well.
func (n *nginx) shadowed(s, first *server) {
	for _, d := range s.find("server_name") {
		d.into("edge → http")
		d.right("over http every request is redirected to https")
	}
	s.every(func(d *directive) {
		d.idle(fmt.Sprintf("over http every request is redirected to https, which line %d is about", first.Line.Line))
	})
}

// site makes a site of a server.
func (n *nginx) site(s *server) {
	names := s.siteNames()
	if len(names.exact) == 0 && !names.fallback && len(names.wildcards) == 0 {
		s.refuse("the server has no name that a site can have", "write a site with the names themselves")
		return
	}
	label := "localhost"
	if len(names.exact) > 0 {
		label = names.exact[0]
	} else if len(names.wildcards) > 0 {
		label = strings.TrimPrefix(names.wildcards[0], "*.")
	}
	if n.out.find("site", label) != nil {
		s.refuse(fmt.Sprintf("%s is another server's already", label), "put the routes of both into one site")
		return
	}
	b := n.out.named("site", label, append([]*Line{s.Line}, names.from...)...)
	if others := append(slices.Clone(names.exact[min(1, len(names.exact)):]), names.wildcards...); len(others) > 0 {
		b.addTo("hosts", others, names.from...)
	}
	if len(names.wildcards) > 0 {
		rightAll(names.from, "* stands for one label")
	}
	if names.fallback {
		b.set("default", "true", names.fallbackFrom...)
	}
	n.aliases(b, s)
	n.certificates(b, s)
	if s.front != nil {
		n.ahead(b, s)
	}
	r := &router{nginx: n, site: b, server: s}
	r.routes()
}

// redirects are servers that do nothing else.
func (n *nginx) redirects(s *server) {
	for _, r := range s.byHost {
		for _, name := range s.names {
			if r.name == "" && !slices.ContainsFunc(s.byHost, func(o hostRedirect) bool { return o.name == name }) || r.name == name {
				n.redirect(s, name, r)
			}
		}
		if len(s.names) == 0 || slices.Contains(s.names, "_") {
			intoAll(r.from, "edge → http")
		}
	}
	for _, d := range s.find("server_name") {
		d.into("edge → http")
	}
	s.every(func(d *directive) {
		if d.name == "location" && forChallenges(d) || d.around.name == "location" && forChallenges(d.around) {
			d.idle("with tls { acme = true } edgegen answers the authority itself")
		}
		if d.name == "return" {
			d.idle("a host that no site claims is answered 421")
		}
	})
}

// redirect is one name of such a server.
func (n *nginx) redirect(s *server, name string, r hostRedirect) {
	to := r.to.host
	if to == "" || to == name {
		intoAll(r.from, "edge → http")
		rightAll(r.from, "the redirect takes one hop to the canonical host, and leads to no host that is not listed")
		return
	}
	if name == "_" || name == "" || strings.ContainsAny(name, "~$") {
		refuseAll(r.from, "a host that no site claims is answered 421", "name the hosts in aliases")
		return
	}
	if strings.HasPrefix(name, ".") {
		name = "*" + name
	}
	lines := r.from
	for _, d := range s.find("server_name") {
		lines = append(slices.Clone(lines), d.Line)
	}
	if b := n.out.find("site", to); b != nil && !strings.HasPrefix(name, "*") {
		b.without("hosts", name)
		b.addTo("aliases", []string{name}, lines...)
		if r.to.status != "301" {
			r.from[len(r.from)-1].right("the redirect is for good: 301, and 308 where it is no GET")
		}
		return
	}
	b := n.out.named("site", strings.TrimPrefix(name, "*."), append([]*Line{s.Line}, lines...)...)
	if strings.HasPrefix(name, "*.") {
		b.addTo("hosts", []string{name}, lines...)
	}
	if s.tls {
		n.certificates(b, s)
	}
	redirect := b.named("route", "/", lines...).sub("redirect")
	redirect.set("to", hcltext.Quote(r.to.origin()+"/"), r.from...)
	redirect.set("status", r.to.status)
	redirect.set("path", hcltext.Quote("keep"))
	redirect.set("query", hcltext.Quote("keep"))
}
