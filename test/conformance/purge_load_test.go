package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// TestK6UnderLoad purges a tag again and again while many clients ask for what has it.
// The app gives the number of the version that was the last one when it was asked, and
// takes its time; nobody who asks when a purge has returned may get an older one than
// was there when the purge began. EDGEGEN_PURGES has more of them.
func TestK6UnderLoad(t *testing.T) {
	rounds := map[string]int{"builtin": 60, "native": 20}
	for _, c := range edge.Named(t, "builtin,native") {
		t.Run(c.Name, func(t *testing.T) {
			c.Need(t)
			count := rounds[c.Name]
			if text := os.Getenv("EDGEGEN_PURGES"); text != "" {
				count, _ = strconv.Atoi(text)
			}
			purgeUnderLoad(t, c, count)
		})
	}
}

func purgeUnderLoad(t *testing.T, c edge.Combination, rounds int) {
	var version, floor atomic.Int64
	app := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
		text := strconv.FormatInt(version.Load(), 10)
		time.Sleep(rand.N(20 * time.Millisecond)) // the app is at work
		w.Header().Set("Cache-Tag", "a all b")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(rand.N(10 * time.Millisecond))
		fmt.Fprintln(w, text)
	})
	h := edge.NewHome(t, c)
	h.Write("site.hcl", fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  log { access = "off" }
}
site "load.test" {
  tls { self_signed = true }
  cache {
    grace = "1m"
    tags  = "Cache-Tag"
  }
  backend "app" { servers = [%q] }
  route "/" {
    backend = "app"
    cache { ttl = "1h" }
  }
}
`, app))
	e := h.Up()
	e.Ready()
	address := e.HTTPS()
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() { askVersions(ctx, t, address, &floor) })
	}
	client, err := api.NewClient(h.State)
	if err != nil {
		t.Fatal(err)
	}
	began, objects := time.Now(), 0
	for range rounds {
		now := version.Add(1)
		purged, err := client.Purge(t.Context(), api.Purge{Tag: "all"})
		if err != nil {
			t.Error(err)
			break
		}
		floor.Store(now)
		objects += purged.Objects
		time.Sleep(rand.N(30 * time.Millisecond)) // so that something is stored
	}
	stop()
	clients.Wait()
	t.Logf("%d purges in %s, %d responses", rounds, time.Since(began).Round(time.Millisecond), objects)
	if objects == 0 {
		t.Error("nothing was purged")
	}
	e.Stop()
}

// askVersions asks until ctx ends.
func askVersions(ctx context.Context, t *testing.T, address string, floor *atomic.Int64) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "load.test"},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
	defer transport.CloseIdleConnections()
	for ctx.Err() == nil {
		least := floor.Load()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://load.test/%d", rand.N(8)), nil)
		if err != nil {
			t.Error(err)
			return
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
		got, _ := strconv.ParseInt(string(body[:max(0, len(body)-1)]), 10, 64)
		if ctx.Err() == nil && (response.StatusCode != http.StatusOK || got < least) {
			t.Errorf("status %d, version %q (%s) when %d had been purged", response.StatusCode, body, response.Header.Get("X-Cache"), least)
			return
		}
	}
}
