package conformance

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/explain"
	"edgegen/internal/site"
)

// predicted holds what came against what was predicted. A case that differs by
// declaration is not looked at.
func (a *attempt) predicted(c contractCase, from string, got *response) {
	text := a.fill(c.request)
	end := strings.Index(text, "\r\n\r\n")
	if c.differs != "" || end < 1 || strings.HasPrefix(text, "PROXY ") {
		return // there is more before the request, or not all of it
	}
	behind := a.edge.Combination.TLS == site.Off
	method, _, _ := strings.Cut(text, " ")
	asked := explain.Request{Method: method, Head: text[:end+4], HTTPS: !c.plain && !c.behind, Name: hostOf(c.request), Port: 443,
		Peer: netip.MustParseAddr(from), Proxied: behind && !c.behind}
	if a.shown != nil {
		asked.Client = *a.shown
	}
	if a.over != http1 && !c.plain {
		asked.Protocol = [...]string{site.HTTP1, site.HTTP2, site.HTTP3}[a.over]
		fields, body, whole := a.translate(text)
		if a.undecided(fields, body) {
			return // it says that a body follows, and ends
		}
		for _, f := range fields {
			asked.Fields = append(asked.Fields, wire.Field{Name: f.Name, Value: f.Value})
		}
		asked.Body = len(body) > 0 || !whole
	}
	e := a.edge.explains.Explain(asked)
	if c.raw != "" {
		if len(e.Raw) == 0 {
			a.errorf("explain says nothing of raw text: %q", e.Answer)
		}
		return
	}
	complain := func(format string, values ...any) {
		a.errorf("explain says "+strconv.Quote(e.Answer)+", and "+format, values...)
	}
	reached := len(a.seen()) > 0
	switch {
	case e.Asked && !reached && c.want.reaches == never:
		return
	case e.Status != 0 && got.status != e.Status && c.want.status == 0:
		return // daemons may refuse it otherwise
	case e.Status != 0 && got.status != e.Status:
		complain("the status is %d", got.status)
	case e.Status != 0 && reached:
		complain("a backend was reached")
	case e.Status == 0 && !reached && got.status < 500 && got.status != 408 && got.status != 413 && !slices.Contains([]string{"HIT", "STALE"}, got.header.Get("X-Cache")):
		complain("no backend was reached: %d", got.status)
	}
	if cache := got.header.Get("X-Cache"); !c.want.bare && e.Tier != "tls" && !slices.Contains(e.Cache, cache) {
		complain("X-Cache is %q, not one of %v", cache, e.Cache)
	}
	if e.Status != 0 && (e.Tier == "tls" || got.header.Get("X-Cache") != "") { // what varnishd refuses by itself is bare
		for _, f := range e.AnswerHeaders {
			if value := got.header.Get(f.Name); value != f.Value && f.Name != "Accept-Ranges" {
				complain("%s is %q, not %q", f.Name, value, f.Value)
			}
		}
	}
	if reached && a.seen()[0].header != nil && len(e.Raw) == 0 { // some apps keep none, and raw text may set some
		a.sees(e, complain)
	}
}

// sees holds the header that an app has got.
func (a *attempt) sees(e *explain.Explanation, complain func(string, ...any)) {
	header := a.seen()[0].header
	foretold := map[string][]string{}
	for _, f := range e.AppHeaders {
		foretold[strings.ToLower(f.Name)] = append(foretold[strings.ToLower(f.Name)], f.Value)
	}
	for name, values := range header {
		name = strings.ToLower(name)
		switch name {
		case "sec-websocket-key", "sec-websocket-version": // mean nothing where there is no Upgrade
			continue
		case "remote-user", "remote-groups": // another app says it
			continue
		case "connection", "content-length", "transfer-encoding", "x-request-id", "upgrade":
			continue
		case "traceparent":
			if strings.Join(foretold[name], "") == "(a new one)" {
				continue
			}
		}
		between := ", "
		if name == "cookie" {
			between = "; "
		}
		if all := strings.Join(values, between); all != strings.Join(foretold[name], between) {
			complain("the app gets %s: %q, not %q", name, all, foretold[name])
		}
	}
	for name := range foretold {
		if !slices.ContainsFunc(keys(header), func(one string) bool { return strings.EqualFold(one, name) }) {
			complain("the app does not get %s", name)
		}
	}
}

func keys(header map[string][]string) (names []string) {
	for name := range header {
		names = append(names, name)
	}
	return names
}
