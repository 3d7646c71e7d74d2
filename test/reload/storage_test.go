package reload

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// unusable gives a site a cache whose file cannot be made, which is not seen
// before varnishd is to be restarted for it.
func unusable(h *edge.Home, site string) string {
	h.Link("storage", "nowhere")
	site = strings.Replace(site, `cache_storage { size = "48MiB" }`, "", 1)
	return strings.Replace(site, "timeouts {", `cache_storage {
    type = "file"
    size = "48MiB"
    path = "`+h.Path("storage")+`"
  }
  timeouts {`, 1)
}

// TestR1NoTakeoverStorage: where takeovers are ruled out, that is no reason to
// refuse anybody while varnishd is restarted by a reload; the stand-in for a
// restart that is given up goes, and nobody serves in place of a varnishd that
// dies later.
func TestR1NoTakeoverStorage(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	h.Wrap()
	good := plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`)
	h.Write("site.hcl", good)
	e := h.Run("--no-takeover")
	clients := load.StartClients(load.ClientOptions{Address: e.HTTPS(), Host: host, Count: 4, Requests: 1, Retry: true, Pause: paced(4, 50),
		Generations: load.NewGenerations(0), Expectation: load.Expectation{Pages: []load.Page{{Path: "/page", Parts: []load.Part{load.Status(200)}}}}})
	good = strings.Replace(good, "timeouts {", "cache_storage { size = \"48MiB\" }\n  timeouts {", 1)
	h.Write("site.hcl", good)
	if result := e.Reload(); result.Code != 0 {
		t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
	}
	few(t, "requests failed", clients.Stop().Failed)
	h.Write("site.hcl", unusable(h, good))
	if result := e.Reload(); result.Code != 1 || !strings.Contains(result.Err, "symbolic link") {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	asked(t, e, "after the refusal")
	for _, name := range []string{"standby.sock", "standby-plain.sock"} {
		if _, err := os.Lstat(filepath.Join(h.State, "run", name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	e.Set(edge.VarnishBroken)
	kill(t, e, "varnishd", syscall.SIGKILL)
	e.Until("varnishd is tried again", edge.Patience, func(s api.Status) bool {
		return edge.Tier(s, "cache").Restarts > 1
	})
	if answer, _, err := load.Get(e.HTTPS(), host, "/page"); err == nil {
		t.Errorf("somebody else answers: %d", answer.Status)
	}
	e.Clear(edge.VarnishBroken)
	e.Until("all is well again", edge.Patience, ready)
	asked(t, e, "afterwards")
	e.Stop()
}

// TestR1StunnelRestartsMeanwhile: a stunnel that is started in the middle of a
// reload that another tier refuses does not go on with what was refused.
func TestR1StunnelRestartsMeanwhile(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	asks, rest := make(chan struct{}), make(chan struct{})
	begun, goOn := sync.OnceFunc(func() { close(asks) }), sync.OnceFunc(func() { close(rest) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			begun()
			<-rest
		}
	}))
	defer server.Close()
	defer goOn()
	good := strings.Replace(plain(&load.App{Address: server.Listener.Addr().String()}, "", `"127.0.0.1:0"`), `drain = "2s"`, `drain = "1m"`, 1)
	h.Write("site.hcl", good)
	e := h.Run()
	// It keeps varnishd busy, and the reload waiting for that.
	client, err := net.Dial("unix", filepath.Join(h.State, "run", "cache.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	fmt.Fprintf(client, "PROXY TCP4 127.0.0.1 127.0.0.1 1 443\r\nGET /long HTTP/1.1\r\nHost: %s\r\n\r\n", host)
	<-asks
	refused := "refused.test"
	h.Write("site.hcl", unusable(h, good)+fmt.Sprintf(`
site %q {
  tls { self_signed = true }
  route "/" {
    redirect { to = "https://edge.test/" }
  }
}
`, refused))
	entered := entering(t, h)
	answered := make(chan edge.Result, 1)
	go func() { answered <- e.Reload() }()
	entered()
	killed := kill(t, e, "stunnel", syscall.SIGKILL)
	e.Until("there is another stunnel", edge.Patience, func(s api.Status) bool {
		tls := edge.Tier(s, "tls")
		return tls.State == "running" && tls.PID != killed.PID
	})
	goOn()
	if result := <-answered; result.Code != 1 || !strings.Contains(result.Err, "symbolic link") {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	connection, err := tls.Dial("tcp", e.HTTPS(), &tls.Config{ServerName: refused, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if connection.ConnectionState().PeerCertificates[0].VerifyHostname(refused) == nil {
		t.Errorf("%s has its certificate, though it was refused", refused)
	}
	asked(t, e, "afterwards")
	e.Stop()
}

// entering returns a function that waits until a reload that begins later is
// about to be committed.
func entering(t *testing.T, h *edge.Home) (wait func()) {
	t.Helper()
	link := filepath.Join(h.State, "run", "config")
	before, err := os.Readlink(link)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		for deadline := time.Now().Add(edge.Patience); ; time.Sleep(time.Millisecond) {
			if now, err := os.Readlink(link); err != nil || now != before {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the reload is never committed")
			}
		}
	}
}
