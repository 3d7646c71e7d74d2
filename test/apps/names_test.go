package apps

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"edgegen/internal/api"
	"edgegen/test/dns"
	"edgegen/test/edge"
)

// names is the site of TestNames: one app by a name that moves, one by a name that
// is not there at first, and one that has nothing to do with either.
const names = `edge {
  http     = ["127.0.0.1:0"]
  https    = ["127.0.0.1:0"]
  resolver = [%q]
}
site "moving.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["app.test:%s"]
    resolve = "1s"
  }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
site "late.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["late.test:%[2]s"]
    resolve = "1s"
  }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
site "fixed.test" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.2:%[2]s"] }
  route "/" { backend = "app" }
}
`

// addressesOf are the addresses of a site's backend.
func addressesOf(s api.Status, host string) map[string]string {
	all := map[string]string{}
	for _, b := range s.Backends {
		for _, e := range b.Endpoints {
			if b.Site == host {
				all[e.Address] = e.State
			}
		}
	}
	return all
}

// B1, B5: while a name changes, fails and lies, no request fails that a server could
// have answered, and WebSockets to servers that stay go on. A name that is not there
// harms its own backend alone.
func TestNames(t *testing.T) {
	for _, c := range combinations() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Need(t)
			server := dns.Start(t)
			port, listeners := listenOn(t, "127.0.0.2", "127.0.0.3", "127.0.0.4")
			apps := map[string]*app{}
			for i, l := range listeners {
				name := string("abc"[i])
				apps[name] = serve(t, name, l, nil)
			}
			server.Set("app.test", "127.0.0.2", "127.0.0.3")
			h := edge.NewHome(t, c)
			h.Write("site.hcl", fmt.Sprintf(names, server.Address, port))
			e := h.Run()
			browser := newClient(e)
			if status, _, _, err := browser.get("late.test/"); status != http.StatusServiceUnavailable {
				t.Errorf("a name that is not there: %d, %v", status, err)
			}
			stop, other := browser.under("moving.test/"), browser.under("fixed.test/")
			one, two := browser.open(t, "moving.test/"), browser.open(t, "moving.test/")
			until := func(what string, want ...string) {
				t.Helper()
				e.Until(what, 20*time.Second, func(s api.Status) bool {
					got := addressesOf(s, "moving.test")
					for _, a := range want {
						if got[a+":"+port] == "" || got[a+":"+port] == "draining" {
							return false
						}
					}
					draining := 0
					for _, state := range got {
						if state == "draining" {
							draining++
						}
					}
					return len(got)-draining == len(want)
				})
			}
			until("both addresses", "127.0.0.2", "127.0.0.3")
			server.Set("app.test", "127.0.0.2", "127.0.0.4")
			until("another address in place of one", "127.0.0.2", "127.0.0.4")
			before := apps["c"].requests.Load()
			edge.Await(t, "requests at the new address", 10*time.Second, apps["c"].requests.Load, func(n int64) bool { return n > before })
			echoes(t, one, "one")
			echoes(t, two, "two")
			server.Fail(mdns.RcodeServerFailure)
			e.Until("a failure that is shown", 20*time.Second, func(s api.Status) bool { return problemOf(s, "moving.test") != "" })
			server.Fail(mdns.RcodeSuccess)
			server.Slow(1500 * time.Millisecond) // longer than resolve
			server.Set("app.test", "127.0.0.2", "127.0.0.3")
			until("addresses of a slow name server", "127.0.0.2", "127.0.0.3")
			echoes(t, one, "one, meanwhile")
			server.Slow(0)
			var many []string
			for i := range 200 { // of which four answer
				many = append(many, fmt.Sprintf("127.0.0.%d", i+2))
			}
			server.Set("app.test", "127.0.0.3")
			until("one address", "127.0.0.3")
			server.Set("late.test", "127.0.0.4")
			edge.Await(t, "a name that has come", 20*time.Second, func() int { status, _, _, _ := browser.get("late.test/"); return status },
				func(status int) bool { return status == http.StatusOK })
			echoes(t, one, "one again")
			echoes(t, two, "two again")
			asked, wrong := stop()
			if len(wrong) > 0 || asked == 0 {
				t.Errorf("%d of %d requests: %v", len(wrong), asked, wrong[:min(len(wrong), 10)])
			}
			if asked, wrong := other(); len(wrong) > 0 || asked == 0 {
				t.Errorf("another site: %d of %d requests: %v", len(wrong), asked, wrong[:min(len(wrong), 10)])
			}
			// Many of them refuse, and whoever does is left alone.
			server.Set("late.test", many...)
			edge.Await(t, "two hundred addresses", 20*time.Second, func() int { return len(addressesOf(e.Status(), "late.test")) }, func(n int) bool { return n == 200 })
			generation := e.Status().Generation
			if generation != 1 {
				t.Errorf("a name has cost %d reloads", generation-1)
			}
			e.Stop()
		})
	}
}

func problemOf(s api.Status, host string) string {
	for _, b := range s.Backends {
		if b.Site == host && len(b.Names) > 0 {
			return b.Names[0].Problem
		}
	}
	return ""
}
