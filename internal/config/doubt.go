package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// What these look for is legal, and probably not meant.

// doubtSite looks at a site whose blocks are decoded, and in order.
func (b *block) doubtSite(s *siteDraft) {
	if b.flawed() {
		return // first things first
	}
	b.doubtRoutes(s)
	b.doubtBackends(s)
	for i := range s.Routes {
		b.doubtStoring(s, &s.Routes[i])
	}
}

// flawed reports whether an error stands within the block.
func (b *block) flawed() bool {
	written, ok := b.sources[b.place.Filename]
	if !ok || b.node == nil {
		return true
	}
	from, to := written.offset(b.node.TypeRange.Start.Byte), written.offset(b.node.CloseBraceRange.End.Byte)
	return slices.ContainsFunc(b.diagnostics, func(d Diagnostic) bool {
		return d.Severity == Error && d.File == written.shown && from <= d.Byte && d.Byte < to
	})
}

// doubtRoutes reports routes that an expression before them keeps from every
// request.
func (b *block) doubtRoutes(s *siteDraft) {
	route := b.kindIn(&s.Routes)
	for i := range s.Routes {
		before := &s.Routes[i]
		if before.Pattern == "" || before.Match != nil {
			continue
		}
		pattern, err := routing.Compile(before.Pattern)
		if err != nil {
			return // it has been reported
		}
		for j := i + 1; j < len(s.Routes); j++ {
			r := &s.Routes[j]
			below := r.Path
			if r.Pattern != "" {
				below = "/" // what an expression matches begins so
			}
			if named := b.named[routeName(route, r)]; named != nil && pattern.Covers(below) {
				b.warnAt(named.place, "write an expression that matches less", "route %q is never taken: %q goes before it, and matches all that it could", r.Label(), before.Label())
			}
		}
	}
}

// doubtBackends reports backends that nothing in the site names.
func (b *block) doubtBackends(s *siteDraft) {
	kind := b.kindIn(&s.Backends)
	if b.lacking[kind] || b.lacking[b.kindIn(&s.Routes)] {
		return
	}
	named, all := namesOf(b.body, kind.name, nil)
	for _, backend := range s.Backends {
		written := b.named[kind.name+" "+backend.Name]
		if all && written != nil && !slices.Contains(named, backend.Name) {
			b.warnAt(written.place, fmt.Sprintf("add %s = %q to a route, or leave it out", kind.name, backend.Name), "no route leads to backend %q", backend.Name)
		}
	}
}

// namesOf lists what the arguments of a name say, in a body and in all below it;
// all is false where an expression says it.
func namesOf(body *hclsyntax.Body, argument string, known []string) (names []string, all bool) {
	if written, found := body.Attributes[argument]; found {
		text, constant := literalString(unwrap(written.Expr))
		if !constant {
			return nil, false
		}
		known = append(known, text)
	}
	for _, node := range body.Blocks {
		if known, all = namesOf(node.Body, argument, known); !all {
			return nil, false
		}
	}
	return known, true
}

// doubtStoring reports a ttl that has no effect because of cookies (K1, K2).
func (b *block) doubtStoring(s *siteDraft, r *site.Route) {
	written := b.named[routeName(b.kindIn(&s.Routes), r)]
	if !r.HasTTL || r.TTL == 0 || written == nil {
		return
	}
	if backend, found := s.BackendByName(r.Backend); found && backend.Sticky != nil {
		b.warnAt(written.place, "leave out the ttl, or sticky", "the ttl of route %q has no effect: answers of the sticky backend %q set a cookie, and are not stored", r.Label(), backend.Name)
	}
	for _, field := range r.ResponseHeaders.Written() {
		name, _, _ := strings.Cut(field.Value, "=")
		ignored := slices.ContainsFunc(s.Cache.IgnoreCookies, func(pattern string) bool { return matchesPattern(pattern, name) })
		if strings.EqualFold(field.Name, "Set-Cookie") && !ignored {
			b.warnAt(written.place, fmt.Sprintf("add %q to ignore_cookies of the site's cache block", name), "route %q has a ttl and sets the cookie %q, with which a client's next requests go past the cache", r.Label(), name)
		}
	}
}

// doubtTimeouts reports a websocket_idle that would end quiet WebSockets: in these only
// pings move, and most programs send no more than two a minute.
func doubtTimeouts(b *block, t *site.Timeouts) {
	if t.WebSocketIdle < time.Minute {
		row := b.row(&t.WebSocketIdle)
		b.warnAt(b.placeOf(row), "write "+row.standard+", or a minute at least", "%s = %q closes WebSockets in which nobody says anything for so long", row.name, formatDuration(t.WebSocketIdle))
	}
}

// doubtNetworks reports networks that are too large to belong to one owner.
func (b *block) doubtNetworks(a *argument, networks []site.Prefix) {
	const smallest = 8 // bits of the largest network that somebody has
	for _, n := range networks {
		if n.Network.Bits() < smallest {
			b.warnAt(b.placeOf(a), "name the addresses of your proxies alone", "%s has %s: whoever connects from there can say who the client is", a.name, n.Network)
		}
	}
}

// doubts looks at the edge and its sites together.
func (l *Loaded) doubts() (found Diagnostics) {
	warn := func(at site.Source, remedy, format string, args ...any) {
		found = append(found, l.Diagnose(at, Warning, fmt.Sprintf(format, args...), remedy))
	}
	const stored = `nothing is stored, as engine { cache = "off" } says`
	idle := func(at site.Source, what string) {
		if l.Edge.Uncached() && at != (site.Source{}) {
			warn(at, "leave one of the two out", "%s has no effect: %s", what, stored)
		}
	}
	idle(l.Edge.Storage.Source, "cache_storage")
	for i := range l.Edge.Sites {
		s := &l.Edge.Sites[i]
		idle(s.Cache.Source, "the cache block")
		for j := range s.Routes {
			r := &s.Routes[j]
			idle(r.CacheSource, "the ttl")
			if r.Exact && r.Path == l.Edge.HealthPath {
				warn(r.Source, "name another path there, or here", "route %q is never taken: health_path of the edge answers for every host", r.Label())
			}
		}
	}
	return found
}
