package chaos

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

const host = "edge.test"

// place is a home with a site of two apps: one in the test itself, one that
// edgegen runs.
type place struct {
	*edge.Home
	t   *testing.T
	app *load.App
}

func newPlace(t *testing.T, c edge.Combination) *place {
	t.Helper()
	p := &place{Home: edge.NewHome(t, c), t: t, app: load.StartApp(t, "steady")}
	if err := os.Mkdir(p.Path("sock"), 0o777); err != nil {
		t.Fatal(err)
	}
	p.Write("public/hello.txt", "hello\n")
	p.write(0)
	return p
}

// write saves a generation of the site.
func (p *place) write(generation int) {
	p.t.Helper()
	program, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	p.Write("site.hcl", fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  timeouts {
    drain      = "5s"
    first_byte = "5s"
  }
  limits {
    connections = 1000
    websockets  = 500
  }
  log {
    access = "off"
  }
}

site %q {
  tls { self_signed = true }
  backend "steady" { servers = [%q] }
  backend "supervised" {
    servers = [%q]
    command = [%q, %q, %q]
  }
  route "/" {
    static {
      root = "public"
    }
    backend = "steady"
    response_headers {
      set = { "X-Generation" = "%d" }
    }
  }
  route "/ws" {
    backend   = "steady"
    websocket = true
  }
  route "/kept" {
    backend = "steady"
    cache {
      ttl = "1h"
    }
  }
  route "/supervised" { backend = "supervised" }
}
`, host, p.app.Address, "unix:"+p.Path("sock/app"), program, appArgument, p.Path("sock/app"), generation))
}

// narrow leaves little room in each daemon and gives those who take it time.
func (p *place) narrow() {
	p.t.Helper()
	stalled, err := net.Listen("tcp", "127.0.0.1:0") // nobody takes what waits there
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = stalled.Close() })
	p.Replace("connections = 1000", "connections = 16")
	p.Replace("websockets  = 500", "websockets  = 8")
	p.Replace(`first_byte = "5s"`, `first_byte = "60s"
    header = "60s"`)
	p.Replace(`  route "/ws" {`, fmt.Sprintf(`  backend "stalled" { servers = [%q] }
  route "/stalled" { backend = "stalled" }
  route "/ws" {`, stalled.Addr()))
}

// pages are what is asked for, whatever happens.
func pages() []load.Page {
	page := func(path, start string) load.Page {
		return load.Page{Path: path, Parts: []load.Part{load.Status(200), {Name: "body", Right: func(_ int, a load.Answer) bool {
			return strings.HasPrefix(a.Body, start)
		}}}}
	}
	return []load.Page{page("/hello.txt", "hello\n"), page("/app", "app steady "), page("/kept", "app steady "), page("/supervised", "supervised\n")}
}
