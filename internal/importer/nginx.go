package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// nginx makes sites of the servers of nginx.conf.
type nginx struct {
	*chain
	conf      *directive // the files, as one block
	servers   []*server
	upstreams map[string]*directive
	zones     map[string]*directive // limit_req_zone, by name
	maps      map[string]*directive // by the variable that they set, with its "$"
}

// server is a server block.
type server struct {
	*directive
	names   []string
	listens []nginxListen
	tls     bool
	byHost  []hostRedirect
	plainly bool    // it does nothing but to redirect
	front   *server // who ends TLS before the cache that asks this one; nil for nobody
}

// nginxListen is a listen directive.
type nginxListen struct {
	*directive
	address   string // host:port, ":443", or a unix socket
	tls       bool
	fallback  bool // default_server
	announced bool // proxy_protocol
}

// http returns the directives that servers stand among, whether the file is a whole
// nginx.conf or one of conf.d.
func (d *directive) http() *directive {
	if http := d.last("http"); http != nil {
		return http
	}
	return d
}

// translate makes sites of the file.
func (n *nginx) translate() {
	n.upstreams, n.zones, n.maps = map[string]*directive{}, map[string]*directive{}, map[string]*directive{}
	n.conf.every(func(d *directive) {
		switch d.name {
		case "upstream":
			n.upstreams[d.arg(0)] = d
		case "limit_req_zone":
			for _, one := range d.args {
				if name, ok := strings.CutPrefix(one, "zone="); ok {
					name, _, _ = strings.Cut(name, ":")
					n.zones[name] = d
				}
			}
		case "map":
			n.maps[d.arg(1)] = d
		}
	})
	for _, d := range n.conf.http().find("server") {
		n.servers = append(n.servers, readServer(d))
	}
	n.edge()
	n.makeSites()
	n.leftOver(n.conf)
}

// readServer reads the names and listeners of a server.
func readServer(d *directive) *server {
	s := &server{directive: d}
	for _, one := range d.find("server_name") {
		for _, name := range one.args {
			s.names = append(s.names, strings.ToLower(strings.TrimSuffix(name, ".")))
		}
	}
	on := d.last("ssl").arg(0) == "on"
	for _, one := range d.find("listen") {
		l := nginxListen{directive: one, address: listenAddress(one.arg(0)), tls: on && !strings.HasSuffix(one.arg(0), ":80")}
		for _, word := range one.args {
			switch word {
			case "ssl", "quic":
				l.tls = true
			case "default_server", "default":
				l.fallback = true
			case "proxy_protocol":
				l.announced = true
			}
		}
		s.listens = append(s.listens, l)
	}
	if len(s.listens) == 0 {
		s.listens = []nginxListen{{address: ":80", tls: on}}
	}
	s.tls = slices.ContainsFunc(s.listens, func(l nginxListen) bool { return l.tls })
	s.findRedirects()
	return s
}

// listenAddress writes an address as the language does: ":80" for every address.
func listenAddress(text string) string {
	if strings.HasPrefix(text, "unix:") {
		return text
	}
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return ":" + text
	}
	for _, every := range []string{"*:", "0.0.0.0:", "[::]:"} {
		if port, ok := strings.CutPrefix(text, every); ok {
			return ":" + port
		}
	}
	if strings.LastIndexByte(text, ':') <= strings.LastIndexByte(text, ']') {
		return text + ":80"
	}
	return text
}

// edge is what holds for all sites.
func (n *nginx) edge() {
	http, edge := n.conf.http(), n.out.sub("edge")
	if d := http.last("client_max_body_size"); d != nil {
		edge.sub("limits").set("body_size", bodySize(d.arg(0)), d.Line)
	}
	for _, s := range n.servers {
		n.listeners(s, edge)
	}
	n.trusted(http, edge)
	if d := http.last("client_header_timeout"); d != nil {
		n.duration(edge.sub("timeouts"), "header", d)
	}
	if d := http.last("client_body_timeout"); d != nil {
		n.duration(edge.sub("timeouts"), "body", d)
	}
	if d := http.last("keepalive_timeout"); d != nil {
		if n, ok := nginxSeconds(d.arg(0)); ok && n > 0 {
			edge.sub("timeouts").set("idle", seconds(n), d.Line)
		}
	}
	if d := http.last("large_client_header_buffers"); d != nil && len(d.args) == 2 {
		edge.sub("limits").set("header_size", bodySize(d.arg(1)), d.Line)
	}
	if d := http.last("resolver"); d != nil {
		n.resolver(edge, d)
	}
	n.accessLog(edge)
}

// listeners has the edge listen where a server does, unless that is between daemons.
func (n *nginx) listeners(s *server, edge *block) {
	for _, l := range s.listens {
		var from []*Line
		if l.directive != nil {
			from = []*Line{l.Line}
		}
		switch {
		case strings.HasPrefix(l.address, "unix:"):
			refuseAll(from, "the public listeners are addresses", "between the tiers there are Unix sockets of edgegen's own; leave it out")
		case n.inner(l.address):
			intoAll(from, "the way from the cache to the web tier")
			rightAll(from, "it is a Unix socket, which nobody else can reach")
		case l.tls:
			listenAt(edge, "https", l.address, from...)
		default:
			listenAt(edge, "http", l.address, from...)
		}
		if l.announced {
			n.announced = append(n.announced, from...)
		}
	}
}

// trusted is who is believed what it says of clients.
func (n *nginx) trusted(http *directive, edge *block) {
	var networks []string
	var from []*Line
	http.every(func(d *directive) {
		if d.name == "set_real_ip_from" && d.arg(0) != "unix:" {
			networks, from = append(networks, d.arg(0)), append(from, d.Line)
		}
	})
	if len(networks) > 0 {
		edge.addTo("trusted_proxies", networks, from...)
	}
	if len(n.announced) > 0 {
		if len(networks) == 0 {
			refuseAll(n.announced, "a PROXY header is taken of peers that are named", "write `proxy_protocol = [ … ]` into edge, with the networks of the load balancer")
		} else {
			edge.addTo("proxy_protocol", networks, n.announced...)
		}
	}
	http.every(func(d *directive) {
		if d.name == "real_ip_header" {
			switch strings.ToLower(d.arg(0)) {
			case "x-forwarded-for", "x-real-ip", "proxy_protocol", "forwarded":
				d.into("edge → trusted_proxies")
			default:
				d.refuse("clients are told by X-Forwarded-For, X-Real-IP, Forwarded or a PROXY header", "have the proxy in front say it in X-Forwarded-For, which all of them can")
			}
		}
	})
}

func (n *nginx) resolver(edge *block, d *directive) {
	var servers []string
	for _, one := range d.args {
		if !strings.Contains(one, "=") {
			servers = append(servers, one)
		}
	}
	edge.set("resolver", list(servers), d.Line)
}

// accessLog is one for all sites.
func (n *nginx) accessLog(edge *block) {
	n.conf.http().every(func(d *directive) {
		if d.name != "access_log" {
			return
		}
		if d.arg(0) != "off" {
			d.idle("there is one access log for all sites, on stdout; `log { access = \"FILE\" }` in edge names a file")
			return
		}
		around := d.around
		switch path := around.arg(len(around.args) - 1); {
		case around.name == "location" && strings.HasPrefix(path, "/") && path != "/" && len(around.args) <= 2 && !strings.HasPrefix(around.arg(0), "~"):
			edge.sub("log").addTo("exclude", []string{strings.TrimSuffix(path, "/")}, d.Line)
		case around.name == "location":
			d.idle("each request has a line, but for paths that `log { exclude = [ … ] }` names")
		case around.name == "http":
			edge.sub("log").set("access", quote("off"), d.Line)
		default:
			d.refuse("there is one access log for all sites", "leave lines out by `log { exclude = [ … ] }`")
		}
	})
}

func (n *nginx) duration(b *block, name string, d *directive) {
	if n, ok := nginxSeconds(d.arg(0)); ok && n > 0 {
		b.set(name, seconds(n), d.Line)
	}
}

// leftOver gives a verdict to whatever has none yet.
func (n *nginx) leftOver(around *directive) {
	for _, d := range around.body {
		n.settle(d)
		n.leftOver(d)
	}
}

// settle gives a directive a verdict where it has none; those around it have theirs.
func (n *nginx) settle(d *directive) {
	if !d.open() {
		return
	}
	why := idleNginx(d.name)
	switch {
	case d.name == "include" && known(d.arg(0)) != "":
		d.idle(known(d.arg(0)))
	case why != "":
		d.idle(why)
	case d.around.name == "types", d.around.name == "events":
		d.idle(idleNginx(d.around.name))
	case d.name == "http":
		d.into("the site file")
	case d.around.name == "map" && !d.around.open(), d.around.name == "upstream" && !d.around.open():
		d.Verdict, d.Why, d.Remedy = d.around.Verdict, d.around.Why, d.around.Remedy
		if d.Into = slices.Clone(d.around.Into); d.Verdict == Refused && d.Why == "" {
			d.Why = "it belongs to what is refused"
		}
	case d.name == "upstream":
		d.idle("nothing asks it")
	case d.name == "limit_req_zone", d.name == "map" && !n.used(d.arg(1)), d.name == "set" && !n.used(d.arg(0)):
		d.idle("nothing asks for it")
	case d.around.Line != nil && d.around.Verdict == Refused:
		d.refuse("it stands in what is refused", "see line "+strconv.Itoa(d.around.Line.Line))
	case strings.HasPrefix(d.name, "ssl_certificate"):
		d.idle("the certificate is that of the site which it leads to")
	case n.inheritedOnly(d):
		d.idle("no location takes it: each has one of its own, or none needs it")
	default:
		d.refuse(fmt.Sprintf("%s is not translated here", oneLine(d.name)), remedyNginx(d.name))
	}
}

// used reports whether a variable is named anywhere.
func (n *nginx) used(variable string) bool {
	found := false
	n.conf.every(func(d *directive) {
		for _, arg := range d.args {
			found = found || d.name != "map" && d.around.name != "map" && d.Verdict != Idle && idleNginx(d.name) == "" && (d.name != "set" || d.arg(0) != arg) && (strings.Contains(arg, variable) || strings.Contains(arg, "${"+strings.TrimPrefix(variable, "$")+"}"))
		}
	})
	return found
}

// inheritedOnly reports a directive that is translated where a location takes it, and
// that none has taken.
func (n *nginx) inheritedOnly(d *directive) bool {
	switch d.name {
	case "root", "index", "gzip", "gzip_types", "gzip_min_length", "brotli", "brotli_types", "proxy_set_header", "add_header", "expires",
		"proxy_read_timeout", "proxy_connect_timeout", "fastcgi_read_timeout", "fastcgi_connect_timeout", "proxy_request_buffering",
		"client_max_body_size", "auth_basic_user_file", "fastcgi_param", "proxy_ssl_verify", "proxy_ssl_name", "proxy_ssl_server_name",
		"proxy_ssl_trusted_certificate", "limit_req_status", "proxy_cache_valid", "proxy_cache_use_stale", "proxy_intercept_errors", "ssl_protocols",
		"fastcgi_cache_valid", "fastcgi_intercept_errors", "error_page", "try_files", "allow", "deny":
		return d.around.name == "http" || d.around.name == "server" || d.around.Line == nil || d.around.name == "location"
	case "ssl":
		return true
	}
	return false
}

// nginxSeconds reads a time of nginx's: "75", "1h 30m" as one word, "500ms".
func nginxSeconds(text string) (total int64, ok bool) {
	units := map[string]int64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "M": 30 * 86400, "y": 365 * 86400}
	rest := text
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return 0, false
		}
		rest = rest[digits:]
		letters := len(rest) - len(strings.TrimLeft(rest, "smhdwMy"))
		if unit := rest[:letters]; unit == "ms" {
			total += (n + 999) / 1000
		} else if size, known := units[unit]; known {
			total += n * size
		} else {
			return 0, false
		}
		rest = strings.TrimLeft(rest[letters:], " ")
	}
	return total, text != ""
}

// bodySize writes a size of nginx's as the language does; 0 is no bound.
func bodySize(text string) string {
	number := strings.TrimRight(text, "kKmMgG")
	unit := map[string]string{"": "B", "k": "KiB", "m": "MiB", "g": "GiB"}[strings.ToLower(text[len(number):])]
	switch n, err := strconv.ParseInt(number, 10, 64); {
	case err != nil || unit == "":
		return quote(text)
	case n == 0:
		return quote("1TiB")
	case unit == "B" && n%1024 == 0:
		return quote(fmt.Sprintf("%dKiB", n/1024))
	}
	return quote(number + unit)
}
