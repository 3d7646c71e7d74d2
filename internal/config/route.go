package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

// routes decodes a site's routes, longest path first.
func (b *block) routes(backends []site.Backend) []site.Route {
	nodes := b.all("route")
	if len(nodes) == 0 {
		b.warnAt(b.place, `add route "/" { … }`, "the site has no route: it answers everything with 404")
	}
	var routes []site.Route
	places := map[string]hcl.Range{}
	for _, node := range nodes {
		route := node.route(backends)
		if first, again := places[route.Path]; again && route.Path != "" {
			node.errorAt(node.labels[0].place, "", "a second route %q: the first is at %s", route.Path, b.where(first))
			continue
		}
		places[route.Path] = node.place
		routes = append(routes, route)
	}
	slices.SortFunc(routes, func(x, y site.Route) int {
		return cmp.Or(cmp.Compare(len(y.Path), len(x.Path)), cmp.Compare(x.Path, y.Path))
	})
	for _, route := range routes {
		if target, loops := redirectsToItself(routes, route); loops {
			b.errorAt(places[route.Path], "a route covers every path below its own", "route %q redirects to %s, which it covers itself: that never ends", route.Path, target)
		}
	}
	return routes
}

func (b *block) route(backends []site.Backend) site.Route {
	r := site.Route{Source: b.source()}
	if label, ok := b.label(); ok {
		r.Path = b.routePath(label)
	}
	r.Static = b.one("static").static()
	r.Redirect = b.one("redirect").redirect()
	r.RequestHeaders = b.one("request_headers").headerRules(requestNames)
	r.ResponseHeaders = b.one("response_headers").headerRules(responseNames)
	b.proxying(&r, backends)
	if cache := b.one("cache"); cache.present() {
		r.CacheSource = cache.source()
		if cache.required("ttl", `"1h"`) {
			r.TTL, r.HasTTL = cache.duration("ttl", 0, 0, year), true
		}
	}
	b.checkPurpose()
	return r
}

// proxying decodes backend, websocket and stream.
func (b *block) proxying(r *site.Route, backends []site.Backend) {
	if name, ok := b.text("backend"); ok {
		r.Backend, r.BackendSource = name.text, b.sourceOf(b.nameOf("backend"))
		var known []string
		for _, backend := range backends {
			known = append(known, backend.Name)
		}
		switch {
		case slices.Contains(known, name.text) && name.text != "":
		case len(known) == 0:
			b.errorAt(name.place, fmt.Sprintf("add backend %q { servers = [ … ] } to the site", name.text), "no backend is called %q: the site has none", name.text)
		default:
			b.errorAt(name.place, suggest(name.text, known), "no backend is called %q", name.text)
		}
	}
	if b.has("websocket") {
		r.WebSocket, r.WebSocketSource = b.flag("websocket"), b.sourceOf(b.nameOf("websocket"))
	}
	if r.WebSocket && !b.has("backend") && r.Redirect == nil {
		b.errorAt(b.nameOf("websocket"), "add backend = …", "websocket = true needs a backend to connect to")
	}
	if b.has("stream") {
		r.Stream, r.StreamSource = b.flag("stream"), b.sourceOf(b.nameOf("stream"))
	}
	if r.Stream && !b.has("backend") && r.Redirect == nil {
		b.errorAt(b.nameOf("stream"), "add backend = …", "stream = true needs a backend to send bodies to")
	}
}

// checkPurpose holds that a route does something, and that one that redirects
// does nothing else.
func (b *block) checkPurpose() {
	_, redirects := b.blockPlace("redirect")
	if !redirects {
		if _, serves := b.blockPlace("static"); !serves && !b.has("backend") {
			b.errorAt(b.place, "add static { … }, backend = … or redirect { … }", "the route does nothing")
		}
		return
	}
	remedy := "a redirect answers every request of its route: keep one of the two"
	for _, argument := range []string{"backend", "websocket", "stream"} {
		if b.has(argument) {
			b.errorAt(b.nameOf(argument), remedy, "%s stands beside redirect", argument)
		}
	}
	for _, name := range []string{"static", "cache"} {
		if place, found := b.blockPlace(name); found {
			b.errorAt(place, remedy, "%s stands beside redirect", name)
		}
	}
}

func (b *block) blockPlace(name string) (place hcl.Range, found bool) {
	for _, node := range b.body.Blocks {
		if node.Type == name {
			return node.DefRange(), true
		}
	}
	return hcl.Range{}, false
}

// routePath reads a route's label. A route covers its path and everything
// below it, so "/ws/" is "/ws". Only characters that stand in a URL as they
// are can be used: what a browser sends percent-encoded would be one path to
// one tier and another to the next.
func (b *block) routePath(label located) string {
	path := label.text
	fail := func(problem, remedy string) string {
		b.errorAt(label.place, remedy, "route %q %s", path, problem)
		return ""
	}
	switch {
	case strings.HasPrefix(path, "^~"):
		return fail(`begins with "^~", which routes do not need`, fmt.Sprintf("write %q: a route covers its path and everything below", strings.TrimSpace(path[2:])))
	case strings.HasPrefix(path, "~"), strings.HasPrefix(path, "^"):
		return fail("is a regular expression, and routes have none", "name the path that they have in common: a route covers everything below its path")
	case strings.HasPrefix(path, "="):
		return fail("asks for one exact path, and routes have no such form", fmt.Sprintf("write %q: a route covers its path and everything below", strings.TrimSpace(path[1:])))
	case !strings.HasPrefix(path, "/"):
		return fail(`does not begin with "/"`, fmt.Sprintf("write %q", "/"+path))
	case strings.ContainsFunc(path, unicode.IsControl):
		return fail("holds a control character", "")
	case strings.ContainsAny(path, "?#"):
		return fail("holds a query or fragment", "a route is chosen by the path alone")
	case strings.Contains(path, "*"):
		return fail("holds a wildcard", fmt.Sprintf("write %q: a route covers everything below its path", withoutWildcard(path)))
	case strings.Contains(path, "//"):
		return fail(`holds "//"`, `write one "/"`)
	case strings.ContainsFunc(path, func(r rune) bool { return !isPathCharacter(r) }):
		return fail("holds a character that URLs percent-encode", "use letters, digits and -._~!$&'()+,;=:@ between slashes")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return fail(fmt.Sprintf("holds a %q segment", segment), "write the path that it leads to")
		}
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	return path
}

// withoutWildcard is the path of the segments before the first wildcard.
func withoutWildcard(path string) string {
	path = path[:strings.IndexByte(path, '*')]
	if path = path[:strings.LastIndexByte(path, '/')]; path == "" {
		return "/"
	}
	return path
}

// isPathCharacter reports what RFC 3986 lets stand in a path as it is, "*"
// aside.
func isPathCharacter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/-._~!$&'()+,;=:@", r)
}
