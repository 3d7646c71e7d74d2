package controller

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestG7Shared holds that what a file says of the edge holds for all edges, from its
// change on, that a file which is refused changes nothing, and that no WebSocket ends by
// either.
func TestG7Shared(t *testing.T) { onEach(t, holdShared) }

func holdShared(t *testing.T, engines edge.Combination) {
	c := newTester(t)
	app := startPod(t, "one")
	c.apply(class)
	c.apply(service("shop", "app") + "---" + app.slice("shop", "app", true) + "---" + secret("shop", "tls", edge.NewCertificate(t, "shop.example", 1, time.Hour)) + "---" + web + "---" +
		httpRoute("shop", "app", "  parentRefs: [{name: web}]\n  hostnames: [shop.example]\n  rules: [{backendRefs: [{name: app, port: 80}]}]\n"))
	file := filepath.Join(t.TempDir(), "edge.hcl")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const told = "127.0.47.9:9145"
	write("edge {\n  health_path = \"/alive\"\n  metrics {}\n}\n")
	running := c.startWith(engines, "--addresses", "127.0.47.1", "--edge", file, "--health", told)
	const plain, secure = "127.0.47.1:8080", "127.0.47.1:8443"
	answers := func(path string, want int) func() bool {
		return func() bool {
			return get(t, "http", plain, "nobody.example", path).status == want && get(t, "https", secure, "shop.example", path).status == want
		}
	}
	c.until("both edges answer as the file says", answers("/alive", http.StatusOK))
	sockets := load.OpenSockets(load.SocketOptions{Address: secure, Host: "shop.example", Path: "/socket", Count: 5, Pause: 20 * time.Millisecond})
	c.until("a request is counted", func() bool {
		get(t, "https", secure, "shop.example", "/counted")
		all := get(t, "http", told, "127.0.47.9", "/metrics").body
		return strings.Contains(all, `edge="127.0.47.1_8443"`) && strings.Contains(all, `edge="127.0.47.1_8080"`) && strings.Contains(all, "edgegen_requests_total{")
	})
	write("edge {\n  health_path = \"/well\"\n  metrics {}\n}\n")
	c.until("both edges answer as the file says now", answers("/well", http.StatusOK))
	write("edge {\n  health_path = \"/other\"\n  https = [\":444\"]\n}\n")
	running.Says("https, in a file that several edges share")
	if !answers("/well", http.StatusOK)() {
		t.Error("a file that was refused has changed something")
	}
	if talk := sockets.Stop(); len(talk.Cuts)+len(talk.Failed) > 0 || talk.Opened != 5 {
		t.Errorf("of %d WebSockets were cut %v, failed %v", talk.Opened, talk.Cuts, talk.Failed)
	}
	write("edge {}\n")
	c.until("the paths are the apps' again", func() bool {
		return strings.Contains(get(t, "https", secure, "shop.example", "/well").body, "path /well")
	})
	stop(t, running)
}
