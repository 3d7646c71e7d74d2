package importer

import (
	"path"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// content is what a route serves: files, an app, or both.
func (r *router) content(b *block, scope *directive, at string) {
	try := scope.last("try_files")
	if try == nil && scope.name == "server" || try == nil && !asks(scope) {
		try = scope.setting("try_files")
	}
	asker := scope
	if try != nil {
		if last := try.arg(len(try.args) - 1); strings.HasPrefix(last, "@") {
			if to := r.named[last]; to != nil {
				asker = to
				to.into(b.place() + "backend")
			}
		}
	}
	proxied := r.proxy(b, asker, at)
	if backend := r.site.find("backend", b.text("backend")); proxied && asker != scope && len(asker.find("proxy_set_header")) == 0 {
		for _, d := range scope.find("proxy_set_header") {
			r.told(b, backend, d)
			d.right("the app was never told: " + asker.arg(0) + " inherits nothing of this location")
		}
	}
	if asks(scope) && try == nil {
		return
	}
	r.static(b, scope, try, proxied)
}

// asks reports a location that asks an app.
func asks(d *directive) bool {
	for _, one := range d.body {
		if strings.HasSuffix(one.name, "_pass") {
			return true
		}
	}
	return false
}

// static is the files of a route.
func (r *router) static(b *block, scope, try *directive, proxied bool) {
	root, from := r.root(scope, b)
	if root == "" {
		if try != nil && !proxied {
			try.refuse("there is no root that the files lie below", "write `static { root = … }` into the route")
		}
		return
	}
	entries, fallback := r.tries(b, scope, try, root)
	if proxied && len(entries) == 0 && try != nil {
		return // files of maintenance aside, the app answers all
	}
	static := b.sub("static")
	static.set("root", hcltext.Quote(root), from...)
	if index := scope.setting("index"); index != nil {
		var names []string
		for _, name := range index.args {
			if !strings.ContainsAny(name, "/$") && (r.php == "" || !strings.HasSuffix(name, ".php")) {
				names = append(names, name)
			}
		}
		if index.into(static.place() + "index"); len(names) > 0 {
			static.set("index", hcltext.List(names), index.Line)
		}
	}
	if len(entries) > 0 {
		static.set("try_files", hcltext.List(entries), try.Line)
	}
	if r.php != "" && !proxied && (fallback || strings.HasPrefix(b.label, "/") && (scope.name == "server" || r.hasIndexScript(scope))) {
		b.set("backend", hcltext.Quote(r.php))
		if fallback {
			try.into(b.place() + "backend")
		}
	}
}

func (r *router) hasIndexScript(scope *directive) bool {
	return slices.ContainsFunc(scope.setting("index").list(), func(name string) bool { return strings.HasSuffix(name, ".php") })
}

func (d *directive) list() []string {
	if d == nil {
		return nil
	}
	return d.args
}

// root is the directory that the paths of the route lie below. An alias is one where
// its end is the path of the route.
func (r *router) root(scope *directive, b *block) (root string, from []*Line) {
	alias := scope.last("alias")
	if alias == nil {
		if d := scope.setting("root"); d != nil {
			named := r.constants(d, d.arg(0))
			if strings.Contains(named, "$") {
				d.refuse("it is named by a variable", "write the directory itself")
				return "", nil
			}
			return r.rootPath(named), []*Line{d.Line}
		}
		return "", nil
	}
	to := strings.TrimSuffix(r.constants(alias, alias.arg(0)), "/")
	below := strings.TrimSuffix(b.label, "/")
	if strings.HasPrefix(b.label, "= ") && !strings.Contains(to, "$") {
		directory, name := path.Split(to)
		static := b.sub("static")
		static.set("root", hcltext.Quote(r.rootPath(directory)), alias.Line)
		static.set("try_files", hcltext.List([]string{"/" + name}), alias.Line)
		return "", nil
	}
	if root, ok := strings.CutSuffix(to, below); ok && strings.HasPrefix(below, "/") && root != "" {
		alias.right("an alias without a last slash lets files beside it be read; root does not")
		return r.rootPath(root), []*Line{alias.Line}
	}
	alias.refuse("files lie below root by the path of the request, as with nginx's root", "have a directory in which "+below+" is that one, and name it as root")
	return "", nil
}

var maintenancePage = lazily(`(?i)(maint|down|offline|sorry|wartung|system/)[^/]*\.html?$`)

// tries are the entries of try_files, without what is said otherwise here. fallback
// says that what no file answers is for the scripts.
func (r *router) tries(b *block, scope, try *directive, root string) (entries []string, fallback bool) {
	if try == nil {
		return nil, false
	}
	try.into(b.place() + "static → try_files")
	for i, entry := range try.args {
		last := i == len(try.args)-1
		file, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(entry, "$is_args$args"), "$args"), "?")
		if script, _, more := strings.Cut(file, ".php$"); more {
			file = script + ".php"
		}
		switch {
		case strings.HasPrefix(entry, "@"):
			if r.named[entry] == nil {
				try.refuse("there is no location "+entry, "write `backend` into the route")
			}
		case entry == "=404":
		case strings.HasPrefix(entry, "="):
			try.refuse("404 is the answer where there is neither a file nor an app", "have an app answer")
		case i == 0 && !strings.Contains(entry, "$") && maintenancePage().MatchString(entry):
			r.maintenance(root+entry, try.Line)
		case last && strings.HasSuffix(file, ".php"):
			fallback = r.php != ""
			if !fallback {
				try.refuse("no app runs scripts", "write a backend with `fastcgi { root = … }`")
			}
		case last && strings.Contains(entry, "?"), strings.Contains(strings.ReplaceAll(entry, "$uri", ""), "$"):
			try.refuse("an entry of try_files is a file, named by $uri or by itself", "write the others into the route by hand")
		default:
			entries = append(entries, file)
		}
	}
	return entries, fallback
}

// maintenance is a page that is the answer while it is there.
func (r *router) maintenance(page string, from ...*Line) {
	m := r.site.sub("maintenance", from...)
	m.set("page", hcltext.Quote(page), from...)
	rightAll(from, "while the page is there every request is answered 503 with it, with Retry-After, and nothing is stored")
}
