package importer

import (
	"strings"

	"edgegen/internal/hcltext"
)

var queryNames = lazily(`\(((?:[a-zA-Z_][\w.\[\]+*-]*\|)*[a-zA-Z_][\w.\[\]+*-]*)\)=`)

// query is a list of parameters that do not matter.
func (v *vcl) query(s *statement, at where, cond string) bool {
	names := queryNames().FindStringSubmatch(strings.ReplaceAll(cond, "?:", ""))
	if names == nil || !strings.Contains(cond, "req.url ~") {
		return false
	}
	v.ignoreQuery(s, at, names[1])
	s.every(func(one *statement) { one.into("cache → ignore_query") })
	return true
}

func (v *vcl) ignoreQuery(s *statement, at where, names string) {
	for _, site := range at.sites {
		site.sub("cache").addTo("ignore_query", globsOf(names), s.Line)
	}
	s.right("the app sees the whole query: the key of what is stored leaves them out")
}

var runOfBytes = lazily(`\\?\[[^\]]*\][*+]?|\\w[*+]|\.[*+]?`)

// globsOf makes patterns with "*" of expressions for names, with "|" between them.
func globsOf(expressions string) (all []string) {
	for one := range strings.SplitSeq(expressions, "|") {
		all = append(all, strings.ReplaceAll(runOfBytes().ReplaceAllString(one, "*"), `\`, ""))
	}
	return all
}

var cookieName = lazily(`^(?:\(\^\|;\\?s?\s*\*?\)|\(\^\|; ?\)\s*\*?|;\s*|\^|\(\?:\^\|;\\s\*\))*\s*(?:\\s\*)*\(?(_{0,3}[\w.\[\]+*|-]+)\)?=`)

// cookies is what is done about cookies, and about parameters. It reports whether the
// statement is about them.
func (v *vcl) cookies(s *statement, at where, text string) bool {
	if len(at.urls) == 0 && (text == "unset req.http.Cookie" || text == "unset req.http.cookie" || text == "remove req.http.Cookie") && at.hook == "recv" {
		v.ignoreCookies(s, at, []string{"*"})
		return true
	}
	match := regsub().FindStringSubmatch(text)
	if match == nil {
		return false
	}
	if match[1] == "url" {
		if names := queryNames().FindStringSubmatch(strings.ReplaceAll(match[2], "?:", "")); names != nil {
			v.ignoreQuery(s, at, names[1])
			return true
		}
		return false
	}
	if match := cookieName().FindStringSubmatch(match[2]); match != nil {
		v.ignoreCookies(s, at, globsOf(match[1]))
		return true
	}
	if match[3] == "" && !strings.Contains(match[2], "=") {
		s.idle("it puts in order what cutting the cookies has left")
		return true
	}
	return false
}

// ignoreCookies has cookies not matter to the cache.
func (v *vcl) ignoreCookies(s *statement, at where, names []string) {
	for _, site := range at.sites {
		site.sub("cache").addTo("ignore_cookies", names, s.Line)
	}
	s.right("the app still gets the cookies")
}

// header is a header that is set or taken away.
func (v *vcl) header(s *statement, at where, text string) bool {
	set, unset := setHeader().FindStringSubmatch(text), unsetHeader().FindStringSubmatch(text)
	var of, name string
	switch {
	case set != nil:
		of, name = set[1], set[2]
	case unset != nil:
		of, name = unset[1], unset[2]
	default:
		return false
	}
	kind := "request_headers"
	if of == "resp" || of == "beresp" {
		kind = "response_headers"
	}
	if of == "obj" || strings.EqualFold(name, "Cookie") || strings.EqualFold(name, "Set-Cookie") || at.hook == "synth" || at.hook == "error" || at.hook == "backend_error" {
		return false
	}
	for _, route := range v.routes(at, s) {
		if set != nil {
			route.sub(kind).put("set", name, hcltext.Quote(set[3]), s.Line)
		} else {
			route.sub(kind).addTo("remove", []string{name}, s.Line)
		}
	}
	return !s.open()
}
