package importer

import (
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// The idioms of VCL, as statement.source writes them.
var (
	setBackend  = lazily(`^set (?:req|bereq)\.backend(_hint)? = ([\w.]+)(?: \( [^)]*\))?$`)
	setTTL      = lazily(`^set beresp\.ttl = (.+)$`)
	setGrace    = lazily(`^set beresp\.(grace|stale_if_error) = (.+)$`)
	setHeader   = lazily(`^set (req|bereq|beresp|resp|obj)\.http\.([\w-]+) = "([^"]*)"$`)
	unsetHeader = lazily(`^(?:unset|remove) (req|bereq|beresp|resp)\.http\.([\w-]+)$`)
	urlMatch    = lazily(`^(?:req|bereq)\.url (~|==) "(.*)"$`)
	hostMatch   = lazily(`(?i)^req\.http\.host (~|==) "(.*)"$`)
	regsub      = lazily(`^set req\.(url|http\.(?i:cookie)) = regsub(?:all)? \( req\.(?:url|http\.(?i:cookie)) , "(.*)" , "(.*)" \)$`)
	clientIP    = lazily(`client\.ip !?~ (\w+)`)
)

// indifferent says why a statement has no effect under whatever condition it stands;
// "" where it matters.
func indifferent(text, hook string) string {
	lower := strings.ToLower(text)
	for _, one := range []struct{ part, why string }{
		{"req.http.x-forwarded-", "apps are told who asks by X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host: the client's own address, and nothing forged"},
		{"req.http.x-real-ip", "apps are told who asks by X-Real-IP and X-Forwarded-For"},
		{"req.http.accept-encoding", "codings are seen to by edgegen"},
		{"req.http.proxy", "Proxy reaches no app as a variable"},
		{"req.http.x-request-id", "every request has an X-Request-Id"},
		{"resp.http.x-cache", "every answer says X-Cache: HIT, MISS, STALE or PASS"},
		{"resp.http.x-varnish", "no answer names a product"},
		{"resp.http.via", "no answer names a product"},
		{"resp.http.server", "no answer names a product"},
		{"resp.http.x-served-by", "no answer names a machine"},
		{"bereq.http.upgrade", "a complete handshake is passed on as it is"},
		{"bereq.http.connection", "what belongs to one connection is seen to by edgegen"},
		{"req.grace", "stale answers are given by cache { grace } and { stale_if_error }"},
		{"beresp.keep", "what can be confirmed by the app is kept for that"},
		{"beresp.do_stream", "answers pass on as they come"},
		{"beresp.storage", "the cache has one store"},
		{"std.log (", "every request has a line in the access log"},
		{"std.syslog (", "every request has a line in the access log"},
		{"std.collect (", "headers of several lines are read as one"},
		{"std.querysort (", "the query is left in its order, by which answers are told apart"},
		{"hash_data ( req.url )", "answers are told apart by host and URL"},
		{"hash_data ( req.http.host )", "answers are told apart by host and URL"},
		{"hash_data ( server.ip )", "answers are told apart by host and URL"},
		{"set req.hash_always_miss", "edgegen purge forgets what is stored"},
		{"hash_data ( req.http.x-forwarded-proto )", "every site is served over one scheme"},
		{"hash_data ( req.http.cookie )", "a request with a cookie that is not ignored goes past the cache"},
		{"req.http.surrogate-capability", "edgegen knows no ESI, and no app is told that it does"},
		{"set req.esi", "edgegen knows no ESI"},
		{"set req.http.cookie = \";\" + req.http.cookie", "it prepares what is done about cookies"},
	} {
		if at := strings.Index(lower, one.part); at >= 0 && (at <= len("remove ") || strings.HasSuffix(one.part, "(") || strings.HasPrefix(one.part, "hash_data") || strings.HasPrefix(one.part, "set ")) {
			return one.why
		}
	}
	switch {
	case slices.Contains([]string{"return ( hash )", "return ( lookup )", "return ( deliver )", "return ( fetch )", "return ( ok )", "return ( retry )"}, lower):
		return "whether the cache is asked follows from the request: one with a cookie, a body or another method than GET and HEAD is not answered from it"
	case lower == "return ( pipe )" && hook == "pipe", lower == "return ( pass )" && hook != "recv", lower == "return ( abandon )" && strings.HasPrefix(hook, "backend"):
		return "it is what is done anyway"
	case strings.Contains(lower, "req.http.host = regsub (") && strings.Contains(lower, ":["), strings.Contains(lower, "req.http.host = std.tolower"):
		return "the case of a host, and its port, do not matter"
	case strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"\\?$\""), strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"\\#"), strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"#"), strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"\\?&\""),
		strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"(\\?|&)$"), strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"[?|&]+$"), strings.HasPrefix(lower, "set req.url = regsub ( req.url , \"(\\?&|\\?|&)$"):
		return "it puts in order what cutting the query has left"
	}
	return ""
}

// statements translates the statements of a block.
func (v *vcl) statements(all []*statement, at where) {
	for i, s := range all {
		switch {
		case s.orElse && i > 0 && all[i-1].Verdict == Refused:
			s.refuseAll("it holds where what is refused does not", "see the if before it")
		case !s.open():
			if s.block && s.Verdict == Translated { // it was looked at
				continue
			}
		case s.block && (s.word(0) == "if" || s.orElse):
			v.condition(s, at)
		case s.word(0) == "call":
			v.call(s, at)
		default:
			v.statement(s, at)
		}
	}
}

// call looks at another subroutine in the place of its name.
func (v *vcl) call(s *statement, at where) {
	sub := v.subs[s.word(1)]
	if sub == nil || slices.Contains(v.called, s.word(1)) {
		s.refuse("there is no such subroutine, or it calls itself", "leave it out")
		return
	}
	s.into("the site file")
	sub.into("the site file")
	v.called = append(v.called, s.word(1))
	v.statements(sub.body, at)
	v.called = v.called[:len(v.called)-1]
}

// statement translates one that holds no other.
func (v *vcl) statement(s *statement, at where) {
	text := s.source()
	if why := indifferent(text, at.hook); why != "" {
		s.idle(why)
		return
	}
	if match := setBackend().FindStringSubmatch(text); match != nil {
		v.lead(s, at, match[2])
		return
	}
	if match := setTTL().FindStringSubmatch(text); match != nil {
		v.ttl(s, at)
		return
	}
	if match := setGrace().FindStringSubmatch(text); match != nil && len(at.urls) == 0 {
		if n, ok := vclSeconds(s.tail(3)); ok {
			for _, site := range at.sites {
				site.sub("cache").set(match[1], seconds(n), s.Line)
			}
			return
		}
	}
	if v.cookies(s, at, text) || v.header(s, at, text) {
		return
	}
	switch text {
	case "return ( pass )":
		if len(at.urls) > 0 {
			v.pass(s, at)
		} else {
			s.refuse("every request would go past the cache", "write `engine { cache = \"off\" }` into edge")
		}
		return
	case "set beresp.do_gzip = true":
		for _, route := range v.routes(at, s) {
			route.sub("compress", s.Line).set("algorithms", hcltext.List([]string{"gzip"}), s.Line)
		}
		return
	case "unset beresp.http.set-cookie", "unset beresp.http.Set-Cookie", "remove beresp.http.Set-Cookie":
		s.refuse("what sets a cookie is not stored, and its cookie reaches the client", remedyVCL("Set-Cookie"))
		return
	}
	if strings.HasPrefix(text, "set beresp.uncacheable = true") {
		s.idle("what is not for everybody is not stored")
		return
	}
	s.refuse("it is not translated here", remedyVCL(text))
}

// lead is a set of the backend.
func (v *vcl) lead(s *statement, at where, name string) {
	name = strings.TrimSuffix(name, ".backend")
	if b := v.backends[name]; b != nil && v.inner(b.address()) {
		s.into("the way from the cache to the web tier")
		return
	}
	if len(at.urls) == 0 {
		for _, site := range at.sites {
			v.askedBy(site, name, s.Line)
		}
		return
	}
	for _, route := range v.routes(at, s) {
		if backend := v.backend(route.around, name); backend != nil {
			route.set("backend", hcltext.Quote(backend.label), s.Line)
		} else {
			s.refuse("there is no backend called "+oneLine(name), "write `backend` into the route")
		}
	}
}

// ttl is for how long answers are stored that do not say so themselves.
func (v *vcl) ttl(s *statement, at where) {
	n, ok := vclSeconds(s.tail(3))
	if !ok {
		s.refuse("a route's ttl is a duration", "write `cache { ttl = … }` into the route")
		return
	}
	for _, route := range v.routes(at, s) {
		if route.passed || route.argument("backend") == nil && route.find("redirect", "") != nil {
			continue
		}
		route.sub("cache").set("ttl", seconds(n), s.Line)
	}
	s.right("a freshness that the app names itself goes before it")
}

// pass is that URLs are not stored. It is so without a ttl, unless the app says for how
// long.
func (v *vcl) pass(s *statement, at where) {
	for _, route := range v.routes(at, s) {
		if cache := route.find("cache", ""); cache != nil {
			cache.discard("what passes the cache is not stored")
		}
		route.passed = true
		s.into(route.place() + "no ttl")
	}
	s.right("what the app itself declares to be fresh, and for everybody, is stored all the same")
}

// routes are those that a place in the VCL is about: for each site that of every URL, or
// one for each expression, which is made from the former.
func (v *vcl) routes(at where, s *statement) (all []*block) {
	for _, site := range at.sites {
		if len(at.urls) == 0 {
			for _, route := range site.all("route") {
				if route.argument("backend") != nil || route.find("static", "") != nil {
					all = append(all, route)
				}
			}
			continue
		}
		whole := site.find("route", "/")
		if whole == nil {
			continue
		}
		for _, url := range at.urls {
			label := routeOf(url)
			route := site.find("route", label)
			if route == nil {
				route = whole.copyOf(label, s.Line)
			}
			all = append(all, route)
		}
	}
	return all
}

var plainURL = lazily(`^\^((?:/[\w.~-]*|\\[./-])+?)/?(\(/\|\$\)|\$|\(\\\?\.\*\)\?\$?)?$`)

// routeOf is the label of the route for an expression of URLs.
func routeOf(url string) string {
	if exact, ok := strings.CutPrefix(url, "="); ok {
		return "= " + exact
	}
	if match := plainURL().FindStringSubmatch(url); match != nil && !strings.ContainsAny(strings.ReplaceAll(match[1], `\.`, ""), "*+") && !strings.Contains(strings.ReplaceAll(match[1], `\.`, ""), ".") {
		return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(match[1], `\.`, "."), `\/`, "/"), `\-`, "-")
	}
	return "~ " + strings.TrimSuffix(url, `(\?.*|)$`)
}
