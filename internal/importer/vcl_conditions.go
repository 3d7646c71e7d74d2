package importer

import (
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

var ifWords = lazily(`^(?:(?:else )?if|elseif|elsif|elif) \( (.*) \)$`)

// condition translates an if, or another branch of one.
func (v *vcl) condition(s *statement, at where) {
	text := s.source()
	cond := ""
	if match := ifWords().FindStringSubmatch(text); match != nil {
		cond = match[1]
	}
	lower := strings.ToLower(cond)
	body := strings.ToLower(bodyText(s))
	switch {
	case at.hook != "recv" && (strings.Contains(lower, `"purge"`) || v.unasked(lower)):
		s.idleAll("nothing asks for it: who may purge is said by cache { purge }")
	case v.allIndifferent(s, at.hook):
		s.idle("nothing that stands in it has an effect")
		v.statements(s.body, at)
	case strings.Contains(lower, `"purge"`) && strings.Contains(lower, "req."):
		v.purge(s, at)
	case strings.Contains(lower, `"ban"`) || strings.Contains(lower, `"refresh"`) || strings.Contains(lower, `"xcgipurge"`):
		s.refuseAll("there is no such method", remedyVCL("ban"))
	case about(lower, "req.method", "req.request") && (strings.Contains(body, "pipe") || strings.Contains(body, "pass") || strings.Contains(body, "405")):
		s.idleAll("other methods than GET and HEAD are not answered from the cache; those beyond the seven usual ones get 405")
	case about(lower, "req.http.authorization", "req.http.cookie", "req.http.authenticate") && strings.Contains(body, "pass"):
		s.idleAll("a request with a cookie that is not ignored goes past the cache, and one with Authorization is stored only where the answer allows it")
	case cond == "" && s.orElse && v.turnsAway(s):
		s.idleAll("a host that no site claims is answered 421")
	case strings.Contains(lower, "req.http.upgrade") || strings.Contains(lower, `req.http.connection ~`):
		v.webSocket(s, at)
	case strings.HasPrefix(lower, "req.restarts =="), cond == "" && s.orElse, strings.HasPrefix(lower, "req.http.cookie"), strings.HasPrefix(lower, "! req.restarts"):
		v.plainly(s, at, lower)
	case strings.Contains(lower, "x-forwarded-proto") && (strings.Contains(body, "synth") || strings.Contains(body, "error ")), strings.Contains(lower, "std.port"):
		s.idleAll("over http every request is redirected to https")
	case strings.Contains(lower, "std.healthy") || strings.Contains(lower, "obj.ttl") || strings.Contains(lower, "req.backend.healthy"):
		s.idleAll("stale answers are given by cache { grace } and { stale_if_error }")
	case strings.HasPrefix(lower, "beresp.status") || strings.HasPrefix(lower, "bereq.uncacheable") || notForAll(lower):
		s.idleAll("failures, and what is not for everybody, are not stored")
	case v.query(s, at, cond):
	case v.byHost(s, at, cond), v.byURL(s, at, cond):
	default:
		s.refuseAll("conditions are said by routes, which have a path and a match", remedyVCL(cond+" "+bodyText(s)))
	}
}

// turnsAway reports the last branch of a choice among hosts, where nobody is let in. The
// site of all hosts is none then.
func (v *vcl) turnsAway(s *statement) bool {
	for _, one := range s.body {
		if text := one.source(); one.block || !strings.HasPrefix(text, "return ( synth (") && !strings.HasPrefix(text, "error ") {
			return false
		}
	}
	branches := s.around.body
	at := slices.Index(branches, s)
	if at == 0 || len(s.body) == 0 || !strings.Contains(strings.ToLower(branches[at-1].source()), "req.http.host") {
		return false
	}
	if whole := v.out.find("site", "localhost"); v.fresh && whole != nil && len(v.sites()) > 1 {
		whole.discard("the hosts have sites of their own")
	}
	return true
}

var asksStatus = lazily(`^(?:resp|obj)\.status == (\d+)$`)

// unasked reports a condition about a status that nothing in the file makes.
func (v *vcl) unasked(cond string) bool {
	match := asksStatus().FindStringSubmatch(cond)
	if match == nil {
		return false
	}
	for _, s := range v.file.items {
		if text := bodyText(s); strings.Contains(text, "synth ( "+match[1]) || strings.Contains(text, "error "+match[1]) {
			return false
		}
	}
	return true
}

func bodyText(s *statement) string {
	var all []string
	s.every(func(one *statement) { all = append(all, one.source()) })
	return strings.Join(all, "\n")
}

// allIndifferent reports that nothing in a block matters under whatever condition.
func (v *vcl) allIndifferent(s *statement, hook string) bool {
	all := true
	s.every(func(one *statement) {
		all = all && (one.block || indifferent(one.source(), hook) != "")
	})
	return all
}

// about reports a condition of which each part begins with one of some words.
func about(cond string, words ...string) bool {
	for part := range strings.FieldsFuncSeq(cond, func(r rune) bool { return r == '&' || r == '|' }) {
		part = strings.Trim(part, "( )")
		if part != "" && !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(part, word) }) {
			return false
		}
	}
	return cond != ""
}

// notForAll reports conditions about answers that are not stored anyway.
func notForAll(cond string) bool {
	return strings.Contains(cond, "beresp.ttl <=") || strings.Contains(cond, "beresp.ttl ==") || strings.HasPrefix(cond, "beresp.http.set-cookie") ||
		strings.HasPrefix(cond, "beresp.http.cache-control ~") || strings.HasPrefix(cond, "beresp.http.vary ==") || strings.HasPrefix(cond, "beresp.http.pragma ~")
}

// plainly looks at what stands in a block as if its condition always held.
func (v *vcl) plainly(s *statement, at where, cond string) {
	if strings.HasPrefix(cond, "req.http.cookie") && (strings.Contains(cond, `== ""`) || strings.Contains(cond, `"^`) && strings.Contains(cond, `*$"`)) {
		s.idleAll("no cookie is left")
		return
	}
	s.into("the site file")
	v.statements(s.body, at)
}

// webSocket is a pipe for WebSockets.
func (v *vcl) webSocket(s *statement, at where) {
	name := ""
	s.every(func(one *statement) {
		if match := setBackend().FindStringSubmatch(one.source()); match != nil {
			name = match[2]
		}
	})
	found := false
	for _, site := range at.sites {
		backend := v.backend(site, name)
		for _, route := range site.all("route") {
			if route.argument("backend") == nil || backend != nil && route.text("backend") != backend.label {
				continue
			}
			found = true
			route.set("websocket", "true", s.Line)
			s.every(func(one *statement) { one.into(route.place() + "websocket") })
		}
	}
	if !found {
		s.refuseAll("no route asks the app that WebSockets are led to", "write `websocket = true` into the route")
		return
	}
	s.right("a complete handshake alone is piped, and nothing that follows one which the app refuses")
}

// purge is who may have the cache forget a URL.
func (v *vcl) purge(s *statement, at where) {
	match := clientIP().FindStringSubmatch(bodyText(s) + s.source())
	if match == nil || v.acls[match[1]] == nil {
		s.refuseAll("anybody could purge", "write `cache { purge { allow = [ … ] } }` into the site")
		return
	}
	acl := v.acls[match[1]]
	var networks []string
	var from []*Line
	for _, one := range acl.body {
		text := strings.ReplaceAll(strings.ReplaceAll(joined(one.words), `"`, ""), " ", "")
		switch {
		case text == "localhost":
			networks = append(networks, "127.0.0.1", "::1")
		case strings.HasPrefix(text, "!"):
			one.refuse("who may purge is named, and nobody is taken out", "name smaller networks")
			continue
		default:
			networks = append(networks, text)
		}
		from = append(from, one.Line)
	}
	for _, site := range at.sites {
		purge := site.sub("cache").sub("purge", s.Line, acl.Line)
		purge.set("allow", hcltext.List(distinct(networks)), from...)
		s.every(func(one *statement) { one.into(purge.place()) })
	}
}
