package importer

import (
	"regexp"
	"strings"

	"edgegen/internal/hcltext"
)

// proxy is the app that a location asks. It reports whether there is one.
func (r *router) proxy(b *block, scope *directive, at string) bool {
	if d := scope.last("fastcgi_pass"); d != nil {
		return r.fastcgi(b, scope, d)
	}
	d := scope.last("proxy_pass")
	if d == nil {
		return false
	}
	a, ok := r.appOf(d)
	if !ok {
		return false
	}
	name := r.backend(a, d)
	b.set("backend", hcltext.Quote(name), d.Line)
	r.rewriteTo(b, d, a.path, at)
	r.askedFor(b, r.site.find("backend", name), scope)
	return true
}

// app is what a proxy_pass names.
type app struct {
	scheme, server string // server is host:port, unix:/path, or the name of an upstream
	path           string // "" where none is named
}

var passed = lazily(`^(https?)://(unix:[^:]+:?|[^/]+)(/.*)?$`)

func (r *router) appOf(d *directive) (a app, ok bool) {
	text := r.constants(d, d.arg(0))
	text = strings.TrimSuffix(text, "$request_uri")
	match := passed().FindStringSubmatch(text)
	if match == nil || strings.Contains(text, "$") {
		d.refuse("where it leads is named by variables", "write a backend for each app, and a route for each backend")
		return a, false
	}
	return app{match[1], strings.TrimSuffix(match[2], ":"), match[3]}, true
}

// constants puts in the values of variables that are set to a text.
func (r *router) constants(d *directive, text string) string {
	for scope := d.around; scope != nil && strings.Contains(text, "$"); scope = scope.around {
		for _, set := range scope.find("set") {
			if name := set.arg(0); len(name) > 1 && !strings.Contains(set.arg(1), "$") && strings.Contains(text, name) {
				text = strings.ReplaceAll(text, name, set.arg(1))
				set.into("where its variable is named")
			}
		}
	}
	return text
}

// verified says how the certificate of an app is looked at, which nginx does only where
// it is told to.
func (r *router) verified(b *block, a app, scope *directive) {
	if a.scheme != "https" {
		return
	}
	tls := b.sub("tls")
	if d := scope.setting("proxy_ssl_verify"); d.arg(0) == "on" {
		d.into(tls.place() + "verify")
	} else {
		v := tls.set("verify", "false")
		v.comment = []string{"As nginx does without proxy_ssl_verify: anybody could pose as the app. Better leave it out."}
		if d != nil {
			d.into(tls.place() + "verify")
		}
	}
	if d := scope.setting("proxy_ssl_trusted_certificate"); d != nil {
		tls.set("ca", hcltext.Quote(r.path(d, d.arg(0))), d.Line)
	}
	if d := scope.setting("proxy_ssl_name"); d != nil && !strings.Contains(d.arg(0), "$") {
		tls.set("server_name", hcltext.Quote(d.arg(0)), d.Line)
	}
	if d := scope.setting("proxy_ssl_server_name"); d != nil {
		d.into(tls.place() + "server_name")
	}
}

// rewriteTo is what the path behind a proxy_pass makes of that of the request.
func (r *router) rewriteTo(b *block, d *directive, to, at string) {
	switch {
	case to == "" || to == at:
	case strings.HasPrefix(b.label, "= "):
		rewrite := b.sub("rewrite")
		rewrite.set("pattern", hcltext.Quote("^"+regexp.QuoteMeta(strings.TrimPrefix(b.label, "= "))+"$"), d.Line)
		rewrite.set("replacement", hcltext.Quote(to), d.Line)
	case strings.HasPrefix(b.label, "/"):
		rewrite := b.sub("rewrite")
		if strip := strings.TrimSuffix(at, "/"); strip != "" {
			rewrite.set("strip_prefix", hcltext.Quote(strip), d.Line)
		}
		if add := strings.TrimSuffix(to, "/"); add != "" {
			rewrite.set("add_prefix", hcltext.Quote(add), d.Line)
		}
	default:
		d.refuse("a path behind the app's address goes with a route of paths", "write `rewrite { pattern = …  replacement = … }` into the route")
	}
}
