package gateway

import (
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// redirectsName is the backend that gives redirects which the language has no words for.
const redirectsName = "redirects"

// answered reports a redirect that the answer Leading gives.
func answered(h *host, one way) bool {
	if one.rule.redirect == nil {
		return false
	}
	_, _, ok := one.rule.redirect.target(one.match, h.listener, h.name)
	return !ok
}

// backends writes the apps of a host, each once.
func (w *writer) backends(h *host, ways []way) {
	var written []string
	for _, one := range ways {
		name, servers := one.rule.name, one.rule.servers
		if answered(h, one) {
			name, servers = redirectsName, []server{w.answer(Leading)}
		}
		if len(servers) == 0 || slices.Contains(written, name) {
			continue
		}
		written = append(written, name)
		w.ref = one.rule.ref
		w.line("backend %s {", hcltext.Quote(name))
		w.servers(servers)
		if one.rule.host != "" {
			w.line("host = %s", hcltext.Quote(one.rule.host))
		}
		if one.rule.patience > 0 {
			w.line("timeouts {")
			w.line("first_byte = %s", hcltext.Quote(one.rule.patience.String()))
			w.line("}")
		}
		w.line("}")
	}
}

// servers writes a list, or a block for each where their shares differ.
func (w *writer) servers(servers []server) {
	if slices.ContainsFunc(servers, func(s server) bool { return strings.HasPrefix(s.address, "unix:") }) {
		// Of such a backend edgegen asks the servers, and no daemon, who may not.
		w.line("balance = %s", hcltext.Quote("least_connections"))
	}
	if !slices.ContainsFunc(servers, func(s server) bool { return s.weight != servers[0].weight }) {
		var all []string
		for _, s := range servers {
			all = append(all, s.address)
		}
		w.line("servers = %s", hcltext.List(all))
		return
	}
	for _, s := range servers {
		w.line("server %s {", hcltext.Quote(s.address))
		w.line("weight = %d", s.weight)
		w.line("}")
	}
}

// route writes the block of a match.
func (w *writer) route(h *host, one way) {
	w.comment(one.rule.ref)
	w.line("route %s {", hcltext.Quote(one.label()))
	w.match(one.match)
	request := one.rule.request
	switch {
	case answered(h, one):
		w.line("backend = %s", hcltext.Quote(redirectsName))
		w.rewrite(one.rule.redirect.replace, one.match)
		request = changes{set: []field{{InstructionName, one.rule.redirect.instruction(h.listener)}}}
	case one.rule.redirect != nil:
		w.redirect(h, one)
		request = changes{}
	default:
		w.line("backend = %s", hcltext.Quote(one.rule.name))
		if len(one.methods) == 0 || one.methods[0] == "GET" {
			w.line("websocket = true")
		}
		w.rewrite(one.rule.replace, one.match)
	}
	w.changes("request_headers", request)
	w.changes("response_headers", one.rule.response)
	w.line("}")
}

func (w *writer) match(m match) {
	if !m.conditional() {
		return
	}
	w.line("match {")
	if len(m.methods) > 0 {
		w.line("methods = %s", hcltext.List(m.methods))
		if slices.Contains(m.methods, "GET") {
			w.line("head = false")
		}
	}
	if len(m.headers) > 0 {
		w.line("headers = %s", object(m.headers))
	}
	if len(m.query) > 0 {
		w.line("query = %s", object(m.query))
	}
	w.line("}")
}

func (w *writer) redirect(h *host, one way) {
	to, keep, _ := one.rule.redirect.target(one.match, h.listener, h.name)
	w.line("redirect {")
	w.line("to = %s", hcltext.Quote(to))
	w.line("status = %d", one.rule.redirect.status)
	if keep {
		w.line("path = %s", hcltext.Quote("keep"))
	}
	w.line("query = %s", hcltext.Quote("keep"))
	w.line("}")
}

// rewrite writes what an app is asked for in place of the path.
func (w *writer) rewrite(r *replacement, m match) {
	switch {
	case r == nil, r.prefix && r.path == "" && m.path == "/":
		return
	case !r.prefix:
		w.line("rewrite {")
		w.line("pattern = %s", hcltext.Quote("^.*$"))
		w.line("replacement = %s", hcltext.Quote(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(r.path)))
	default:
		w.line("rewrite {")
		if m.path != "/" {
			w.line("strip_prefix = %s", hcltext.Quote(m.path))
		}
		if r.path != "" {
			w.line("add_prefix = %s", hcltext.Quote(r.path))
		}
	}
	w.line("}")
}

func (w *writer) changes(kind string, c changes) {
	if len(c.set)+len(c.add)+len(c.remove) == 0 {
		return
	}
	w.line("%s {", kind)
	if len(c.set) > 0 {
		w.line("set = %s", object(c.set))
	}
	if len(c.add) > 0 {
		w.line("add = %s", object(c.add))
	}
	if len(c.remove) > 0 {
		w.line("remove = %s", hcltext.List(c.remove))
	}
	w.line("}")
}
