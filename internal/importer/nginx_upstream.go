package importer

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

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
	b.set("servers", hcltext.List([]string{server}), d.Line)
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
			b.set("balance", hcltext.Quote("client_hash"), one.Line)
		case "least_conn", "least_time":
			b.set("balance", hcltext.Quote("least_connections"), one.Line)
		case "hash":
			if one.arg(0) == "$remote_addr" || one.arg(0) == "$binary_remote_addr" {
				b.set("balance", hcltext.Quote("client_hash"), one.Line)
			} else {
				one.refuse("servers are chosen in turn, by their load, or by the client's address", "choose one of these by `balance`, or `sticky`")
			}
		case "sticky":
			if one.arg(0) == "cookie" && one.arg(1) != "" {
				b.sub("sticky").set("cookie", hcltext.Quote(one.arg(1)), one.Line)
			}
		case "random":
			one.into(b.place() + "balance")
			one.right("servers are asked in turn, which spreads as evenly")
		}
	}
	if len(plain) > 0 {
		b.set("servers", hcltext.List(plain), from...)
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
