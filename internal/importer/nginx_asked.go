package importer

import (
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// askedFor is what an app is told besides the request, and how long it may take.
func (r *router) askedFor(b, backend *block, scope *directive) {
	upgrade, host := false, false
	for _, d := range scope.nearest("proxy_set_header") {
		upgrade = r.told(b, backend, d) || upgrade
		host = host || strings.EqualFold(d.arg(0), "Host")
	}
	if !host {
		r.ownHost(backend, scope.last("proxy_pass"))
	}
	if upgrade {
		var from []*Line
		for _, d := range scope.nearest("proxy_set_header") {
			if name := strings.ToLower(d.arg(0)); name == "upgrade" || name == "connection" {
				from = append(from, d.Line)
				if m := r.maps[d.arg(1)]; m != nil {
					from = append(from, m.Line)
				}
			}
		}
		b.set("websocket", "true", from...)
		rightAll(from, "a complete handshake alone is passed on, and nothing else with Upgrade")
	}
	if d := scope.setting("proxy_request_buffering"); d != nil && d.arg(0) == "off" {
		b.set("stream", "true", d.Line)
	} else if d != nil {
		d.idle("bodies are held until they are whole")
	}
	r.patience(backend, scope, "proxy", upgrade)
	r.stored(b, scope)
	if d := scope.setting("proxy_intercept_errors"); d != nil && d.arg(0) == "on" {
		d.refuse("what an app says about an error is passed on", "have the app make the page")
	} else if d != nil {
		d.idle("what an app says about an error is passed on")
	}
}

// ownHost is about an app that nginx asks for the host of its address: one with a name
// of its own knows no other.
func (r *router) ownHost(backend *block, d *directive) {
	a, ok := r.appOf(d)
	host, _, _ := strings.Cut(a.server, ":")
	if ok && r.upstreams[a.server] == nil && strings.Contains(strings.Trim(host, "0123456789."), ".") {
		backend.set("host", hcltext.Quote(a.server), d.Line)
		return
	}
	d.right("the app is told the Host of the client, and who asks, which nobody told it")
}

// patience is how long an app may take. Where several locations differ, the longest
// time holds.
func (r *router) patience(backend *block, scope *directive, protocol string, upgrade bool) {
	if d := scope.setting(protocol + "_connect_timeout"); d != nil {
		r.longest(backend, "connect", d)
	}
	d := scope.setting(protocol + "_read_timeout")
	if d == nil {
		return
	}
	r.longest(backend, "first_byte", d)
	r.longest(backend, "between_bytes", d)
	if n, ok := nginxSeconds(d.arg(0)); ok && upgrade {
		timeouts := r.out.sub("edge").sub("timeouts")
		if was, ok := nginxSeconds(timeouts.text("websocket_idle")); !ok || n > was {
			timeouts.set("websocket_idle", seconds(n), d.Line)
		}
	}
}

func (r *router) longest(backend *block, name string, d *directive) {
	n, ok := nginxSeconds(d.arg(0))
	if !ok || n == 0 {
		return
	}
	timeouts := backend.sub("timeouts")
	if was, ok := nginxSeconds(timeouts.text(name)); ok && was >= n {
		d.into(timeouts.place() + name)
		if was > n {
			d.right("the longest time of the routes that ask the app holds for all")
		}
		return
	}
	timeouts.set(name, seconds(n), d.Line)
}

// told is a header that the app gets. It reports a WebSocket's.
func (r *router) told(b, backend *block, d *directive) (upgrade bool) {
	name, value := d.arg(0), r.constants(d, d.arg(1))
	if d.Verdict == Translated && strings.HasPrefix(value, "$") && slices.ContainsFunc(d.Into, func(into string) bool { return strings.HasSuffix(into, "copy_headers") }) {
		return false
	}
	switch strings.ReplaceAll(strings.ToLower(name), "_", "-") {
	case "host":
		switch {
		case value == "$host" || value == "$http_host" || value == "$host:$server_port" || value == "$host:$port" || value == "$server_name":
			d.into("the Host of the client, which every app gets")
		case value == "$proxy_host":
			if servers := backend.texts("servers"); len(servers) == 1 {
				backend.set("host", hcltext.Quote(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(servers[0], "https://"), ":443"), ":80")), d.Line)
			}
		case !strings.Contains(value, "$"):
			backend.set("host", hcltext.Quote(value), d.Line)
		default:
			d.refuse("the app is told the client's Host, or one that is written", "write `host = …` into the backend")
		}
		return false
	case "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-server", "forwarded", "x-scheme", "x-forwarded-ssl", "x-request-id", "x-original-uri", "x-url-scheme", "front-end-https", "x-forwarded-scheme", "x-client-ip", "x-forwarded-protocol":
		r.forwarded(d, strings.ReplaceAll(strings.ToLower(name), "_", "-"), b, value)
		return false
	case "upgrade":
		return value == "$http_upgrade" || strings.EqualFold(value, "websocket")
	case "connection":
		d.idle("what belongs to one connection does not pass, but for a WebSocket")
		return false
	case "accept-encoding":
		if value == "" {
			d.idle("on a route that compresses, the app is not told of codings")
			return false
		}
	}
	switch {
	case value == "":
		b.sub("request_headers").addTo("remove", []string{name}, d.Line)
	case strings.EqualFold(value, "$http_"+strings.ReplaceAll(name, "-", "_")):
		d.idle("the app gets what the client has sent anyway")
	case !strings.Contains(value, "$"):
		b.sub("request_headers").put("set", name, hcltext.Quote(value), d.Line)
	default:
		d.refuse("headers are set to texts", "have the app take it from X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host or X-Request-Id")
	}
	return false
}

// forwarded is a header that says who asks, and by which way.
func (r *router) forwarded(d *directive, name string, b *block, value string) {
	switch name {
	case "x-forwarded-for", "x-real-ip", "x-forwarded-proto", "x-forwarded-host", "x-request-id":
		d.into("what every app is told: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP, X-Request-Id, Host")
		if strings.Contains(d.arg(0), "_") {
			d.right("the header is called X-Forwarded-Proto, as apps know it")
		}
		if value == "$proxy_add_x_forwarded_for" {
			d.right("it holds the client's own address alone: what a client forges is dropped")
		}
	default:
		if !strings.Contains(value, "$") && value != "" {
			b.sub("request_headers").put("set", d.arg(0), hcltext.Quote(value), d.Line)
			return
		}
		d.refuse("apps are told by X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host and X-Real-IP", "have the app read one of these")
	}
}

// stored is how long answers are kept that do not say so themselves.
func (r *router) stored(b *block, scope *directive) {
	for _, d := range scope.nearest("proxy_cache_valid") {
		if n, ok := nginxSeconds(d.arg(len(d.args) - 1)); ok && (len(d.args) == 1 || d.arg(0) == "200" || d.arg(0) == "any") && b.find("cache", "") == nil {
			b.sub("cache").set("ttl", seconds(n), d.Line)
		} else {
			d.idle("a route's ttl holds for every status that says something lasting; failures are not stored")
		}
	}
	if d := scope.setting("proxy_cache_use_stale"); d != nil && d.arg(0) != "off" {
		cache := r.site.sub("cache")
		cache.set("stale_if_error", hcltext.Quote("1d"), d.Line)
		for _, word := range d.args {
			if word == "updating" {
				cache.set("grace", hcltext.Quote("1m"), d.Line)
			}
		}
	}
}
