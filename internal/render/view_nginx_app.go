package render

import (
	"fmt"
	"strings"
	"time"

	"edgegen/internal/site"
)

type nginxUpstream struct {
	Name, Title string
	Location    string // the name of the named locations that ask it
	Host        string // the Host header for it; "" for the client's
	Patience    *nginxPatience
	Rewritten   bool // the cache tier's X-Edge-Target is asked for instead of the URL
	Tries       int  // how many servers a request may be tried on; 0 for the usual number
	Again       bool // an @again location tries a request a second time
	Several     bool // it has several servers
	Servers     []nginxServer
	ErrorCodes  string // the statuses that get a plain error page
	Source      site.Source
	Route       *site.Route // one of the routes that share the location
	Raw         nginxRaw    // of that route
}

// nginxPatience has the timeouts for an app with timeouts of its own.
type nginxPatience struct {
	Connect, FirstByte, Read time.Duration
	Source                   site.Source
}

type nginxServer struct {
	Address string
	Backup  bool // the second address of a name such as localhost
	Named   bool // the name has two addresses, one of which may always refuse
	Source  site.Source
}

// upstreamName names a backend of a site. nginx accepts no colon in the name and ignores
// case. So "~", which is in no name of a backend or a host, stands for the colons of an IPv6
// address, and distinguishes "App" from "app".
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

// nginxAppOf returns the app of a route.
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
