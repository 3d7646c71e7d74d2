package importer

import (
	"path"
	"strings"

	"edgegen/internal/hcltext"
)

// scripts finds the locations that run scripts, which are a backend of the others. It
// returns the locations that remain.
func (r *router) scripts(all []location) (others []location) {
	for _, l := range all {
		pass := l.last("fastcgi_pass")
		php := strings.HasPrefix(l.kind, "~") && phpFiles().MatchString(l.path) || l.kind == "=" && strings.HasSuffix(l.path, ".php")
		switch {
		case !php:
			others = append(others, l)
		case pass == nil && refuses(l.directive):
			others = append(others, l)
		case pass == nil && l.last("proxy_pass") == nil:
			l.idleAll("no script is shown as a file")
		case pass == nil:
			others = append(others, l)
		default:
			r.runs(l.directive, pass)
		}
	}
	return others
}

// runs makes a backend of a location that runs scripts.
func (r *router) runs(scope, pass *directive) {
	b := r.scriptBackend(scope, pass)
	if b == nil {
		return
	}
	scope.into(b.place())
	if r.php == "" {
		r.php = b.label
	}
	if try := scope.last("try_files"); try != nil {
		try.idle("a script that is not there is a 404")
	}
	for _, name := range []string{"root", "include", "internal"} {
		for _, d := range scope.find(name) {
			d.idle("scripts are told what CGI says, and none is run that is not below root")
		}
	}
	for _, d := range scope.find("if") {
		d.idleAll("a script that is not there is a 404")
	}
}

// fastcgi is an app that a route asks by FastCGI.
func (r *router) fastcgi(b *block, scope, pass *directive) bool {
	backend := r.scriptBackend(scope, pass)
	if backend == nil {
		return false
	}
	b.set("backend", hcltext.Quote(backend.label), pass.Line)
	return true
}

// scriptBackend is the backend of a fastcgi_pass.
func (r *router) scriptBackend(scope, pass *directive) *block {
	address := r.constants(pass, pass.arg(0))
	if strings.Contains(address, "$") {
		pass.refuse("where it leads is named by variables", "write a backend with `fastcgi { root = … }`")
		return nil
	}
	root := r.scriptRoot(scope)
	if root == "" {
		pass.refuse("there is no root that the scripts lie below", "write a backend with `fastcgi { root = … }`")
		return nil
	}
	for _, one := range r.site.all("backend") {
		if f := one.find("fastcgi", ""); f != nil && f.text("root") == root && (one.label == nameOf(address) || one.text("servers") == address || r.php == one.label) {
			one.come([]*Line{pass.Line})
			r.parameters(one, scope)
			return one
		}
	}
	var b *block
	if upstream := r.upstreams[address]; upstream != nil {
		b = r.site.find("backend", r.upstream(upstream, app{}))
	} else {
		b = r.site.named("backend", free(r.site, "php"), pass.Line)
		b.set("servers", hcltext.List([]string{r.serverOf("", address, pass.Line)}), pass.Line)
	}
	fastcgi := b.sub("fastcgi", pass.Line)
	d := scope.setting("root")
	from := []*Line{pass.Line}
	if d != nil {
		from = append(from, d.Line)
	}
	fastcgi.set("root", hcltext.Quote(root), from...)
	if index := scope.last("fastcgi_index"); index != nil {
		fastcgi.set("index", hcltext.Quote(index.arg(0)), index.Line)
	}
	r.parameters(b, scope)
	r.patience(b, scope, "fastcgi", false)
	return b
}

// scriptRoot is the directory of the scripts.
func (r *router) scriptRoot(scope *directive) string {
	if d := scope.setting("root"); d != nil {
		if named := r.constants(d, d.arg(0)); !strings.Contains(named, "$") {
			return r.rootPath(named)
		}
	}
	for _, d := range scope.nearest("fastcgi_param") {
		if d.arg(0) == "SCRIPT_FILENAME" && strings.HasPrefix(d.arg(1), "/") {
			if directory, _, found := strings.Cut(d.arg(1), "$"); found {
				return r.rootPath(strings.TrimSuffix(directory, "/"))
			}
			return r.rootPath(path.Dir(d.arg(1)))
		}
	}
	return ""
}

// parameters are what scripts are told besides what CGI has.
func (r *router) parameters(b *block, scope *directive) {
	for _, d := range scope.nearest("fastcgi_param") {
		name, value := d.arg(0), d.arg(1)
		switch {
		case name == "SCRIPT_FILENAME" || name == "DOCUMENT_ROOT" || name == "PATH_INFO" || name == "PATH_TRANSLATED" || name == "SCRIPT_NAME" ||
			name == "HTTPS" || name == "REMOTE_ADDR" || name == "SERVER_NAME" || name == "SERVER_PORT" || strings.HasPrefix(name, "HTTP_"),
			name == "QUERY_STRING" || name == "REQUEST_METHOD" || name == "CONTENT_TYPE" || name == "CONTENT_LENGTH" || name == "REQUEST_URI" ||
				name == "DOCUMENT_URI" || name == "SERVER_PROTOCOL" || name == "REQUEST_SCHEME" || name == "GATEWAY_INTERFACE" ||
				name == "SERVER_SOFTWARE" || name == "REMOTE_PORT" || name == "SERVER_ADDR" || name == "REDIRECT_STATUS":
			d.idle("scripts are told what CGI says")
		case strings.Contains(value, "$"):
			d.refuse("params are texts", "have the script take it from what CGI says")
		default:
			b.sub("fastcgi").put("params", name, hcltext.Quote(value), d.Line)
		}
	}
}

// folded marks what a front controller needs no words for.
func (r *router) folded(all []location) {
	for _, l := range all {
		if r.php != "" && l.kind == "=" && strings.HasSuffix(l.path, ".php") && l.last("fastcgi_pass") != nil {
			l.idle("scripts are run by the backend")
		}
	}
}
