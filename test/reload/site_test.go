package reload

import (
	"fmt"
	"strconv"
	"strings"

	"edgegen/test/load"
)

// site is the HCL of a generation. Every route tells the generation; the app
// behind the routes, the lifetime in the cache and one route change with it.
func (w *world) site(generation int) string {
	app := appOf(generation)
	headers := fmt.Sprintf("    request_headers {\n      set = { \"X-Stage\" = \"%d\" }\n    }\n    response_headers {\n      set = { \"X-Generation\" = \"%d\" }\n    }\n", generation, generation)
	ttl, sometimes := "", ""
	if cached(generation) {
		ttl = "    cache {\n      ttl = \"1h\"\n    }\n"
	}
	if redirected(generation) {
		sometimes = "  route \"/sometimes\" {\n    redirect {\n      to     = \"/there\"\n      status = 302\n    }\n" + headers + "  }\n"
	}
	return fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = [%s]
  cache_storage {
    size = %q
  }
  limits {
    connections = 2000
    websockets  = 1500
  }
  timeouts {
    drain = "5s"
  }
  log {
    access = "off"
    level  = %q
  }
}

site %q {
  tls {
    certificate = "certs/server.crt"
    key         = "certs/server.key"
  }
  backend "one" { servers = [%q] }
  backend "two" { servers = [%q] }
  route "/" {
    static {
      root = "public"
    }
    backend = %q
%s  }
  route "/ws" {
    backend   = %q
    websocket = true
  }
  route "/cached" {
    backend = %q
%s%s  }
  route "/moved" {
    redirect {
      to     = "/to/%d"
      status = 302
    }
%s  }
%s}
`, quoted(w.https), w.storage, w.level, host, w.apps[0].Address, w.apps[1].Address,
		app, headers, app, app, ttl, headers, generation, headers, sometimes)
}

func quoted(list []string) string {
	var out []string
	for _, one := range list {
		out = append(out, strconv.Quote(one))
	}
	return strings.Join(out, ", ")
}

func appOf(generation int) string    { return []string{"one", "two"}[generation%2] }
func cached(generation int) bool     { return generation%2 == 0 }
func redirected(generation int) bool { return generation%3 == 0 }

// expectation says what the world's clients have to get.
func (w *world) expectation() load.Expectation {
	header := load.Part{Name: "response header", Right: func(g int, a load.Answer) bool {
		return a.Header.Get("X-Generation") == strconv.Itoa(g)
	}}
	app := load.Part{Name: "app", Right: func(g int, a load.Answer) bool {
		return strings.HasPrefix(a.Body, "app "+appOf(g)+" ")
	}}
	stage := load.Part{Name: "request header", Right: func(g int, a load.Answer) bool {
		return strings.Contains(a.Body, fmt.Sprintf(" stage %d ", g))
	}}
	return load.Expectation{
		Serial: func(g int) int64 { return w.certificates[g%len(w.certificates)].Serial },
		Pages: []load.Page{
			{Path: "/hello.txt", Parts: []load.Part{load.Status(200), header, {Name: "file", Right: func(_ int, a load.Answer) bool { return a.Body == "hello\n" }}}},
			{Path: "/app", Parts: []load.Part{load.Status(200), header, app, stage}},
			{Path: "/moved", Parts: []load.Part{load.Status(302), header, {Name: "redirect", Right: func(g int, a load.Answer) bool {
				return strings.HasSuffix(a.Header.Get("Location"), fmt.Sprintf("/to/%d", g))
			}}}},
			{Path: "/sometimes", Parts: []load.Part{header, {Name: "route", Right: func(g int, a load.Answer) bool {
				if redirected(g) {
					return a.Status == 302 && strings.HasSuffix(a.Header.Get("Location"), "/there")
				}
				return a.Status == 200 && strings.HasPrefix(a.Body, "app ")
			}}}},
			{Path: "/cached/always", Parts: []load.Part{load.Status(200), header, {Name: "app", Right: func(_ int, a load.Answer) bool {
				return strings.HasPrefix(a.Body, "app ") && strings.HasSuffix(a.Body, " path /cached/always\n")
			}}}},
		},
	}
}
