package importer

import (
	"path"
	"slices"
	"strings"
)

// limits are the bounds of a route.
func (r *router) limits(b *block, scope *directive) {
	if d := scope.setting("client_max_body_size"); d != nil && d.around != r.conf.http() {
		b.set("body_size", bodySize(d.arg(0)), d.Line)
	}
}

// compress is gzip, and brotli.
func (r *router) compress(b *block, scope *directive) {
	var codings, types []string
	var from []*Line
	for _, coding := range []struct{ name, directive string }{{"br", "brotli"}, {"gzip", "gzip"}} {
		switch d := scope.setting(coding.directive); {
		case d.arg(0) == "on":
			codings, from = append(codings, coding.name), append(from, d.Line)
			if d := scope.setting(coding.directive + "_types"); d != nil {
				types, from = append(types, d.args...), append(from, d.Line)
			}
		case d != nil:
			d.idle("nothing is compressed but what a route says")
		}
	}
	if len(codings) == 0 {
		return
	}
	compress := b.sub("compress", from...)
	compress.set("algorithms", list(codings), from...)
	if slices.Contains(types, "*") {
		types = []string{"*"}
	} else if !slices.Contains(types, "text/html") {
		types = append(types, "text/html")
	}
	slices.Sort(types)
	compress.set("types", list(slices.Compact(types)), from...)
	size := "20B"
	if d := scope.setting("gzip_min_length"); d != nil {
		size = strings.Trim(bodySize(d.arg(0)), `"`)
		from = []*Line{d.Line}
	}
	compress.set("min_size", quote(size), from...)
}

// errorPages are those for what the edge says itself.
func (r *router) errorPages(b *block, scope *directive) {
	for _, d := range scope.nearest("error_page") {
		if len(d.args) < 2 {
			continue
		}
		page := d.arg(len(d.args) - 1)
		codes := slices.DeleteFunc(slices.Clone(d.args[:len(d.args)-1]), func(word string) bool { return strings.HasPrefix(word, "=") })
		if !strings.HasPrefix(page, "/") || strings.Contains(page, "$") || strings.HasSuffix(page, ".php") || len(codes) < len(d.args)-1 {
			d.refuse("a page for errors is a file, and the status stays", "write `error_page \"404\" { file = … }` into the route")
			continue
		}
		root := scope.setting("root")
		r.server.every(func(one *directive) {
			if one.name == "location" && one.arg(len(one.args)-1) == page && one.last("root") != nil {
				root = one.last("root")
			}
		})
		if root == nil {
			d.refuse("there is no root that the page lies below", "write `error_page \"404\" { file = … }` into the route")
			continue
		}
		if slices.Contains(codes, "500") && slices.Contains(codes, "502") && slices.Contains(codes, "503") && slices.Contains(codes, "504") {
			codes = append(slices.DeleteFunc(codes, func(code string) bool { return strings.HasPrefix(code, "5") }), "5xx")
		}
		for _, code := range codes {
			b.named("error_page", code, d.Line).set("file", quote(path.Join(r.rootPath(r.constants(root, root.arg(0))), page)), d.Line)
		}
		d.right("what an app says about an error is passed on")
	}
}

// conditions are the ifs of a scope that can be said otherwise.
func (r *router) conditions(b *block, scope *directive) {
	for _, d := range scope.find("if") {
		if !d.open() {
			continue
		}
		subject, operator, value := condition(d)
		inner := (*directive)(nil)
		if len(d.body) > 0 {
			inner = d.body[0]
		}
		switch t, leads := redirectOf(inner.orNone()); {
		case operator == "-f" && strings.HasPrefix(subject, "$document_root/") && (inner.arg(0) == "503" || maintenancePage().MatchString(subject)):
			if root := scope.setting("root"); root != nil {
				r.maintenance(r.rootPath(r.constants(root, root.arg(0)))+strings.TrimPrefix(subject, "$document_root"), d.Line)
				d.every(func(one *directive) { one.into("maintenance") })
			}
		case subject == "$request_method" && (inner.arg(0) == "405" || inner.arg(0) == "444" || inner.arg(0) == "403"):
			if methods := methodsOf(operator, value); len(methods) > 0 {
				b.set("methods", list(methods), d.Line, inner.Line)
			} else {
				d.idle("methods other than the seven usual ones are answered 405")
				inner.idle("methods other than the seven usual ones are answered 405")
			}
		case leads && strings.HasPrefix(subject, "$") && operator == "" && r.maps[subject] != nil && t.path == subject:
			r.redirectMap(r.maps[subject], t.status)
			d.into("routes with redirects")
			inner.into("routes with redirects")
		case (operator == "!-e" || operator == "!-f") && subject == "$request_filename" && inner != nil:
			r.unlessFile(b, d, inner)
		default:
			why := "conditions are said by routes, which have a path and a match"
			d.refuse(why, "write a route with `match { … }`, or have the app decide")
			d.every(func(one *directive) { one.refuse("it holds under a condition that is refused", "see the if around it") })
		}
	}
}

// conditions are the ifs of a server, which hold for every route.
func (s *server) conditions(r *router) {
	for _, b := range r.site.all("route") {
		if b.label == "/" {
			r.conditions(b, s.directive)
			if methods := b.argument("methods"); methods != nil {
				for _, other := range r.site.all("route") {
					other.set("methods", methods.value)
				}
			}
			return
		}
	}
}

// orNone is a directive that does nothing in the place of none.
func (d *directive) orNone() *directive {
	if d == nil {
		return &directive{Line: &Line{}}
	}
	return d
}

var methodList = lazily(`^\^?\(?([A-Z|]+)\)?\$?$`)

// methodsOf are those that a condition lets through.
func methodsOf(operator, value string) []string {
	match := methodList().FindStringSubmatch(value)
	if operator != "!~" && operator != "!~*" && operator != "!=" || match == nil {
		return nil
	}
	return strings.Split(match[1], "|")
}

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
		b.set("backend", quote(r.php))
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
			redirect.set("to", quote(captures(to)), d.Line)
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
			query := quote("keep")
			if strings.Contains(t.path, "?") {
				query = quote("drop")
			}
			t.path = strings.TrimSuffix(t.path, "?")
			redirect := r.site.another("route", "~ "+pattern, d.Line).sub("redirect")
			redirect.set("to", quote(captures(t.url())), d.Line)
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
		rewrite.set("strip_prefix", quote(label), d.Line)
		return
	}
	rewrite.set("pattern", quote(pattern), d.Line)
	rewrite.set("replacement", quote(strings.TrimSuffix(captures(d.arg(1)), "?")), d.Line)
}
