package importer

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
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
	b.set("backend", quote(name), d.Line)
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

// backend is the name of the site's backend for an app, which is made where there is
// none.
func (r *router) backend(a app, d *directive) string {
	if upstream := r.upstreams[a.server]; upstream != nil {
		return r.upstream(upstream, a)
	}
	server := r.serverOf(a.scheme, a.server, d.Line)
	for _, one := range r.site.all("backend") {
		if slices.Equal(one.texts("servers"), []string{server}) && one.find("fastcgi", "") == nil {
			one.come([]*Line{d.Line})
			return one.label
		}
	}
	name := r.freeName(server)
	b := r.site.named("backend", name, d.Line)
	b.set("servers", list([]string{server}), d.Line)
	r.verified(b, a, d.around)
	return name
}

// serverOf writes a server as the language does.
func (c *chain) serverOf(scheme, server string, line *Line) string {
	if strings.HasPrefix(server, "unix:") {
		return server
	}
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = strings.Trim(server, "[]"), map[string]string{"https": "443"}[scheme]
		if port == "" {
			port = "80"
		}
	}
	if host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
		line.right("0.0.0.0 is an address to listen on: the app is asked at 127.0.0.1")
	}
	address := net.JoinHostPort(host, port)
	if scheme == "https" {
		return "https://" + address
	}
	return address
}

// freeName is a name for a backend that its site has not yet.
func (r *router) freeName(server string) string {
	name := r.apps[strings.TrimPrefix(server, "https://")]
	if name == "" {
		name = "app"
	}
	return free(r.site, nameOf(name))
}

func free(site *block, name string) string {
	for i, base := 2, name; site.find("backend", name) != nil; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}

var noName = lazily(`[^a-zA-Z0-9_]+`)

// nameOf makes a name of a text.
func nameOf(text string) string {
	name := strings.Trim(noName().ReplaceAllString(text, "_"), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "app_" + name
	}
	return strings.TrimSuffix(name, "_")
}

// upstream is the backend of an upstream block.
func (r *router) upstream(d *directive, a app) string {
	for _, one := range r.site.all("backend") {
		if slices.Contains(one.from, d.Line) {
			return one.label
		}
	}
	name := nameOf(d.arg(0))
	for _, one := range d.find("server") {
		if known := r.apps[r.serverOf("", one.arg(0), nil)]; known != "" {
			name = known // as the cache in front calls it
		}
	}
	b := r.site.named("backend", free(r.site, name), d.Line)
	var plain []string
	var from []*Line
	for _, one := range d.body {
		switch one.name {
		case "server":
			server := r.serverOf(a.scheme, one.arg(0), one.Line)
			if slices.Contains(one.args, "down") {
				one.idle("the server is marked as down")
			} else if !r.member(b, server, one) {
				plain, from = append(plain, server), append(from, one.Line)
			}
		case "ip_hash":
			b.set("balance", quote("client_hash"), one.Line)
		case "least_conn", "least_time":
			b.set("balance", quote("least_connections"), one.Line)
		case "hash":
			if one.arg(0) == "$remote_addr" || one.arg(0) == "$binary_remote_addr" {
				b.set("balance", quote("client_hash"), one.Line)
			} else {
				one.refuse("servers are chosen in turn, by their load, or by the client's address", "choose one of these by `balance`, or `sticky`")
			}
		case "sticky":
			if one.arg(0) == "cookie" && one.arg(1) != "" {
				b.sub("sticky").set("cookie", quote(one.arg(1)), one.Line)
			}
		case "random":
			one.into(b.place() + "balance")
			one.right("servers are asked in turn, which spreads as evenly")
		}
	}
	if len(plain) > 0 {
		b.set("servers", list(plain), from...)
	}
	r.verified(b, a, d.around)
	return b.label
}

// member is a server of which there is more to say than where it is.
func (r *router) member(b *block, server string, d *directive) bool {
	said := false
	var m *block
	for _, word := range d.args[min(1, len(d.args)):] {
		name, value, _ := strings.Cut(word, "=")
		argument := map[string]string{"weight": "weight", "max_conns": "max_connections", "backup": "backup"}[name]
		if argument == "" {
			continue // max_fails and fail_timeout: one that fails is asked less by itself
		}
		if value == "" {
			value = "true"
		}
		if !said {
			m, said = b.named("server", server, d.Line), true
		}
		m.set(argument, value, d.Line)
	}
	return said
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
		tls.set("ca", quote(r.path(d, d.arg(0))), d.Line)
	}
	if d := scope.setting("proxy_ssl_name"); d != nil && !strings.Contains(d.arg(0), "$") {
		tls.set("server_name", quote(d.arg(0)), d.Line)
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
		rewrite.set("pattern", quote("^"+regexp.QuoteMeta(strings.TrimPrefix(b.label, "= "))+"$"), d.Line)
		rewrite.set("replacement", quote(to), d.Line)
	case strings.HasPrefix(b.label, "/"):
		rewrite := b.sub("rewrite")
		if strip := strings.TrimSuffix(at, "/"); strip != "" {
			rewrite.set("strip_prefix", quote(strip), d.Line)
		}
		if add := strings.TrimSuffix(to, "/"); add != "" {
			rewrite.set("add_prefix", quote(add), d.Line)
		}
	default:
		d.refuse("a path behind the app's address goes with a route of paths", "write `rewrite { pattern = …  replacement = … }` into the route")
	}
}
