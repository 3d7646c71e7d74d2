package render

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"edgegen/internal/site"
)

type vclSite struct {
	Index          int
	Host           string
	Canonical      string
	Hosts          [][]string // in groups, one for each test; the canonical host first
	Wildcards      []string   // patterns of hosts
	Deep           string     // the host of a "**." wildcard; "" for none
	Aliases        []string   // patterns of the aliases
	KeepsHost      bool       // it has hosts besides the canonical one that are not redirected
	HSTS           *site.HSTS
	Maintenance    *site.Maintenance
	Routes         []vclRoute
	HasPatterns    bool
	CacheRules     bool   // whether Grace, Stale, IgnoredCookies, Tags or Status is set
	Grace, Stale   string // "" for none
	IgnoredCookies string // a regular expression; "" for none
	IgnoredQuery   string // likewise
	Tags           string
	Purgers        []vclTrusted
	PurgeSource    site.Source
	Status         bool
	Certified      bool // clients are asked for a certificate
	Strict         bool // connections made for other sites may have an older TLS than the site allows
	Source         site.Source
	CacheSource    site.Source
	HostsSource    site.Source
	DefaultSource  site.Source
	TLSSource      site.Source
}

type vclRoute struct {
	site.Route
	Name         string // its ID
	Pattern      string // "" for "/" and exact paths
	Methods      string // a regular expression for the methods of Match; "" for any
	Tests        []vclTest
	Patience     *vclPatience
	Host         string   // the Host header for the app; "" for the client's
	Lead         *vclLead // nil if neither a redirect nor a rewrite depends on the request
	WebSocketApp string
	TTL          string
	Pages        string // its error pages: status and place
	// WebSocketServers is the line for the access log that names the addresses
	// of the app's servers by what the VCL calls them.
	WebSocketServers string
	Taken            vclMethods
	Count            *vclCount // nil if varnishd does not count requests itself
	ACL              *vclACL   // nil if the client's address decides nothing, or edgegen decides
	Brings           []vclBrought
}

// Way is what the access log is told about the route: its backend ("." for none) and its
// label. It cannot begin with a space, which Varnish would drop from a header.
func (r vclRoute) Way() string { return cmp.Or(r.Backend, ".") + " " + r.Label() }

func vclSiteOf(in Input, s *site.Site, index, appsBefore int) (vclSite, []vclApp) {
	rendered := vclSite{
		Index:          index,
		Host:           s.Host,
		Canonical:      site.URLHost(s.Host),
		Hosts:          slices.Collect(slices.Chunk(hostsOf(s), hostsInTest)),
		HSTS:           s.HSTS,
		Maintenance:    s.Maintenance,
		Grace:          cacheTime(s.Cache.Grace),
		Stale:          cacheTime(s.Cache.StaleIfError),
		IgnoredCookies: cookiePattern(s.Cache.IgnoreCookies),
		Tags:           s.Cache.Tags,
		PurgeSource:    s.Cache.PurgeSource,
		Status:         s.Cache.Status,
		Certified:      s.TLS.Clients.Asked(),
		IgnoredQuery:   ignoredPattern(s.Cache.IgnoreQuery),
		Source:         s.Source,
		CacheSource:    s.Cache.Source,
		TLSSource:      s.TLS.Source,
		Wildcards:      hostPatterns(wildcardsOf, []*site.Site{s}),
		Deep:           s.Deep(),
		Aliases:        hostPatterns(aliasesOf, []*site.Site{s}),
		KeepsHost:      s.Default || len(s.Hosts) > 0,
		HostsSource:    s.HostsSource,
		DefaultSource:  s.DefaultSource,
		HasPatterns:    s.HasPatterns(),
	}
	for _, p := range s.Cache.Purgers {
		rendered.Purgers = append(rendered.Purgers, vclNetwork(p))
	}
	rendered.CacheRules = rendered.Grace+rendered.Stale+rendered.IgnoredCookies+rendered.Tags != "" || rendered.Status
	names, servers := make(map[string]string), make(map[string]string)
	pages := 0 // of the routes before
	var apps []vclApp
	for i, route := range s.Routes {
		r := vclRouteOf(s, &s.Routes[i], in.Edge.Timeout)
		r.Taken = methodsOf(route.Allowed())
		r.Pages, pages = pagesOf(&route, pages)
		r.Count = vclCountOf(in, &route, r.Name)
		r.ACL = vclACLOf(&route.Access, r.Name, r.Count != nil)
		if route.HasTTL {
			r.TTL = vclDuration(route.TTL)
		}
		if s.Cache.Heuristic && route.TTL == 0 && (route.Backend != "" || route.HasTTL) {
			r.TTL = strings.TrimSpace(r.TTL + " heuristic")
			if !route.HasTTL {
				r.CacheSource = s.Cache.Source
			}
		}
		if route.WebSocket {
			if names[route.Backend] == "" {
				app := vclAppOf(s, route.Backend, appsBefore+len(apps)+1)
				apps = append(apps, app)
				names[route.Backend] = app.Name
				servers[route.Backend] = serversLine(app)
				if app.Director {
					names[route.Backend] += ".backend()"
				}
			}
			r.WebSocketApp, r.WebSocketServers = names[route.Backend], servers[route.Backend]
		}
		rendered.Routes = append(rendered.Routes, r)
	}
	return rendered, apps
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

// ignoredPattern matches the parameters of a query that are ignored, each with the "&"
// in front of it.
func ignoredPattern(names []string) string {
	if len(names) == 0 {
		return ""
	}
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, `[^&=]*`)
	}
	return `&(?=[^&=])(?:` + strings.Join(patterns, "|") + `)(?:=[^&]*)?(?=&|$)`
}

// cacheTime writes how long something may be stale; "" for not at all, the VCL's default.
func cacheTime(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return vclDuration(d)
}
