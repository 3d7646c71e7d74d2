package kubernetes

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"edgegen/internal/site"
)

// A port is one that the edge listens on.
type port struct {
	kind     string // http, https, http3, metrics or members
	name     string
	number   uint16
	protocol corev1.Protocol
	public   bool // clients come by it; else the cluster does
	// outer is where clients ask the service for it; 0 where somebody else has that.
	outer uint16
}

// probes are how the cluster asks whether an edge is ready, and whether it runs.
type probes struct {
	port        string
	ready, live string
	scheme      corev1.URIScheme
}

// listeners are the ports of the site, each once.
func (e *exporter) listeners() []port {
	var ports []port
	add := func(kind string, listeners []site.Listener, protocol corev1.Protocol, public bool) {
		count := 0
		for _, l := range listeners {
			number := l.Address.Port()
			if slices.ContainsFunc(ports, func(p port) bool { return p.number == number && p.protocol == protocol }) {
				continue
			}
			if !reachable(l) || number == 0 {
				if public && !l.Optional && protocol == corev1.ProtocolTCP { // UDP has the same
					e.refuse(l.Source, "nobody in a cluster can reach "+l.Address.String(), `write the port alone, such as ":8443"`)
				}
				continue
			}
			name := kind
			if count++; count > 1 {
				name += "-" + strconv.Itoa(count)
			}
			ports = append(ports, port{kind: kind, name: name, number: number, protocol: protocol, public: public})
		}
	}
	add("http", e.edge.HTTP, corev1.ProtocolTCP, true)
	add("https", e.edge.HTTPS, corev1.ProtocolTCP, true)
	if e.edge.AltSvc() != "" {
		add("http3", e.edge.HTTPS, corev1.ProtocolUDP, true)
	}
	if e.edge.Metrics != nil {
		add("metrics", e.edge.Metrics.Listen, corev1.ProtocolTCP, false)
	}
	if e.edge.Cluster != nil {
		add(membersPort, e.edge.Cluster.Listen, corev1.ProtocolTCP, false)
	}
	e.offer(ports)
	return ports
}

// reachable reports whether a listener takes connections to a pod's address, which is not
// known beforehand.
func reachable(l site.Listener) bool {
	return l.Address.Addr() == netip.IPv4Unspecified() || l.Address.Addr() == netip.IPv6Unspecified()
}

// probes finds out how the edge is asked: by its metrics listener, which tells
// ready from alive, or else by the path that every listener answers.
func (e *exporter) probes() probes {
	for _, p := range e.ports {
		if !p.public && p.kind != membersPort {
			return probes{p.name, "/readyz", "/healthz", corev1.URISchemeHTTP}
		}
	}
	at := slices.IndexFunc(e.ports, func(p port) bool { return p.public })
	if at < 0 {
		return probes{}
	}
	if e.edge.HealthPath == "" {
		e.warn(site.Source{}, "the cluster can ask only whether the edge takes connections, and not whether it is ready",
			`write metrics { listen = ":9145" } into the edge block, or health_path = "/healthz"`)
	}
	scheme := corev1.URISchemeHTTP
	if e.ports[at].name == "https" {
		scheme = corev1.URISchemeHTTPS
	}
	// Whether it is alive only the port can say: the path is answered 503 by an edge
	// that drains, which is not to be killed.
	return probes{port: e.ports[at].name, ready: e.edge.HealthPath, scheme: scheme}
}

// probe asks by HTTP, or where there is no path, by a connection.
func (p probes) probe(path string) corev1.ProbeHandler {
	if path == "" {
		return corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString(p.port)}}
	}
	return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString(p.port), Scheme: p.scheme}}
}

// offer says at which ports of the service clients find these. The usual one of a kind,
// whatever the edge listens on, leads to who listens there, or else to the first of the
// kind. Others have the number that they listen on.
func (e *exporter) offer(ports []port) {
	type place struct {
		number   uint16
		protocol corev1.Protocol
	}
	taken := map[place]bool{}
	give := func(p *port, number uint16) {
		if at := (place{number, p.protocol}); p.outer == 0 && !taken[at] {
			p.outer, taken[at] = number, true
		}
	}
	secure := uint16(cmp.Or(e.edge.PublicPort, 443))
	for _, usual := range []struct {
		kind   string
		number uint16
	}{{"https", secure}, {"http3", secure}, {"http", 80}} {
		of := func(p port) bool { return p.kind == usual.kind }
		at := slices.IndexFunc(ports, func(p port) bool { return of(p) && p.number == usual.number })
		if at < 0 {
			at = slices.IndexFunc(ports, of)
		}
		if at >= 0 {
			give(&ports[at], usual.number)
		}
	}
	for i := range ports {
		if ports[i].public {
			give(&ports[i], ports[i].number)
		}
	}
}
