package dataplane

import (
	"context"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// origin is what the cache tier asks: the web tier, here or in another
// process. It never fails: an error is a response of status 500 or more.
type origin interface {
	fetch(x *exchange) *wire.Response
}

// front is the cache tier.
type front struct {
	plane   *Plane
	origin  origin
	flights flights
	// background ends what no client waits for.
	background context.Context
}

// serve answers a request that came over TLS.
func (f *front) serve(x *exchange) answer {
	x.cache, x.tier = "PASS", "cache"
	named := nominated(x.Header)
	status := x.improper(named)
	x.forward(named)
	if status != 0 {
		a := answer{Response: failure(status), close: true}
		a.Header.Add("X-Cache", x.cache)
		return a
	}
	a := f.decide(x)
	if x.host != nil && x.host.site.HSTS != nil && (!x.model.edge.Plain() || x.Header.Get("X-Forwarded-Proto") == "https") {
		a.Header.Set("Strict-Transport-Security", x.host.site.HSTS.Value())
	}
	if x.route != nil {
		applyToAnswer(&a.Header, a.Status, &x.route.ResponseHeaders)
	}
	a.Header.Add("X-Cache", x.cache)
	return a
}

func (f *front) decide(x *exchange) answer {
	if !x.model.edge.Takes(x.asksBy()) {
		return f.untaken(x)
	}
	if r := x.admit(); r != nil {
		return *r
	}
	if x.host = x.model.host(x.Host); x.host == nil {
		return answer{Response: failure(http.StatusMisdirectedRequest)}
	}
	if x.tls != 0 && x.tls < x.host.lowest {
		// It has named another site in its handshake (RFC 9110, 15.5.20).
		return answer{Response: failure(http.StatusMisdirectedRequest)}
	}
	if x.host.alias || x.toldHTTP && x.model.edge.Plain() {
		return answer{Response: x.toCanonical()}
	}
	// Looked for each time, so that the page counts from when it is there.
	if m := x.host.site.Maintenance; m != nil && f.plane.rights.HasPage(m.Page) {
		return answer{Response: f.origin.fetch(x)}
	}
	if x.route = x.host.route(x.path); x.route == nil {
		return answer{Response: failure(http.StatusNotFound)}
	}
	if !x.route.Takes(x.asksBy()) {
		return answer{Response: notAllowed(x.route.Allowed())}
	}
	if x.route.WebSocket && x.route.group != nil && x.wantsWebSocket() {
		return f.webSocket(x)
	}
	if x.tunnel {
		return answer{Response: notAllowed(site.UsualMethods())}
	}
	x.Header.Filter(func(h wire.Field) bool { return !webSocketOnly(h.Name) })
	applyToRequest(&x.Header, &x.route.RequestHeaders)
	a := f.respond(x)
	a.gone = a.Status == nobody
	return a
}

// admit checks what any tier checks first: method, size, path. It answers who asks for
// the edge's health.
func (x *exchange) admit() *answer {
	if !x.tunnel && !x.model.edge.Takes(x.Method) {
		return &answer{Response: notAllowed(site.UsualMethods())}
	}
	if x.Length > x.model.edge.Limits.BodySize {
		return &answer{Response: failure(http.StatusRequestEntityTooLarge), close: true}
	}
	if x.Target == "*" {
		return &answer{Response: &wire.Response{Status: http.StatusNoContent, Header: wire.Header{{Name: "Allow", Value: site.AllowLine(site.UsualMethods())}}, Length: -1}}
	}
	if x.asksHealth() {
		return &answer{Response: failure(http.StatusOK, wire.Field{Name: "Cache-Control", Value: "no-store"})}
	}
	path, status := decodePath(x.Target)
	if status != http.StatusOK {
		return &answer{Response: failure(status), close: status == http.StatusBadRequest}
	}
	x.path = path
	return nil
}

// asksHealth reports whether somebody wants to know that the edge is there.
func (x *exchange) asksHealth() bool {
	health := x.model.edge.HealthPath
	return health != "" && (x.Method == http.MethodGet || x.Method == http.MethodHead) &&
		strings.HasPrefix(x.Target, health) && (len(x.Target) == len(health) || x.Target[len(health)] == '?')
}

// untaken answers a method that no route takes with those that this one takes.
func (f *front) untaken(x *exchange) answer {
	methods := site.UsualMethods()
	path, _ := decodePath(x.Target)
	x.host = x.model.host(x.Host)
	if h := x.host; h != nil && !h.alias && (h.site.Maintenance == nil || !f.plane.rights.HasPage(h.site.Maintenance.Page)) {
		if x.route = h.route(path); x.route != nil {
			methods = x.route.Allowed()
		}
	}
	return answer{Response: notAllowed(methods)}
}

// asksBy is the method that a route is to take. A handshake over HTTP/2 stands for
// one by GET (RFC 8441).
func (x *exchange) asksBy() string {
	if x.tunnel {
		return http.MethodGet
	}
	return x.Method
}

// toCanonical redirects to the canonical host in one hop: to https, unless nobody
// is known to end TLS for this client.
func (x *exchange) toCanonical() *wire.Response {
	base := x.host.base
	if x.host.asked {
		base = "https://" + hostOf(x.Host) + x.model.port
	}
	if x.model.edge.Plain() && !x.https && !x.toldHTTP {
		base = "http" + strings.TrimPrefix(base, "https") + portOf(x.Host)
	}
	status := http.StatusPermanentRedirect
	if x.Method == http.MethodGet || x.Method == http.MethodHead {
		status = http.StatusMovedPermanently
	}
	return redirect(status, base+x.Target)
}

// portOf is what a client has written after the host, with the colon.
func portOf(host string) string {
	at := strings.LastIndexByte(host, ':')
	if at < 0 || strings.IndexByte(host[at:], ']') >= 0 || at == len(host)-1 {
		return ""
	}
	return host[at:]
}

// respond answers from the cache or past it.
func (f *front) respond(x *exchange) answer {
	safe := x.Method == http.MethodGet || x.Method == http.MethodHead
	if safe && x.model.store != nil && x.Body == nil && !x.Header.Contains("Cache-Control", "no-store") && x.forgetCookies() {
		return answer{Response: worded(f.cached(x))}
	}
	r := f.origin.fetch(x)
	httpcache.TidyAge(&r.Header)
	if x.model.store != nil && !site.IsSafeMethod(x.Method) && r.Status >= 200 && r.Status < 400 {
		f.invalidate(x, r)
	}
	return answer{Response: r}
}

// forgetCookies removes the cookies that the site ignores, and reports
// whether no other is left. Where one is, all stay: the request goes past the
// cache as the client sent it.
func (x *exchange) forgetCookies() bool {
	if !x.Header.Has("Cookie") {
		return true
	}
	for line := range x.Header.Values("Cookie") {
		if !ignored(line, x.host.site.Cache.IgnoreCookies) {
			return false
		}
	}
	x.Header.Del("Cookie")
	return true
}
