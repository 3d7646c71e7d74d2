package importer

import (
	"strings"

	"edgegen/internal/hcltext"
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
	if n.raw {
		n.keepRaw()
	}
	n.leftOver(n.conf)
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
	edge.set("resolver", hcltext.List(servers), d.Line)
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
			edge.sub("log").set("access", hcltext.Quote("off"), d.Line)
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
