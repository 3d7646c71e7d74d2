package importer

import (
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// router makes the routes of one server.
type router struct {
	*nginx
	site   *block
	server *server
	// php is the backend that runs scripts, "" where none does.
	php   string
	named map[string]*directive // locations that begin with "@"
}

// location is a location block, with nested ones beside it.
type location struct {
	*directive
	kind string // "", "=", "~", "~*", "^~"
	path string
}

func (r *router) routes() {
	var all []location
	r.named = map[string]*directive{}
	r.server.every(func(d *directive) {
		if d.name != "location" || len(d.args) == 0 {
			return
		}
		l := location{directive: d, path: d.arg(len(d.args) - 1)}
		if len(d.args) > 1 {
			l.kind = d.arg(0)
		} else if kind := strings.TrimRight(l.path[:min(2, len(l.path))], "/^."); kind == "=" || kind == "~" || kind == "~*" || kind == "^~" {
			l.kind, l.path = kind, l.path[len(kind):]
		}
		if strings.HasPrefix(l.path, "@") {
			r.named[l.path] = d
			return
		}
		all = append(all, l)
	})
	all = r.scripts(all)
	r.folded(all)
	r.rewrites(r.server.directive)
	root := false
	for _, l := range all {
		root = r.location(l, all) || root
	}
	if !root && r.site.find("route", "/") == nil && (r.server.setting("root") != nil || r.server.last("return") != nil || r.server.last("try_files") != nil || r.php != "") {
		b := r.site.named("route", "/", r.server.Line)
		r.fill(b, r.server.directive, "/")
	}
	r.server.conditions(r)
	r.empty()
	for name, d := range r.named {
		if d.open() {
			d.idleAll("nothing leads to " + name)
		}
	}
}

var (
	dotFiles = lazily(`^\^?(\(\^\|/\)|\.\*)?/?\(?(\\/)?\\\.`)
	phpFiles = lazily(`\\\.(php|\(?ph(p|tml)|\[\^/\]\??ph)`)
)

// location makes a route of a location. It reports whether that is the one of all
// paths.
func (r *router) location(l location, all []location) bool {
	label := l.path
	switch {
	case !l.open() && l.Verdict != "":
		return false
	case forChallenges(l.directive):
		l.idleAll("with tls { acme = true } edgegen answers the authority itself")
		return false
	case strings.HasPrefix(l.kind, "~") && dotFiles().MatchString(l.path) && refuses(l.directive):
		l.idleAll("dot files are never served")
		return false
	case l.last("internal") != nil && r.forErrors(l):
		return false
	case l.kind == "=":
		label = "= " + l.path
	case l.kind == "~":
		label = "~ " + l.path
	case l.kind == "~*":
		label = "~ (?i)" + l.path
	case l.kind == "^~" && r.expressions(all):
		label = "~ ^" + regexp.QuoteMeta(strings.TrimSuffix(l.path, "/")) + "(/|$)"
	case len(l.path) > 1:
		label = strings.TrimSuffix(l.path, "/")
		if label == l.path {
			l.right("a route takes whole segments: " + label + "x is not its own")
		}
	}
	if l.kind == "=" && r.healthCheck(l) {
		return false
	}
	b := r.site.another("route", label, l.Line)
	r.fill(b, l.directive, l.path)
	return label == "/"
}

// expressions reports locations that are regular expressions: a "^~" goes before them.
func (r *router) expressions(all []location) bool {
	return slices.ContainsFunc(all, func(l location) bool { return strings.HasPrefix(l.kind, "~") })
}

// refuses reports a location that nobody comes in to.
func refuses(d *directive) bool {
	code := d.last("return").arg(0)
	return d.last("deny").arg(0) == "all" && d.last("allow") == nil || code == "403" || code == "404" || code == "444"
}

// healthCheck makes the edge's own of a location that always answers 200.
func (r *router) healthCheck(l location) bool {
	d := l.last("return")
	edge := r.out.sub("edge")
	if d.arg(0) != "200" || edge.argument("health_path") != nil && edge.text("health_path") != l.path {
		return false
	}
	edge.set("health_path", hcltext.Quote(l.path), l.Line, d.Line)
	l.idleAll("the answer is edgegen's own")
	return true
}

// forErrors reports a location that is there for a page of error_page alone.
func (r *router) forErrors(l location) bool {
	found := false
	r.server.every(func(d *directive) {
		found = found || d.name == "error_page" && slices.Contains(d.args, l.path)
	})
	if found {
		l.into("error_page")
		l.every(func(d *directive) { d.idle("the page is read from its file") })
	}
	return found
}

// fill says in a route what holds in a scope: a location, or the server for all that no
// location takes.
func (r *router) fill(b *block, scope *directive, path string) {
	r.conditions(b, scope)
	r.rewrites(scope)
	r.access(b, scope)
	if scope.last("internal") != nil {
		b.set("internal", "true", scope.last("internal").Line)
	}
	if r.answer(b, scope) {
		r.headers(b, scope, false)
		return
	}
	r.content(b, scope, path)
	r.headers(b, scope, true)
	r.limits(b, scope)
	r.compress(b, scope)
	r.errorPages(b, scope)
}

// answer is a return that is the whole answer.
func (r *router) answer(b *block, scope *directive) bool {
	d := scope.last("return")
	if d == nil {
		return false
	}
	t, leads := redirectOf(d)
	to := t.url()
	switch {
	case leads && t.whole && t.host != "":
		redirect := b.sub("redirect", d.Line)
		redirect.set("to", hcltext.Quote(t.origin()+b.label), d.Line)
		if strings.HasPrefix(b.label, "=") || strings.HasPrefix(b.label, "~") {
			d.refuse("the whole path goes along with a route of paths alone", "write the path that it leads to")
		}
		redirect.set("status", t.status)
		redirect.set("path", hcltext.Quote("keep"))
		redirect.set("query", hcltext.Quote("keep"))
	case leads && t.host == "" && strings.HasSuffix(to, "$request_uri") && strings.HasPrefix(to, "/") && strings.Trim(b.label, "= ")[0] == '/':
		redirect := b.sub("redirect", d.Line)
		redirect.set("to", hcltext.Quote(strings.TrimSuffix(to, "$request_uri")+strings.TrimPrefix(b.label, "= ")), d.Line)
		redirect.set("status", t.status)
		if strings.HasPrefix(b.label, "/") {
			redirect.set("path", hcltext.Quote("keep"))
		}
		redirect.set("query", hcltext.Quote("keep"))
	case leads:
		query := ""
		for _, tail := range []string{"$is_args$args", "?$args", "?$query_string"} {
			if rest, cut := strings.CutSuffix(to, tail); cut {
				to, query = rest, hcltext.Quote("keep")
			}
		}
		redirect := b.sub("redirect", d.Line)
		redirect.set("to", hcltext.Quote(captures(to)), d.Line)
		redirect.set("status", t.status)
		if query != "" {
			redirect.set("query", query)
		}
		if strings.Contains(to, "$") && !strings.HasPrefix(b.label, "~") {
			d.refuse("it leads to a place that a variable names", "write where it leads")
		}
	case d.arg(0) == "403":
		b.set("deny", hcltext.List([]string{"0.0.0.0/0", "::/0"}), d.Line)
	case d.arg(0) == "444" || d.arg(0) == "404" && scope.name == "location":
		b.set("internal", "true", d.Line) // for nobody
		if d.arg(0) == "444" {
			d.right("the answer is 404, and the connection stays")
		}
	default:
		d.refuse("an answer of its own is none that a route has", "have the app, or a file, answer; `edge { health_path = … }` answers 200")
		return false
	}
	return true
}

// empty gives routes that serve nothing of their own what the route of all paths serves,
// where somebody is kept out there, and takes the others away.
func (r *router) empty() {
	whole := r.site.find("route", "/")
	for _, b := range slices.Clone(r.site.all("route")) {
		if b == whole || b.argument("backend") != nil || b.find("static", "") != nil || b.find("redirect", "") != nil {
			continue
		}
		refused := slices.ContainsFunc(b.from, func(line *Line) bool { return line.Verdict == Refused })
		if whole != nil && (b.argument("deny") != nil || b.argument("allow") != nil || b.argument("internal") != nil) {
			if a := whole.argument("backend"); a != nil {
				b.set("backend", a.value)
			}
			if static := whole.find("static", ""); static != nil {
				static.copyInto(b.sub("static"))
			}
		} else if len(b.arguments)+len(b.blocks) == 0 && !refused && len(b.from) > 0 && !asksRefused(b, r.server.directive) {
			b.discard("it serves nothing of its own")
		}
	}
}

// asksRefused reports a route whose location asks an app in a way that is refused.
func asksRefused(b *block, server *directive) (found bool) {
	server.every(func(d *directive) {
		found = found || d.name == "location" && slices.Contains(b.from, d.Line) && (asks(d) || d.last("alias") != nil || d.last("return") != nil)
	})
	return found
}
