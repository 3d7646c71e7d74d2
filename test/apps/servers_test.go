package apps

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// three is a site whose app has three servers that are asked whether they are well.
const three = `site "three.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["%s", "%s", "%s"]
    sticky { cookie = "edge_server" }
    health {
      path            = "/healthz"
      interval        = "1s"
      timeout         = "1s"
      unhealthy_after = 2
    }
  }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
`

// bound is that of B4 for three, and what a busy machine may add.
const bound = 2*time.Second + time.Second + 2*time.Second

// few is one whose servers take little at a time.
const few = `site "few.test" {
  tls { self_signed = true }
  backend "app" {
    server "%s" { max_connections = 1 }
    server "%s" { max_connections = 1 }
  }
  route "/" { backend = "app" }
}
site "spare.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["%[3]s"]
    server "%[1]s" { backup = true }
    server "%[2]s" { weight = 3 }
  }
  route "/" { backend = "app" }
}
site "hash.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["%[1]s", "%[2]s"]
    balance = "client_hash"
  }
  route "/" { backend = "app" }
}
`

// secured are the apps of secure.test, by the path that leads to them, and what
// is said of those that are not asked.
func secured(t *testing.T, h *edge.Home) (site string, reasons map[string]string) {
	t.Helper()
	reasons = map[string]string{"good": "", "unverified": "", "client": "", "name": "certificate is valid for", "expired": "expired", "authority": "unknown authority",
		"old": "protocol version", "nobody": "certificate required"}
	good := edge.NewCertificate(t, "good.test", 1, edge.Valid)
	own := edge.NewCertificate(t, "client.test", 2, edge.Valid)
	h.Write("good.pem", good.Chain)
	h.Write("own.crt", own.Chain)
	h.Write("own.key", own.Key)
	var backends, routes strings.Builder
	for _, name := range []string{"good", "unverified", "client", "name", "expired", "authority", "old", "nobody"} {
		certificate, ca, config, more := good, "good.pem", &tls.Config{}, ""
		switch name {
		case "unverified":
			certificate, ca, more = edge.NewCertificate(t, "other.test", 3, edge.Valid), "", "verify = false"
		case "client":
			config.ClientAuth, more = tls.RequireAnyClientCert, "certificate = \"own.crt\"\nkey = \"own.key\""
		case "nobody":
			config.ClientAuth = tls.RequireAnyClientCert
		case "name":
			certificate = edge.NewCertificate(t, "other.test", 4, edge.Valid)
			h.Write("name.pem", certificate.Chain)
			ca = "name.pem"
		case "expired":
			certificate = edge.NewCertificate(t, "good.test", 5, -time.Hour)
			h.Write("expired.pem", certificate.Chain)
			ca = "expired.pem"
		case "authority":
			certificate = edge.NewCertificate(t, "good.test", 6, edge.Valid)
		case "old":
			config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
		}
		pair, err := tls.X509KeyPair([]byte(certificate.Chain), []byte(certificate.Key))
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		serve(t, name, listener, config)
		if ca != "" {
			more += "\nca = \"" + ca + "\""
		}
		fmt.Fprintf(&backends, "backend %q {\nservers = [\"https://%s\"]\ntls {\nserver_name = \"good.test\"\n%s\n}\n}\n", name, listener.Addr(), more)
		fmt.Fprintf(&routes, "route \"/%s\" {\nbackend = %q\nwebsocket = true\n}\n", name, name)
	}
	return "site \"secure.test\" {\ntls { self_signed = true }\n" + backends.String() + routes.String() + "}\n", reasons
}

func start(t *testing.T, name string) *app {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, name, l, nil)
}

func TestServers(t *testing.T) {
	for _, c := range combinations() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Need(t)
			h := edge.NewHome(t, c)
			a, b, d := start(t, "a"), start(t, "b"), start(t, "d")
			one, two, spare := start(t, "one"), start(t, "two"), start(t, "spare")
			site, reasons := secured(t, h)
			php := withScripts(t, h)
			kinds, came := withKinds(t)
			h.Write("site.hcl", "edge {\nhttp = [\"127.0.0.1:0\"]\nhttps = [\"127.0.0.1:0\"]\ntimeouts { first_byte = \"5s\" }\n}\n"+php+kinds+
				fmt.Sprintf(three, a.address, b.address, d.address)+fmt.Sprintf(few, one.address, two.address, spare.address)+site)
			e := h.Run()
			browser := newClient(e)
			t.Run("limits", func(t *testing.T) { limits(t, browser, one, two) })
			t.Run("shares", func(t *testing.T) { shares(t, browser, one, two, spare) })
			t.Run("secure", func(t *testing.T) { overTLS(t, e, browser, reasons) })
			t.Run("scripts", func(t *testing.T) {
				if php == "" {
					edge.Skip(t, "there is no php-fpm8.2")
				}
				scripted(t, e, browser)
			})
			t.Run("polled", func(t *testing.T) { polled(t, browser) })
			t.Run("shared", func(t *testing.T) { shared(t, browser) })
			t.Run("developed", func(t *testing.T) { developed(t, browser, c) })
			t.Run("streamed", func(t *testing.T) { streamed(t, browser, came) })
			t.Run("plan", func(t *testing.T) { planned(t, h, e) })
			t.Run("health", func(t *testing.T) { health(t, e, browser, []*app{a, b, d}) })
			e.Stop()
		})
	}
}

// plan tells of a change of servers that no daemon hears of, and the reload touches
// none (R3).
func planned(t *testing.T, h *edge.Home, e *edge.Edge) {
	text, err := os.ReadFile(h.File)
	if err != nil {
		t.Fatal(err)
	}
	h.Write("site.hcl", strings.Replace(string(text), "weight = 3", "weight = 2", 1))
	plan, result := e.Plan()
	last := plan.Tiers[len(plan.Tiers)-1]
	if result.Code != 2 || last.Role != "edge" || len(last.Why) != 1 || last.Why[0] != "backend app of spare.test" || plan.WebSockets != 0 {
		t.Errorf("%d, %+v", result.Code, plan)
	}
	for _, tier := range plan.Tiers {
		if tier.Engine != "builtin" && tier.Role != "edge" && tier.Action != api.Nothing {
			t.Errorf("%s: %s %v", tier.Role, tier.Action, tier.Why)
		}
	}
	if r := e.Reload(); r.Code != 0 {
		t.Error(r.Err)
	}
}

// B3: over a server's limit another one is asked, then 503.
func limits(t *testing.T, browser client, apps ...*app) {
	var held []*http.Response
	for range 2 {
		response, err := browser.Get("https://few.test/hold")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, response)
	}
	if status, _, _, err := browser.get("few.test/"); status != http.StatusServiceUnavailable {
		t.Errorf("over the limit: %d, %v", status, err)
	}
	for _, a := range apps {
		close(a.release)
	}
	edge.Await(t, "room at a server", 10*time.Second, func() int { status, _, _, _ := browser.get("few.test/"); return status },
		func(status int) bool { return status == http.StatusOK })
	for _, response := range held {
		_ = response.Body.Close() // there is nothing more in it
	}
}

// B3: weights, a backup that waits, and one server for one client.
func shares(t *testing.T, browser client, backup, heavy, light *app) {
	heavyBefore, lightBefore := heavy.requests.Load(), light.requests.Load()
	for range 16 {
		if status, body, _, err := browser.get("spare.test/"); status != http.StatusOK || body == backup.name {
			t.Fatalf("%d %q %v", status, body, err)
		}
	}
	if h, l := heavy.requests.Load()-heavyBefore, light.requests.Load()-lightBefore; h != 12 || l != 4 {
		t.Errorf("%d requests at the heavy server, %d at the light one", h, l)
	}
	_, first, _, _ := browser.get("hash.test/")
	for range 8 {
		if _, body, _, err := browser.get("hash.test/"); body != first {
			t.Errorf("%q after %q, %v", body, first, err)
		}
	}
}

// B2: servers are verified, what is wrong is a 502, and status says what; WebSockets
// likewise (W1).
func overTLS(t *testing.T, e *edge.Edge, browser client, reasons map[string]string) {
	said := false
	for name, reason := range reasons {
		want := http.StatusOK
		if reason != "" {
			want = http.StatusBadGateway
		}
		for range 2 {
			if status, body, _, err := browser.get("secure.test/" + name); status != want || want == http.StatusOK && body != name {
				t.Errorf("%s: %d %q %v", name, status, body, err)
			}
		}
		if reason == "" {
			echoes(t, browser.open(t, "secure.test/"+name), name)
			continue
		}
		if status, _, _, err := browser.get("secure.test/"+name, "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13",
			"Sec-WebSocket-Key", "MDEyMzQ1Njc4OWFiY2RlZg=="); status != want {
			t.Errorf("%s, a handshake: %d, %v", name, status, err)
		}
		if !said { // what repeats is said a few times, and then counted
			e.Says(reason)
			said = true
		}
	}
	status := e.Status()
	for _, b := range status.Backends {
		if reason := reasons[b.Name]; b.Site == "secure.test" && reason != "" &&
			(b.Endpoints[0].LastFailure == nil || !strings.Contains(b.Endpoints[0].LastFailure.Reason, reason)) {
			t.Errorf("%s: %+v", b.Name, b.Endpoints[0])
		}
	}
}

// B4, B3: of three servers one is killed, one hangs and one answers its checks with
// 500: after the bound no client sees an error, clients whose server it was move once
// and stay, and status says why. WebSockets to a server that is only unwell go on.
func health(t *testing.T, e *edge.Edge, browser client, apps []*app) {
	states := func(s api.Status) map[string]string { return addressesOf(s, "three.test") }
	all := func(want string) func(api.Status) bool {
		return func(s api.Status) bool {
			for _, a := range apps {
				if states(s)[a.address] != want {
					return false
				}
			}
			return true
		}
	}
	e.Until("three servers that are well", 10*time.Second, all("well"))
	cookies := map[string]string{}
	for range 12 {
		status, body, header, err := browser.get("three.test/")
		cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
		if status != http.StatusOK || cookie == "" {
			t.Fatalf("%d %q %v", status, cookie, err)
		}
		cookies[body] = cookie
	}
	if len(cookies) != 3 {
		t.Fatalf("%d servers have answered", len(cookies))
	}
	sockets := map[string]func(){}
	for _, a := range apps[1:] {
		socket := browser.open(t, "three.test/", "Cookie", cookies[a.name])
		sockets[a.name] = func() { echoes(t, socket, a.name) }
	}
	apps[0].kill()
	apps[1].status.Store(0)
	began := time.Now()
	e.Until("a server that was killed, and one that hangs", 20*time.Second, func(s api.Status) bool {
		return states(s)[apps[0].address] == "unwell" && states(s)[apps[1].address] == "unwell"
	})
	if took := time.Since(began); took > bound {
		t.Errorf("unwell after %s, want %s", took, bound)
	}
	stop := browser.under("three.test/")
	for _, a := range apps[:2] {
		status, body, header, err := browser.get("three.test/", "Cookie", cookies[a.name])
		moved, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
		if status != http.StatusOK || body != "d" || moved != cookies["d"] {
			t.Errorf("a client of %s: %d at %q by %q, %v", a.name, status, body, moved, err)
		}
		status, body, header, err = browser.get("three.test/", "Cookie", moved)
		if status != http.StatusOK || body != "d" || header.Get("Set-Cookie") != "" {
			t.Errorf("a client of %s, moved: %d at %q, %v, %v", a.name, status, body, header, err)
		}
	}
	apps[1].status.Store(200)
	e.Until("a server that is well again", 20*time.Second, func(s api.Status) bool { return states(s)[apps[1].address] == "well" })
	apps[2].status.Store(500)
	s := e.Until("a server that answers 500", 20*time.Second, func(s api.Status) bool { return states(s)[apps[2].address] == "unwell" })
	if asked, wrong := stop(); len(wrong) > 0 || asked == 0 {
		t.Errorf("%d of %d requests: %v", len(wrong), asked, wrong[:min(len(wrong), 10)])
	}
	for _, b := range s.Backends {
		for _, one := range b.Endpoints {
			if b.Site == "three.test" && one.Address == apps[2].address && one.Reason != "it answers 500" {
				t.Errorf("%+v", one)
			}
		}
	}
	for _, echo := range sockets {
		echo()
	}
	apps[1].status.Store(503)
	e.Until("nobody well", 20*time.Second, all("unwell"))
	if status, _, _, err := browser.get("three.test/"); status != http.StatusServiceUnavailable {
		t.Errorf("nobody is well: %d, %v", status, err)
	}
}
