package render_test

import (
	"net/netip"
	"reflect"
	"time"

	"edgegen/internal/site"
)

// placedEdge is a model in which every kind of text is used, and in which no
// two come from the same line.
func placedEdge() *site.Edge {
	edge := oneLineEdge()
	line := 0
	number(reflect.ValueOf(edge).Elem(), &line)
	return edge
}

// number gives every Source a line of its own.
func number(value reflect.Value, line *int) {
	switch {
	case value.Type() == reflect.TypeFor[site.Source]():
		*line++
		value.Set(reflect.ValueOf(site.Source{File: "site.hcl", Line: *line}))
	case value.Kind() == reflect.Pointer && !value.IsNil():
		number(value.Elem(), line)
	case value.Kind() == reflect.Slice:
		for i := range value.Len() {
			number(value.Index(i), line)
		}
	case value.Kind() == reflect.Struct && value.Type().PkgPath() == reflect.TypeFor[site.Edge]().PkgPath():
		for i := range value.NumField() {
			number(value.Field(i), line)
		}
	}
}

func oneLineEdge() *site.Edge {
	at := site.Source{File: "site.hcl", Line: 7}
	listener := func(address string) []site.Listener {
		return []site.Listener{{Address: netip.MustParseAddrPort(address), Source: at}}
	}
	return &site.Edge{
		HTTP: listener("127.0.0.1:80"), HTTPS: listener("127.0.0.1:443"), User: "www-data", UserSource: at,
		Storage: site.Storage{Type: "file", Size: 1 << 20, Path: "/cache.bin", Source: at},
		Limits:  site.Limits{Connections: 100, WebSockets: 10, HeaderSize: 16 << 10, BodySize: 1 << 20, Source: at},
		Timeout: site.Timeouts{Header: time.Second, Idle: time.Second, Connect: time.Second, FirstByte: time.Second,
			WebSocketIdle: time.Second, Drain: time.Second, Source: at},
		Log:     site.Log{Access: "stdout", Format: "json", Level: "info", Source: at},
		Metrics: &site.Metrics{Source: at}, HealthPath: "/healthz", HealthSource: at,
		Sites: []site.Site{placedSite("example.com", at)},
	}
}

func placedSite(host string, at site.Source) site.Site {
	rules := func(name string) site.HeaderRules {
		return site.HeaderRules{Set: []site.Header{{Name: name, Value: "x", Source: at}}, Default: []site.Header{{Name: name + "-Default", Value: "x", Source: at}}, Remove: []site.HeaderName{{Name: "X-Gone", Source: at}}}
	}
	backend := func(name string, servers ...site.Server) site.Backend {
		return site.Backend{Name: name, Servers: servers, Source: at}
	}
	return site.Site{
		Host: host, Aliases: []string{"www." + host}, Source: at,
		TLS: site.TLS{SelfSigned: true, MinVersion: "1.2", Source: at},
		Backends: []site.Backend{
			backend("app", site.Server{Host: "127.0.0.1", Port: 5000, Source: at}),
			backend("socket", site.Server{Path: "/run/app.sock", Source: at}),
		},
		Cache:       site.Cache{IgnoreCookies: []string{"_ga*"}, IgnoreQuery: []string{"utm_*"}, Source: at},
		Maintenance: &site.Maintenance{Page: "/maintenance.html", RetryAfter: time.Second, Source: at},
		Routes: []site.Route{
			{Path: "/redirect", Redirect: &site.Redirect{To: "/new", Status: 302, Source: at}, Source: at},
			{Path: "/socket", Backend: "socket", WebSocket: true, Source: at, BackendSource: at, WebSocketSource: at},
			{Path: "/app", Backend: "app", WebSocket: true, Source: at, BackendSource: at, WebSocketSource: at,
				RequestHeaders: rules("X-Request"), ResponseHeaders: rules("X-Response")},
			{Path: "/", Source: at, Static: &site.Static{Root: "/srv", Source: at, RootSource: at, TryFiles: []site.Try{
				{HasURI: true}, {Prefix: "/a", Suffix: "/b", HasURI: true}, {Suffix: "/c"}}}},
		},
	}
}

// field puts a text in one place of the model. The fields with onlyOne are of
// the whole edge, and those of a site belong to its first site.
type field struct {
	name    string
	prefix  string // what the text has in front of it there
	onlyOne bool
	set     func(e *site.Edge, s *site.Site, text string)
	at      func(e *site.Edge, s *site.Site) []site.Source // where it may be refused
}

func fields() []field {
	return []field{
		{"user", "", true,
			func(e *site.Edge, _ *site.Site, text string) { e.User = text },
			func(e *site.Edge, _ *site.Site) []site.Source { return []site.Source{e.UserSource} }},
		{"cache_storage.path", "/", true,
			func(e *site.Edge, _ *site.Site, text string) { e.Storage.Path = text },
			func(e *site.Edge, _ *site.Site) []site.Source { return []site.Source{e.Storage.Source} }},
		{"log.level", "", true, func(e *site.Edge, _ *site.Site, text string) { e.Log.Level = text }, nowhere},
		{"log.access", "/", true, func(e *site.Edge, _ *site.Site, text string) { e.Log.Access = text }, nowhere},
		{"log.format", "", true, func(e *site.Edge, _ *site.Site, text string) { e.Log.Format = text }, nowhere},
		{"min_version", "", true,
			func(_ *site.Edge, s *site.Site, text string) { s.TLS.MinVersion = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.TLS.Source} }},
		{"host", "", true,
			func(_ *site.Edge, s *site.Site, text string) { s.Host = text },
			func(e *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Source, s.TLS.Source, e.HTTPS[0].Source, s.Backends[0].Source}
			}},
		{"alias", "", true,
			func(_ *site.Edge, s *site.Site, text string) { s.Aliases[0] = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Source, s.TLS.Source} }},
		{"backend", "", true,
			func(_ *site.Edge, s *site.Site, text string) {
				s.Backends[0].Name, s.Routes[2].Backend = text, text
			},
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Backends[0].Source, s.Backends[0].Servers[0].Source}
			}},
		{"server host", "", true,
			func(_ *site.Edge, s *site.Site, text string) { s.Backends[0].Servers[0].Host = text },
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Backends[0].Servers[0].Source}
			}},
		{"server path", "/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Backends[1].Servers[0].Path = text },
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Backends[1].Servers[0].Source}
			}},
		{"ignore_cookies", "", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Cache.IgnoreCookies[0] = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Cache.Source} }},
		{"ignore_query", "", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Cache.IgnoreQuery[0] = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Cache.Source} }},
		{"page", "/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Maintenance.Page = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Maintenance.Source} }},
		{"route", "/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[1].Path = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Routes[1].Source} }},
		{"to", "", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[0].Redirect.To = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Routes[0].Redirect.Source} }},
		{"root", "/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[3].Static.Root = text },
			func(_ *site.Edge, s *site.Site) []site.Source { return []site.Source{s.Routes[3].Static.RootSource} }},
		{"try prefix", "/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[3].Static.TryFiles[1].Prefix = text }, static},
		{"try suffix", "/a/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[3].Static.TryFiles[1].Suffix = text }, static},
		{"try file", "/", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[3].Static.TryFiles[2].Suffix = text }, static},
		{"request header", "", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[2].RequestHeaders.Set[0].Value = text },
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Routes[2].RequestHeaders.Set[0].Source}
			}},
		{"response header", "", false,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[2].ResponseHeaders.Set[0].Value = text },
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Routes[2].ResponseHeaders.Set[0].Source}
			}},
		{"header name", "", true,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[2].ResponseHeaders.Set[0].Name = text },
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Routes[2].ResponseHeaders.Set[0].Source}
			}},
		{"removed name", "", true,
			func(_ *site.Edge, s *site.Site, text string) { s.Routes[2].RequestHeaders.Remove[0].Name = text },
			func(_ *site.Edge, s *site.Site) []site.Source {
				return []site.Source{s.Routes[2].RequestHeaders.Remove[0].Source}
			}},
		{"file of the HCL", "", false,
			func(e *site.Edge, s *site.Site, text string) {
				at := site.Source{File: text, Line: 3}
				e.HTTP[0].Source, e.Limits.Source, e.Storage.Source, e.Timeout.Source = at, at, at, at
				s.Source, s.Cache.Source, s.TLS.Source, s.Maintenance.Source, s.Routes[1].Source = at, at, at, at, at
				s.Backends[0].Source, s.Routes[2].RequestHeaders.Set[0].Source = at, at
			}, nowhere},
	}
}

// nowhere is the place of what is never refused.
func nowhere(*site.Edge, *site.Site) []site.Source { return nil }

func static(_ *site.Edge, s *site.Site) []site.Source {
	return []site.Source{s.Routes[3].Static.Source}
}
