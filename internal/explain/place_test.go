package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// prepared explains a site that daemons serve.
func prepared(t *testing.T, text string) *Explainer {
	return servedBy(t, t.TempDir(), text, site.Engines{TLS: site.Stunnel, Cache: site.Varnish, Web: site.Nginx})
}

// servedBy explains a site in a directory that those engines serve.
func servedBy(t *testing.T, directory, text string, engines site.Engines) *Explainer {
	t.Helper()
	file := filepath.Join(directory, "site.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, diagnostics := config.Load(file)
	if loaded.Edge == nil {
		t.Fatal(diagnostics)
	}
	output, err := render.Render(render.Input{Edge: loaded.Edge, Layout: render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"}, Tiers: engines})
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Site{Edge: loaded.Edge, Engines: engines, Output: output, Root: filepath.Dir(file)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const everything = `edge {
  http            = [":80"]
  https           = [":443"]
  health_path     = "/healthz"
  trusted_proxies = ["10.0.0.0/8"]
}
site "a.test" {
  aliases = ["www.a.test"]
  hosts   = ["*.shop.a.test"]
  default = true
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  maintenance { page = "down.html" }
  route "/" {
    static { root = "." }
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/ws" {
    backend   = "app"
    websocket = true
    methods   = ["GET"]
  }
  route "= /old" {
    redirect { to = "/new" }
  }
  route "~ ^/u/[0-9]+$" {
    match { query = { v = "2" } }
    backend = "app"
  }
  route "/files" {
    static { root = "." }
  }
}
`

// anchors lists the lines that are looked for, with the daemon in whose files they stand.
func anchors() map[string]site.Engine {
	return map[string]site.Engine{inClient: site.Varnish, inMethod: site.Varnish, inPath: site.Varnish,
		inHost: site.Varnish, inRedirect: site.Varnish, inPolicy: site.Varnish, inWebSocket: site.Varnish, inDotFiles: site.Nginx}
}

// TestV1Places holds that each step is carried out somewhere in the daemons' files.
func TestV1Places(t *testing.T) {
	e := prepared(t, everything)
	for anchor, engine := range anchors() {
		found := false
		for _, file := range e.in.Output.Of(engine).Files {
			found = found || strings.Contains(string(file.Data), anchor)
		}
		if !found {
			t.Errorf("no file of %s has %q", engine, anchor)
		}
	}
	for _, c := range []struct {
		method, url string
		fields      []string
	}{
		{"GET", "https://a.test/", nil},
		{"GET", "http://a.test/", nil},
		{"GET", "https://www.a.test/", nil},
		{"GET", "https://x.shop.a.test/u/1?v=2", nil},
		{"GET", "https://nobody.test/u/1", nil},
		{"GET", "https://a.test/healthz", nil},
		{"BREW", "https://a.test/", nil},
		{"POST", "https://a.test/ws", nil},
		{"GET", "https://a.test/ws", []string{"Upgrade: websocket"}},
		{"GET", "https://a.test/", []string{"Upgrade: websocket", "X-Forwarded-For: 1.2.3.4"}},
		{"GET", "https://a.test/old", []string{"Cookie: a=1"}},
		{"GET", "https://a.test/%zz", nil},
		{"GET", "https://a.test/../x", nil},
		{"GET", "https://a.test/files/x", nil},
		{"GET", "https://a.test/files/.env", nil},
		{"GET", "https://a.test/files/site.hcl", nil},
		{"POST", "https://a.test/", []string{"Content-Length: 999999999"}},
		{"GET", "https://a.test/", []string{"a b: c"}},
		{"GET", "https://a.test/", []string{"Connection: Cookie"}},
		{"GET", "https://a.test/", []string{"Expect: more"}},
	} {
		t.Run(c.method+" "+c.url, func(t *testing.T) {
			r, err := Ask(Asked{Method: c.method, URL: c.url, Fields: c.fields})
			if err != nil {
				t.Fatal(err)
			}
			explanation := e.Explain(r)
			if explanation.Answer == "" || len(explanation.Steps) == 0 {
				t.Errorf("nothing is explained: %+v", explanation)
			}
			for _, step := range explanation.Steps {
				if len(step.Rendered) != 1 {
					t.Errorf("%s %s (%s) has the places %v", step.Tier, step.Name, step.Says, step.Rendered)
				}
			}
		})
	}
}

// TestAsk makes requests of URLs.
func TestAsk(t *testing.T) {
	for _, c := range []struct{ url, head, problem string }{
		{"https://a.test", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", ""},
		{"a.test/x y#z", "GET /x%20y HTTP/1.1\r\nHost: a.test\r\n\r\n", ""},
		{"http://A.test:8080?q", "GET /?q HTTP/1.1\r\nHost: A.test:8080\r\n\r\n", ""},
		{"https://[::1]:8443/ä", "GET /%C3%A4 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", ""},
		{"wss://a.test/ws", "GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", ""},
		{"ftp://a.test/", "", "scheme"},
		{"/x", "", "names no host"},
		{"https://me:secret@a.test/", "", "names a user"},
	} {
		t.Run(c.url, func(t *testing.T) {
			r, err := Ask(Asked{Method: "GET", URL: c.url})
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "secret") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || r.Head != c.head {
				t.Errorf("%q, %v", r.Head, err)
			}
		})
	}
}
