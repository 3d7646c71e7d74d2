package render

import (
	"fmt"
	"strings"
	"time"

	"edgegen/internal/site"
)

type nginxUpstream struct {
	Name, Title string
	Location    string // what the named locations are called that lead there
	Host        string // that it is asked for; "" for what the client has sent
	Patience    *nginxPatience
	Rewritten   bool // whether the cache tier says what is asked for
	Tries       int  // how many servers a request may be tried on; 0 for the usual number
	Again       bool // whether a request is tried once more by a location of its own
	Several     bool // servers
	Servers     []nginxServer
	ErrorCodes  string // those whose pages edgegen writes
	Source      site.Source
	Route       *site.Route // one that leads there; the others ask it likewise
	Raw         nginxRaw    // of that route
}

// nginxPatience is how long an app is waited for that has timeouts of its own.
type nginxPatience struct {
	Connect, FirstByte, Read time.Duration
	Source                   site.Source
}

type nginxServer struct {
	Address string
	Backup  bool // the second address of a name
	Named   bool // the name has two addresses, one of which may refuse each time
	Source  site.Source
}

// upstreamName names a backend of a site. nginx takes no colon there and knows
// no case: "~", which neither a backend nor a host holds, stands for the colons
// of an IPv6 address and keeps "App" and "app" apart.
func upstreamName(s *site.Site, backend string) string {
	name := backend
	for i, other := range s.Backends {
		if other.Name == backend {
			break
		}
		if strings.EqualFold(other.Name, backend) {
			name = fmt.Sprintf("%s~%d", backend, i+2)
		}
	}
	return name + "." + strings.ReplaceAll(s.Host, ":", "~")
}

func upstreamsOf(s *site.Site) []nginxUpstream {
	var upstreams []nginxUpstream
	for _, backend := range s.Backends {
		upstream := nginxUpstream{
			Name:    upstreamName(s, backend.Name),
			Title:   backend.Name + " of " + s.Host,
			Several: len(backend.Servers) > 1,
			Source:  backend.Source,
		}
		for _, server := range backend.Servers {
			addresses := server.Addresses()
			if server.Path != "" {
				addresses = []string{"unix:" + server.Path}
			}
			upstream.Servers = append(upstream.Servers, nginxServer{addresses[0], false, len(addresses) > 1, server.Source})
			for _, other := range addresses[1:] {
				upstream.Servers = append(upstream.Servers, nginxServer{other, true, true, server.Source})
			}
		}
		upstreams = append(upstreams, upstream)
	}
	return upstreams
}

// nginxAppOf is the app that stands behind a route.
func nginxAppOf(s *site.Site, route *site.Route, t site.Timeouts) nginxUpstream {
	backend, _ := s.BackendByName(route.Backend)
	app := nginxUpstream{
		Name:       upstreamName(s, route.Backend),
		Title:      route.Backend,
		Route:      route,
		Again:      len(backend.Servers) == 1,
		Source:     route.BackendSource,
		ErrorCodes: errorCodes(),
	}
	named := 0
	for _, server := range backend.Servers {
		if len(server.Addresses()) > 1 {
			named++
		}
	}
	if named > 0 && !app.Again {
		app.Tries = named + 2
	}
	app.Location = app.Name
	if route.Stream {
		app.Location = "stream." + app.Name
	}
	app.Host = backend.Host
	if route.BodySize > 0 {
		app.Location = fmt.Sprintf("size_%d.%s", route.BodySize, app.Location)
	}
	if backend.Timeout.Own() {
		t := backend.Timeout.Over(t)
		app.Patience = &nginxPatience{t.Connect, t.FirstByte, max(t.FirstByte, t.BetweenBytes), backend.Timeout.Source}
	}
	if route.Rewrite != nil {
		app.Rewritten, app.Location = true, "rewrite."+app.Location
	}
	if raw := nginxRawOf(route.Raw); len(raw.Text) > 0 {
		app.Raw, app.Location = raw, "raw_"+route.ID(s.Host)+"."+app.Location
	}
	return app
}
