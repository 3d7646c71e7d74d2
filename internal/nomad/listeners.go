package nomad

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// A port is one that the edge listens on, and that it has on its machine for itself.
type port struct {
	Label  string // http, https or metrics, with a number behind the second of a kind
	Number uint16
	Public bool // clients come by it
}

// A check is how Nomad or Consul asks whether an edge is well.
type check struct {
	Name     string // ready or alive
	Port     string // by its label
	Path     string // "" for a connection alone
	Protocol string // http or https
}

// listeners are the ports of the site, each once. HTTP/3 has the number of https: a port
// of a job is reserved for TCP and UDP alike.
func (e *exporter) listeners() []port {
	var ports []port
	add := func(kind string, listeners []site.Listener, public bool) {
		count := 0
		for _, l := range listeners {
			number := l.Address.Port()
			if slices.ContainsFunc(ports, func(p port) bool { return p.Number == number }) {
				continue
			}
			if host := l.Address.Addr(); host != netip.IPv4Unspecified() && host != netip.IPv6Unspecified() || number == 0 {
				if public && !l.Optional {
					e.refuse(l.Source, "nobody can reach "+l.Address.String()+" wherever Nomad runs the edge", `write the port alone, such as ":8443"`)
				}
				continue
			}
			label := kind
			if count++; count > 1 {
				label += strconv.Itoa(count)
			}
			ports = append(ports, port{label, number, public})
		}
	}
	add("http", e.Edge.HTTP, true)
	add("https", e.Edge.HTTPS, true)
	if e.Edge.Metrics != nil {
		add("metrics", e.Edge.Metrics.Listen, false)
	}
	return ports
}

// checks finds out how the edge is asked: by its metrics listener, which tells ready from
// alive, or else by the path that every listener answers. That says nothing of an edge
// that drains, which is not to be killed, so that a connection has to do.
func (e *exporter) checks() []check {
	for _, p := range e.Ports {
		if !p.Public {
			return []check{{"ready", p.Label, "/readyz", "http"}, {"alive", p.Label, "/healthz", "http"}}
		}
	}
	if len(e.Ports) == 0 {
		return nil
	}
	first := e.Ports[0]
	if e.Edge.HealthPath == "" {
		e.warn(site.Source{}, "Nomad can ask only whether the edge takes connections, and not whether it is ready",
			`write metrics { listen = ":9145" } into the edge block, or health_path = "/healthz"`)
	}
	protocol := "http"
	if strings.HasPrefix(first.Label, "https") {
		protocol = "https"
	}
	return []check{{"ready", first.Label, e.Edge.HealthPath, protocol}, {"alive", first.Label, "", protocol}}
}

// Service is the name by which a port is found.
func (e *exporter) Service(p port) string {
	if p.Label == "https" {
		return e.Name
	}
	return e.Name + "-" + p.Label
}

// Asks are the checks that belong to a port.
func (e *exporter) Asks(p port) []check {
	return slices.DeleteFunc(slices.Clone(e.Checks), func(c check) bool { return c.Port != p.Label })
}

// doubts looks at what works on one machine and not on several.
func (e *exporter) doubts() {
	e.writes(e.Edge.Storage.Path, e.Edge.Storage.Source)
	e.writes(e.Edge.Log.Access, e.Edge.Log.Source)
	if e.Canary > 0 {
		e.warn(site.Source{}, "an edge has its ports on its machine for itself: new ones beside the old need machines of their own, "+strconv.Itoa(e.Count+e.Canary)+" in all",
			"write --canary 0 where there are none to spare: one edge after the other is replaced then")
	}
	for _, s := range e.Edge.Sites {
		if s.TLS.ACME {
			e.refuse(s.TLS.Source, "each edge would ask the authority for a certificate of its own",
				`name the files of one that somebody gets for all: certificate = "tls/tls.crt", key = "tls/tls.key"`)
		}
		if s.TLS.SelfSigned && !e.Edge.Plain() {
			e.warn(s.TLS.Source, "each edge signs its certificate itself, so clients see several", "name a certificate and a key for anything but a trial")
		}
		for _, b := range s.Backends {
			if len(b.Command) > 0 {
				e.warn(b.Source, "the program of this app has to be where the edge runs, and each edge runs one", "give the app a job, and name its service here")
			}
		}
	}
}

// writes refuses a file that the edge is to write outside of what it may write to.
func (e *exporter) writes(name string, at site.Source) {
	if filepath.IsAbs(name) && !strings.HasPrefix(name, "/alloc/") && !strings.HasPrefix(name, "/var/lib/edgegen/") && !strings.HasPrefix(name, "/tmp/") {
		e.refuse(at, name+" lies where a task may write nothing", "name a file below /alloc/data, or below /var/lib/edgegen where there is a volume for it")
	}
}

// refuse notes why the site cannot run like that.
func (e *exporter) refuse(at site.Source, summary, remedy string) {
	e.found.Add(at, config.Error, summary, remedy)
}

// warn notes what probably is not meant.
func (e *exporter) warn(at site.Source, summary, remedy string) {
	e.found.Add(at, config.Warning, summary, remedy)
}
