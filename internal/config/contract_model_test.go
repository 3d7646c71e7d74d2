package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"edgegen/internal/site"
)

// TestContractExample loads the language's own example, word for word but for
// the app's directory, which must exist.
func TestContractExample(t *testing.T) {
	dir := t.TempDir()
	writeCertificates(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "public"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(contractExample, "/home/webapp/apps/vzine.us", dir)
	file := filepath.Join(dir, "site.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, diagnostics := newReader(file, testNow).Load()
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	if diff := cmp.Diff(contractModel(dir), loaded.Edge, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmpopts.IgnoreTypes(site.Source{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	files := []string{dir + "/certs/server.crt", dir + "/certs/server.key", file}
	if diff := cmp.Diff(files, loaded.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	checkSources(t, text, loaded.Edge)
}

func contractModel(dir string) *site.Edge {
	return &site.Edge{
		HTTP:      wildcard(80),
		HTTPS:     wildcard(443),
		User:      "www-data",
		Trusted:   []site.Prefix{{Network: netip.MustParsePrefix("10.0.0.0/8")}},
		Protocols: site.Protocols{HTTP2: true},
		Engine:    site.Engines{TLS: site.Auto, Cache: site.Auto, Web: site.Auto},
		Storage:   site.Storage{Type: "memory", Size: 256 << 20},
		Limits:    site.Limits{Connections: 10000, WebSockets: 5000, HeaderSize: 16 << 10, BodySize: 100 << 20},
		Timeout: site.Timeouts{Header: 10 * time.Second, Idle: time.Minute, Connect: 5 * time.Second,
			FirstByte: time.Minute, BetweenBytes: time.Minute, Body: 30 * time.Second, WebSocketIdle: 24 * time.Hour, Drain: 30 * time.Second},
		Log:  site.Log{Access: "stdout", Format: "json", Level: "info", Keep: 7},
		ACME: site.ACME{Directory: "https://acme-v02.api.letsencrypt.org/directory"},
		Sites: []site.Site{{
			Host:    "vzine.us",
			Aliases: []string{"www.vzine.us"},
			TLS:     site.TLS{Certificates: []string{dir + "/certs/server.crt"}, Keys: []string{dir + "/certs/server.key"}, MinVersion: "1.2"},
			Backends: []site.Backend{{
				Name:    "goliath",
				Servers: []site.Server{{Host: "127.0.0.1", Port: 5000, Weight: 1}},
				Resolve: 30 * time.Second,
				Balance: site.RoundRobin,
				TLS:     site.BackendTLS{Verify: true},
				Command: []string{"bundle", "exec", "ruby", "app.rb", "-p", "5000"},
				Env:     []site.Variable{{Name: "RACK_ENV", Value: "production"}},
				Dir:     dir,
			}},
			Cache:       site.Cache{Grace: 10 * time.Second, StaleIfError: time.Hour, IgnoreCookies: []string{"_ga*"}},
			Maintenance: &site.Maintenance{Page: dir + "/public/maintenance.html", RetryAfter: 5 * time.Minute},
			Routes: []site.Route{
				{Path: "/old", Redirect: &site.Redirect{To: "/new", Status: 301, Path: "drop", Query: "drop"}},
				{
					Path: "/", Backend: "goliath", WebSocket: true, TTL: time.Hour, HasTTL: true,
					Static: &site.Static{Root: dir + "/public", TryFiles: []site.Try{
						{HasURI: true}, {HasURI: true, Suffix: "/index.html"}, {HasURI: true, Suffix: ".html"}}},
					RequestHeaders: site.HeaderRules{
						Set: []site.Header{{Name: "X-Stage", Value: "live"}}, Remove: []site.HeaderName{{Name: "X-Debug"}}},
					ResponseHeaders: site.HeaderRules{
						Set: []site.Header{{Name: "X-Frame-Options", Value: "DENY"}}, Remove: []site.HeaderName{{Name: "X-Powered-By"}}},
				},
			},
		}},
	}
}

func wildcard(port uint16) []site.Listener {
	return []site.Listener{
		{Address: netip.AddrPortFrom(netip.IPv4Unspecified(), port)},
		{Address: netip.AddrPortFrom(netip.IPv6Unspecified(), port), Optional: true},
	}
}

// checkSources holds places to the lines that show what they must be.
func checkSources(t *testing.T, text string, edge *site.Edge) {
	t.Helper()
	lines := strings.Split(text, "\n")
	one := edge.Sites[0]
	root := one.Routes[1]
	for _, c := range []struct {
		source site.Source
		begins string
	}{
		{edge.HTTP[0].Source, "http "}, {edge.HTTPS[1].Source, "https "}, {edge.Trusted[0].Source, "trusted_proxies"},
		{edge.UserSource, "user"}, {edge.Engine.Source, "engine {"}, {edge.Storage.Source, "cache_storage {"},
		{edge.Limits.Source, "limits {"}, {edge.Timeout.Source, "timeouts {"}, {edge.Log.Source, "log {"},
		{one.Source, `site "vzine.us"`}, {one.TLS.Source, "tls {"}, {one.Backends[0].Source, `backend "goliath" {`},
		{one.Backends[0].Servers[0].Source, "servers"}, {one.Cache.Source, "cache {"}, {one.Maintenance.Source, "maintenance {"},
		{root.Source, `route "/" {`}, {root.Static.Source, "static {"}, {root.BackendSource, "backend   ="},
		{root.WebSocketSource, "websocket = true"}, {root.CacheSource, "cache     {"},
		{root.RequestHeaders.Set[0].Source, "request_headers"}, {root.RequestHeaders.Remove[0].Source, "request_headers"},
		{root.ResponseHeaders.Set[0].Source, "response_headers"}, {one.Routes[0].Source, `route "/old"`},
		{one.Routes[0].Redirect.Source, `route "/old"`},
	} {
		line := strings.TrimSpace(lines[max(c.source.Line, 1)-1])
		if c.source.File != "site.hcl" || !strings.HasPrefix(line, c.begins) {
			t.Errorf("%v is %q, not %q", c.source, line, c.begins)
		}
	}
}
