package conformance

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// guard is a rule about who may come in, with somebody who may and somebody who may
// not.
type guard struct {
	name string
	rule string // as it stands in a route
	// in and out are where requests come from, and what they say besides.
	inFrom, outFrom string
	in, out         []string
	tls             string // as it stands in the site's tls block
	// inShows and outShows are whose certificates they show; "" for nobody's.
	inShows, outShows string
	refusal           want // of who may not
}

func guards() []guard {
	return []guard{
		{name: "allow", rule: `allow = ["127.0.0.3", "203.0.113.0/24"]`, inFrom: "127.0.0.3", outFrom: "127.0.0.4", refusal: want{status: 403}},
		{name: "deny", rule: `deny = ["127.0.0.4", "203.0.113.0/24"]`, inFrom: "127.0.0.3", outFrom: "127.0.0.4", refusal: want{status: 403}},
		{name: "limit", rule: `rate_limit {
   key   = "header:X-Key"
   rate  = "1/d"
   burst = 4
  }`, in: []string{"X-Key: {case}"}, out: []string{"X-Key: spent"}, refusal: want{status: 429, headers: map[string]string{"Retry-After": "~^8[0-9]{4}$"}}},
		{name: "basic", rule: `basic_auth {
   realm      = "Staff"
   users_file = "users"
  }`, in: []string{basic("alice:secret")}, out: []string{basic("alice:wrong")},
			refusal: want{status: 401, headers: map[string]string{"WWW-Authenticate": `Basic realm="Staff", charset="UTF-8"`}}},
		{name: "cert", tls: `client_ca = "clients/authorities.pem"
 client_crl = "clients/lists.pem"`, inShows: "alice", outShows: "mallory", refusal: want{status: 403}},
		{name: "forward", rule: `forward_auth {
   backend      = "auth"
   path         = "/verify?x=1"
   copy_headers = ["Remote-User", "Remote-Groups"]
  }`, in: []string{"X-Session: alice"}, out: []string{"X-Session: none", "Remote-User: root", "remote_user: root"},
			refusal: want{status: 302, headers: map[string]string{"Location": "~^https://login.test/\\?method=[A-Z]+&to=https://forward.test\\.?/", "Set-Cookie": "a=1, b=2"}}},
	}
}

// basic is a user with a password.
func basic(pair string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

// startAuth is an app that says who may come in, as Authelia and oauth2-proxy do: who
// has no session is led to a log-in.
func startAuth(t *testing.T) string {
	t.Helper()
	return serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		header := r.Header
		switch session := header.Get("X-Session"); {
		case r.Method != http.MethodGet || r.RequestURI != "/verify?x=1" || r.ContentLength > 0 || header.Get("Upgrade")+header.Get("Range")+header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusTeapot) // that is not how it is to be asked
		case session == "alice":
			w.Header()["Remote-Groups"] = []string{"staff", "press"}
			w.Header().Set("Remote-User", session)
			fmt.Fprint(w, strings.Repeat("x", 5000))
		case session == "401":
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.Header().Set("X-Edge-Gate", "in")
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, "who are you?")
		case session == "500":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
			w.Header().Set("Location", "https://login.test/?method="+header.Get("X-Forwarded-Method")+"&to="+
				header.Get("X-Forwarded-Proto")+"://"+strings.ToLower(header.Get("X-Forwarded-Host"))+header.Get("X-Forwarded-Uri"))
			w.WriteHeader(http.StatusFound)
		}
	})
}

// spend uses up what one client of the limit may ask.
func (s *subject) spend(t *testing.T) {
	t.Helper()
	a := &attempt{edge: s}
	for _, target := range []string{"/in", "/in/kept", "/in/file", "/in/none", "/in/page", "/in/moved", "/in/exact", "/in/re/x"} {
		for range 5 {
			a.ask(get("limit.test", target, "X-Key: spent"))
		}
	}
}

// guardedRoutes are what there is to come in to.
func guardedRoutes() [][2]string {
	files := func(name string) string { return "static {\n root = \"public\"\n try_files = [\"" + name + "\"]\n }" }
	return [][2]string{
		{"/open/in", `backend = "app"`},
		{"/in", `backend = "app"` + "\nwebsocket = true"},
		{"/in/kept", `backend = "app"` + "\ncache { ttl = \"1h\" }"},
		{"/in/file", files("/letters.txt")},
		{"/in/none", files("/there is none")},
		{"/in/page", files("/there is none") + "\nerror_page \"404\" { file = \"pages/404.html\" }"},
		{"/in/moved", `redirect { to = "/elsewhere" }`},
		{"= /in/exact", `backend = "app"`},
		{"~ ^/in/re/(.+)$", `redirect { to = "/elsewhere/{1}" }`},
	}
}

// guardedSites is a site for each rule that holds there.
func guardedSites(c edge.Combination) string {
	var text strings.Builder
	for _, g := range guards() {
		if g.tls != "" && c.TLS != site.Builtin {
			continue
		}
		fmt.Fprintf(&text, "site %q {\n tls {\n self_signed = true\n "+g.tls+"\n}\n backend \"app\" { servers = [\"{app}\"] }\n backend \"auth\" { servers = [\"{auth}\"] }\n", g.name+".test")
		for _, route := range guardedRoutes() {
			rule := g.rule
			if strings.HasPrefix(route[0], "/open") {
				rule = ""
			}
			fmt.Fprintf(&text, " route %q {\n %s\n %s\n }\n", route[0], route[1], rule)
		}
		text.WriteString("}\n")
		fmt.Fprintf(&text, `site "closed-%s.test" {
 tls { self_signed = true }
 maintenance { page = "pages/5xx.html" }
 backend "app" { servers = ["{app}"] }
 backend "auth" { servers = ["{auth}"] }
 route "/in" {
  backend = "app"
  websocket = true
  %s
 }
}
`, g.name, g.rule)
	}
	return text.String()
}

// accessCases are A1 to A5.
func accessCases() []contractCase {
	var cases []contractCase
	for _, g := range guards() {
		g.inFrom, g.outFrom = cmp.Or(g.inFrom, "127.0.0.1"), cmp.Or(g.outFrom, "127.0.0.1")
		cases = append(cases, g.cases()...)
	}
	return slices.Concat(cases, addressCases(), gateCases())
}

// cases are what there is to come in to, asked for by who may and by who may not, and
// the ways around a rule.
func (g guard) cases() []contractCase {
	host := g.name + ".test"
	one := func(clause, name, from, request string, w want) contractCase {
		shows := g.outShows
		if w.status != g.refusal.status {
			shows = g.inShows
		}
		return contractCase{clause: clause, name: g.name + ", " + name, from: from, request: request, want: w, certified: g.tls != "", shows: shows}
	}
	out := g.refusal
	out.reaches = never
	ways := [][2]string{
		{"a miss", "/in"}, {"what is stored by a ttl", "/in/kept"}, {"a file", "/in/file"}, {"an error", "/in/none"}, {"an error page", "/in/page"}, {"a redirect", "/in/moved"},
		{"an exact path", "/in/exact"}, {"an expression", "/in/re/x"}, {"an encoded path", "/%69n"}, {"two slashes", "//in"}, {"an encoded slash", "/in%2Fkept"},
		{"a semicolon", "/in/;/x"}, {"a last slash", "/in/"}, {"another case", "/in/KEPT"}, {"a query", "/in?/../open"}, {"an encoded slash in front", "/%2Fin"}, {"three slashes behind", "/in///kept"},
		{"an encoded semicolon", "/in%2F%3Bx"}, {"a dot within a segment", "/in/.x"}, {"UTF-8", "/in/%C3%A9"}, {"a byte that is no UTF-8", "/in/%FF"},
	}
	var cases []contractCase
	for _, way := range ways {
		cases = append(cases, one("A1", way[0], g.outFrom, get(host, way[1], g.out...), out))
	}
	headers := func(lines ...string) []string { return append(lines, g.out...) }
	for _, found := range []struct {
		target string
		want   want
	}{{"/in", want{status: 200, reaches: 1}}, {"/in/kept", want{status: 200, reaches: 1}}, {"/in/file", want{status: 200, body: letters}},
		{"/in/none", want{status: 404}}, {"/in/page", want{status: 404, body: "<h1>nothing here\n"}}, {"/in/moved", want{status: 302, headers: map[string]string{"Location": "/elsewhere"}}},
		{"/in/exact", want{status: 200, reaches: 1}}, {"/in/re/x", want{status: 302}}} {
		cases = append(cases, one("A1", found.target+" for who may", g.inFrom, get(host, found.target, g.in...), found.want))
	}
	elsewhere := out // asked for on a connection whose handshake was with another site
	if g.tls != "" {
		elsewhere.status = 421
	}
	cases = append(cases,
		contractCase{clause: "A1", name: g.name + ", several ranges for who may", certified: g.tls != "", shows: g.inShows, run: func(a *attempt) {
			a.check(a.askFrom(g.inFrom, get(host, "/in/file", append(g.in, "Range: bytes=0-1,4-5")...)), want{status: 206, headers: map[string]string{"Content-Type": "~^multipart/byteranges"}})
		}},
		one("A1", "a range for who may", g.inFrom, get(host, "/in/file", append(g.in, "Range: bytes=1-3")...), want{status: 206, body: letters[1:4]}),
		one("A1", "an absolute target", g.outFrom, strings.Replace(get(host, "/in", g.out...), " /in?", " https://"+strings.ToUpper(host)+"/in?", 1), out),
		one("A1", "HEAD", g.outFrom, ask("HEAD", host, "/in", "", g.out...), out),
		one("A1", "an absolute target for another site's Host", g.outFrom, strings.Replace(get("open.test", "/in", g.out...), " /in?", " https://"+host+"//in?", 1), elsewhere),
		one("A1", "OPTIONS", g.outFrom, ask("OPTIONS", host, "/in", "", g.out...), out),
		one("A1", "DELETE", g.outFrom, ask("DELETE", host, "/in", "", g.out...), out),
		one("A1", "a method of another's word", g.outFrom, get(host, "/in", headers("X-HTTP-Method-Override: OPTIONS", "X-Original-URL: /open/in", "X-Rewrite-URL: /open/in")...), out),
		one("A1", "HTTP/1.0", g.outFrom, strings.Replace(get(host, "/in", g.out...), " HTTP/1.1", " HTTP/1.0", 1), out),
		one("A1", "several ranges", g.outFrom, get(host, "/in/kept", headers("Range: bytes=0-1,2-3")...), out),
		one("A1", "a request past the cache", g.outFrom, get(host, "/in/kept", headers("Cookie: a=b", "Cache-Control: no-store")...), out),
		one("A1", "a GET with a body", g.outFrom, ask("GET", host, "/in/kept", "hello", headers("Content-Length: 5")...), out),
		one("A1", "an event stream", g.outFrom, get(host, "/in", headers("Accept: text/event-stream")...), out),
		one("A1", "a trailing dot", g.outFrom, get(host+".", "/in", g.out...), out),
		one("A1", "a range", g.outFrom, get(host, "/in/file", headers("Range: bytes=0-3")...), out),
		one("A1", "a condition", g.outFrom, get(host, "/in/file", headers("If-None-Match: *")...), out),
		one("A1", "a body", g.outFrom, ask("POST", host, "/in", "hello", headers("Content-Length: 5")...), out),
		one("A1", "a chunked body", g.outFrom, ask("POST", host, "/in", "5\r\nhello\r\n0\r\n\r\n", headers("Transfer-Encoding: chunked")...), out),
		one("A1", "a body that goes on", g.inFrom, ask("POST", host, "/in", "hello", append(g.in, "Content-Length: 5")...), want{status: 200, reaches: 1}),
		one("A1", "a forged address", g.outFrom, get(host, "/in", headers("X-Forwarded-For: "+g.inFrom, "X-Real-IP: "+g.inFrom, "Forwarded: for="+g.inFrom, "X-Edge-Address: "+g.inFrom, "X-Edge-Gate: 1", "X-Edge-Pass: 1")...), out),
		one("A2", "a handshake", g.outFrom, handshake(host, "/in", g.out...), out),
		one("A2", "half a handshake", g.outFrom, get(host, "/in", headers("Connection: Upgrade", "Upgrade: websocket")...), out),
		one("A2", "maintenance", g.outFrom, get("closed-"+host, "/in", g.out...), want{status: 503, body: "<h1>later\n", reaches: never}),
		one("A2", "maintenance for who may", g.inFrom, get("closed-"+host, "/in", g.in...), want{status: 503, body: "<h1>later\n", reaches: never}),
		one("A2", "maintenance for a handshake", g.outFrom, handshake("closed-"+host, "/in", g.out...), want{status: 503, reaches: never}),
		one("A2", "a handshake by an absolute target", g.outFrom, strings.Replace(handshake(host, "/in", g.out...), " /in?", " https://"+host+"/in?", 1), out),
		one("A2", "a handshake by another way to write it", g.outFrom, handshake(host, "//%69n/x", g.out...), out),
		one("A2", "a handshake with a body", g.outFrom, withBody(handshake(host, "/in", g.out...)), out),
		one("A2", "a handshake with a body for who may", g.inFrom, withBody(handshake(host, "/in", g.in...)), want{status: 400, reaches: never}),
		one("A2", "a handshake with a chunked body", g.outFrom, withChunks(handshake(host, "/in", g.out...)), out),
		one("A2", "a handshake with a chunked body for who may", g.inFrom, withChunks(handshake(host, "/in", g.in...)), want{status: 400, reaches: never}),
		one("A1", "beside the route", g.outFrom, get(host, "/open/in", g.out...), want{status: 200, reaches: 1}),
		contractCase{clause: "A2", name: g.name + ", what is stored", caches: true, certified: g.tls != "", shows: g.inShows, run: func(a *attempt) {
			a.edge.record.answer(a.mark, say(page("x", "Cache-Control: public, max-age=60")))
			kept := get(host, "/in/kept", g.in...)
			a.check(a.askFrom(g.inFrom, kept), want{status: 200, headers: map[string]string{"X-Cache": "MISS"}})
			a.check(a.askFrom(g.inFrom, kept), want{status: 200, headers: map[string]string{"X-Cache": "HIT"}, reaches: 1})
			a.show(g.outShows)
			refused := out
			refused.reaches = 1
			a.check(a.askFrom(g.outFrom, get(host, "/in/kept", g.out...)), refused)
			a.check(a.askFrom(g.outFrom, ask("HEAD", host, "/in/kept", "", g.out...)), refused)
			for _, lines := range [][]string{{"Range: bytes=0-0"}, {"If-None-Match: *"}, {"Cache-Control: only-if-cached"}, {"Cache-Control: max-stale"}, {"Accept-Encoding: gzip"}} {
				a.check(a.askFrom(g.outFrom, get(host, "/in/kept", append(lines, g.out...)...)), refused)
			}
		}},
	)
	return cases
}

// withBody and withChunks give a handshake what it must not have.
func withBody(request string) string {
	return strings.Replace(request, "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello", 1)
}

func withChunks(request string) string {
	return strings.Replace(request, "\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1)
}

// addressCases are about which address counts, and which network.
func addressCases() []contractCase {
	chain := func(name, said string, status int) contractCase {
		return contractCase{clause: "A1", name: "by a trusted peer's word, " + name, from: "127.0.0.9",
			request: get("allow.test", "/in", "X-Forwarded-For: "+said), want: want{status: status}}
	}
	return []contractCase{
		chain("allowed", "203.0.113.7", 200),
		chain("not allowed", "203.0.112.255", 403),
		chain("behind another", "203.0.113.7, 198.51.100.7", 403),
		chain("forged in front", "198.51.100.7, 203.0.113.7", 200),
		chain("IPv4 within IPv6", "::ffff:203.0.113.7", 200),
		chain("IPv4 within IPv6, in hexadecimal", "::ffff:cb00:7107", 200),
		chain("over a proxy in IPv6", "203.0.113.7, ::ffff:a01:203", 200),
		chain("no address", "203.0.113", 403),
		chain("IPv6", "2001:db9::7", 403),
	}
}
