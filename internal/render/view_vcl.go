package render

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"edgegen/internal/site"
)

// groupSize is how many hosts or sites one VCL subroutine tests. The compiler's
// time grows with the square of a subroutine's length.
const groupSize = 50

// trustedSteps is how many trusted proxies a forwarded chain may name in a row.
const trustedSteps = 16

type vclData struct {
	header
	Limits        site.Limits
	WebSocket     string // the socket of the web tier
	Apps          []vclApp
	Directors     bool
	Trusted       []vclTrusted
	TrustedSteps  []struct{}
	HostGroups    []vclGroup
	SiteGroups    []vclGroup
	DeliverGroups []vclGroup
	Sites         []vclSite
	RedirectPort  string
	LargestObject int64 // bytes
	LargestDrain  int64 // bytes of a body that is too large and is read all the same
	// LargestChunked is how much of a body without a length is held in memory.
	LargestChunked int64

	RedirectSource, StorageSource site.Source
}

type vclApp struct {
	Name, Title string
	Director    bool
	Servers     []vclServer
	Source      site.Source
}

type vclServer struct {
	Name, Path, Host, Port string
	Source                 site.Source
}

type vclTrusted struct {
	Address string
	Bits    int
	Source  site.Source
}

type vclGroup struct {
	Name  string
	Hosts []vclHost
	Sites []vclSite
}

type vclHost struct {
	Name, Canonical string
	Site            int
	Source          site.Source
}

type vclSite struct {
	Index          int
	Host           string
	Maintenance    *site.Maintenance
	Routes         []vclRoute
	Grace, Stale   string
	IgnoredCookies string // a regular expression; "" for none
	Answers        bool   // whether a route changes response headers
	Source         site.Source
	CacheSource    site.Source
}

type vclRoute struct {
	site.Route
	Index        int
	Pattern      string // "" for "/"
	WebSocketApp string
	TTL          string
}

func vclView(in Input, common header) vclData {
	view := vclData{
		header:        common,
		Limits:        in.Edge.Limits,
		WebSocket:     in.Layout.WebSocket(),
		RedirectPort:  in.Edge.RedirectPort(),
		LargestObject: in.Edge.Storage.Size / 4,
		LargestDrain:  2 * in.Edge.Limits.BodySize,
		// A little more than the limit, so that the web tier answers with 413.
		LargestChunked: in.Edge.Limits.BodySize + 1<<20,

		RedirectSource: in.Edge.HTTPS[0].Source,
		StorageSource:  in.Edge.Storage.Source,
	}
	for _, p := range in.Edge.Trusted {
		view.Trusted = append(view.Trusted, vclTrusted{p.Network.Addr().String(), p.Network.Bits(), p.Source})
	}
	view.TrustedSteps = make([]struct{}, trustedSteps)
	var hosts []vclHost
	for i := range in.Edge.Sites {
		s := &in.Edge.Sites[i]
		hosts = append(hosts, hostsOf(s, i+1)...)
		rendered, apps := vclSiteOf(s, i+1, len(view.Apps))
		view.Sites = append(view.Sites, rendered)
		view.Apps = append(view.Apps, apps...)
	}
	for _, app := range view.Apps {
		view.Directors = view.Directors || app.Director
	}
	view.group(hosts)
	return view
}

// group spreads hosts and sites over subroutines.
func (v *vclData) group(hosts []vclHost) {
	for i := 0; i < len(hosts); i += groupSize {
		v.HostGroups = append(v.HostGroups, vclGroup{
			Name:  fmt.Sprintf("edge_hosts_%d", i/groupSize+1),
			Hosts: hosts[i:min(i+groupSize, len(hosts))],
		})
	}
	for i := 0; i < len(v.Sites); i += groupSize {
		group := vclGroup{
			Name:  fmt.Sprintf("edge_sites_%d", i/groupSize+1),
			Sites: v.Sites[i:min(i+groupSize, len(v.Sites))],
		}
		v.SiteGroups = append(v.SiteGroups, group)
		answering := vclGroup{Name: group.Name}
		for _, s := range group.Sites {
			if s.Answers {
				answering.Sites = append(answering.Sites, s)
			}
		}
		if len(answering.Sites) > 0 {
			v.DeliverGroups = append(v.DeliverGroups, answering)
		}
	}
}

func hostsOf(s *site.Site, index int) []vclHost {
	canonical := site.URLHost(s.Host)
	hosts := []vclHost{{canonical, canonical, index, s.Source}}
	for _, alias := range s.Aliases {
		hosts = append(hosts, vclHost{site.URLHost(alias), canonical, index, s.Source})
	}
	return hosts
}

func vclSiteOf(s *site.Site, index, appsBefore int) (vclSite, []vclApp) {
	rendered := vclSite{
		Index:          index,
		Host:           s.Host,
		Maintenance:    s.Maintenance,
		Grace:          vclDuration(s.Cache.Grace),
		Stale:          vclDuration(s.Cache.StaleIfError),
		IgnoredCookies: cookiePattern(s.Cache.IgnoreCookies),
		Source:         s.Source,
		CacheSource:    s.Cache.Source,
	}
	names := make(map[string]string)
	var apps []vclApp
	for i, route := range s.Routes {
		r := vclRoute{Route: route, Index: i + 1, Pattern: pathPattern(route.Path)}
		if route.HasTTL {
			r.TTL = vclDuration(route.TTL)
		}
		rendered.Answers = rendered.Answers || !route.ResponseHeaders.Empty()
		if route.WebSocket {
			if names[route.Backend] == "" {
				app := vclAppOf(s, route.Backend, appsBefore+len(apps)+1)
				apps = append(apps, app)
				names[route.Backend] = app.Name
				if app.Director {
					names[route.Backend] += ".backend()"
				}
			}
			r.WebSocketApp = names[route.Backend]
		}
		rendered.Routes = append(rendered.Routes, r)
	}
	return rendered, apps
}

// vclAppOf names an app after its backend. The number keeps "a-b" and "a_b"
// apart, since "-" cannot stand in the name of an object, and the servers of
// "a" from a backend "a_1".
func vclAppOf(s *site.Site, name string, number int) vclApp {
	backend, _ := s.BackendByName(name)
	app := vclApp{
		Name:     fmt.Sprintf("app_%d_%s", number, strings.ReplaceAll(name, "-", "_")),
		Title:    name + " of " + s.Host,
		Director: len(backend.Servers) > 1,
		Source:   backend.Source,
	}
	for i, server := range backend.Servers {
		rendered := vclServer{Name: app.Name, Path: server.Path, Host: server.Host, Source: server.Source}
		if server.Path == "" {
			rendered.Port = fmt.Sprint(server.Port)
		}
		if app.Director {
			rendered.Name = fmt.Sprintf("%s_%d", app.Name, i+1)
		}
		app.Servers = append(app.Servers, rendered)
	}
	return app
}

// pathPattern matches a route's path and everything below it, on the decoded path.
func pathPattern(path string) string {
	if path == "/" {
		return ""
	}
	return "^" + regexp.QuoteMeta(path) + `(?:/|\z)`
}

// cookiePattern matches the cookies of a Cookie header that are ignored.
func cookiePattern(names []string) string {
	if len(names) == 0 {
		return ""
	}
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, `[^=;\s]*`)
	}
	return `(?:^|;)\s*(?:` + strings.Join(patterns, "|") + `)\s*(?:=[^;]*)?(?=;|$)`
}

// vclDuration writes a duration for std.duration().
func vclDuration(d time.Duration) string {
	return fmt.Sprintf("%gs", d.Seconds())
}
