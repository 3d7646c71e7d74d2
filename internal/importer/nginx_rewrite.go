package importer

import (
	"strings"

	"edgegen/internal/hcltext"
)

// unlessFile is the way in which apps were asked before there was try_files.
func (r *router) unlessFile(b *block, d, inner *directive) {
	switch {
	case inner.name == "proxy_pass":
		d.into(b.place() + "static, and then backend")
		r.proxy(b, d, "/")
		d.every(func(one *directive) { one.idle("it belongs to the if around it") })
	case inner.name == "rewrite" && strings.Contains(inner.arg(1), ".php") && r.php != "":
		d.into(b.place() + "backend")
		inner.into(b.place() + "backend")
		b.set("backend", hcltext.Quote(r.php))
		d.every(func(one *directive) { one.idle("it belongs to the if around it") })
	case inner.name == "rewrite" || inner.name == "break" || inner.name == "return":
		d.refuse("files go before the app by themselves", "write `static` and `backend` into the route")
		d.every(func(one *directive) { one.refuse("it stands in what is refused", "see the if around it") })
	}
}

// redirectMap makes routes of a map from old addresses to new ones.
func (r *router) redirectMap(m *directive, status string) {
	m.into("routes with redirects")
	for _, d := range m.body {
		from, to := d.name, d.arg(0)
		if pattern, expression := strings.CutPrefix(from, "~"); expression {
			if rest, folded := strings.CutPrefix(pattern, "*"); folded {
				pattern = "(?i)" + rest
			}
			from = "~ " + pattern
		} else {
			from = "= " + from
		}
		switch {
		case d.name == "default" && to == "":
			d.idle("other paths are redirected by nobody")
		case d.name == "default" || d.name == "hostnames" || d.name == "volatile" || d.name == "include":
			d.refuse("each address is a route", "write the routes")
		default:
			redirect := r.site.another("route", from, d.Line).sub("redirect")
			redirect.set("to", hcltext.Quote(captures(to)), d.Line)
			redirect.set("status", status)
		}
	}
}

// rewrites are redirects by a pattern, as routes of their own, and what an app sees in
// the place of a path.
func (r *router) rewrites(scope *directive) {
	for _, d := range scope.find("rewrite") {
		if !d.open() {
			continue
		}
		t, leads := redirectOf(d)
		pattern := d.arg(0)
		if scope.name == "location" && strings.HasPrefix(scope.arg(len(scope.args)-1), "~") {
			d.refuse("a route that is an expression has no other within it", "write one route for each expression")
			continue
		}
		if leads {
			query := hcltext.Quote("keep")
			if strings.Contains(t.path, "?") {
				query = hcltext.Quote("drop")
			}
			t.path = strings.TrimSuffix(t.path, "?")
			redirect := r.site.another("route", "~ "+pattern, d.Line).sub("redirect")
			redirect.set("to", hcltext.Quote(captures(t.url())), d.Line)
			redirect.set("status", t.status)
			redirect.set("query", query)
			continue
		}
		r.internalRewrite(scope, d, pattern)
	}
}

// internalRewrite is one that the app alone sees.
func (r *router) internalRewrite(scope, d *directive, pattern string) {
	if scope.name != "location" || scope.last("proxy_pass") == nil {
		d.refuse("a rewrite is what an app sees in the place of a path", "write `rewrite { pattern = …  replacement = … }` into a route with a backend")
		return
	}
	path := scope.arg(len(scope.args) - 1)
	label := strings.TrimSuffix(path, "/")
	if label == "" {
		label = "/"
	}
	route := r.site.find("route", label)
	if route == nil || route.find("rewrite", "") != nil {
		d.refuse("a route has one rewrite", "write a route for each")
		return
	}
	rewrite := route.sub("rewrite")
	if strip := strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "/(.*)$"); strip == label && d.arg(1) == "/$1" {
		rewrite.set("strip_prefix", hcltext.Quote(label), d.Line)
		return
	}
	rewrite.set("pattern", hcltext.Quote(pattern), d.Line)
	rewrite.set("replacement", hcltext.Quote(strings.TrimSuffix(captures(d.arg(1)), "?")), d.Line)
}
