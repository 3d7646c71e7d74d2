package bench

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// BenchmarkThroughput is requests and messages a second, and beside them the
// share of what Go's own HTTP server does by itself in the same run: it answers
// with 1 KiB from memory, or echoes.
func BenchmarkThroughput(b *testing.B) {
	if _, err := exec.LookPath("wrk"); err != nil {
		b.Skip("wrk is not installed")
	}
	for _, c := range pure() {
		b.Run(c.Name, func(b *testing.B) {
			h := edge.NewHome(b, c)
			app := serve(b, nil)
			bare := serve(b, bareTLS(b))
			h.Write("public/file.txt", body())
			h.Write("site.hcl", throughputSite(app))
			e := h.Run()
			for _, what := range []struct{ name, path string }{{"hit", "/kept"}, {"file", "/file.txt"}, {"pass", "/app"}} {
				b.Run(what.name, func(b *testing.B) {
					compare(b, "requests/s", func(address string) float64 { return wrk(b, address, what.path) }, e.HTTPS(), bare)
				})
			}
			b.Run("websocket", func(b *testing.B) {
				compare(b, "messages/s", func(address string) float64 { return messages(b, address) }, e.HTTPS(), bare)
			})
			e.Stop()
		})
	}
}

// compare measures the edge and the bare server in turn.
func compare(b *testing.B, unit string, measure func(address string) float64, edge, bare string) {
	var ours, theirs float64
	for b.Loop() {
		ours += measure(edge)
		theirs += measure(bare)
	}
	b.ReportMetric(ours/float64(b.N), unit)
	b.ReportMetric(theirs/float64(b.N), "bare-"+unit)
	b.ReportMetric(ours/theirs, "ratio")
	b.ReportMetric(0, "ns/op") // says nothing but how long a window is
}

func body() string { return strings.Repeat("a line of text!\n", 64) }

// serve answers everything with 1 KiB, and WebSockets with what they send.
func serve(b *testing.B, config *tls.Config) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	text := []byte(body())
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			load.Echo(context.Background(), w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(text) // the client may be gone
	})}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }() // it returns ErrServerClosed
	b.Cleanup(func() { _ = server.Close(); <-served })
	return address
}

func bareTLS(b *testing.B) *tls.Config {
	b.Helper()
	made := edge.NewCertificate(b, host, 1, edge.Valid)
	pair, err := tls.X509KeyPair([]byte(made.Chain), []byte(made.Key))
	if err != nil {
		b.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
}

func throughputSite(app string) string {
	return fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  log {
    access = "off"
  }
}

site %q {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    static {
      root = "public"
    }
    backend = "app"
  }
  route "/app" { backend = "app" }
  route "/kept" {
    backend = "app"
    cache {
      ttl = "1h"
    }
  }
  route "/ws" {
    backend   = "app"
    websocket = true
  }
}
`, host, app)
}

var perSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrk asks for a path over 64 connections.
func wrk(b *testing.B, address, path string) float64 {
	b.Helper()
	// wrk sends the name in the URL as SNI, and looks it up.
	script := filepath.Join(b.TempDir(), "host.lua")
	if err := os.WriteFile(script, []byte("wrk.headers[\"Host\"] = \""+host+"\"\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	output, err := exec.Command("wrk", "-t2", "-c64", "-d"+seconds.String(), "-s", script, "https://"+address+path).CombinedOutput()
	found := perSecond.FindSubmatch(output)
	if err != nil || found == nil || strings.Contains(string(output), "Non-2xx") {
		b.Fatalf("wrk: %v\n%s", err, output)
	}
	rate, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// messages goes back and forth over 64 WebSockets.
func messages(b *testing.B, address string) float64 {
	b.Helper()
	open := load.OpenSockets(load.SocketOptions{Address: address, Host: host, Path: "/ws", Count: 64})
	before, begun := open.Messages(), time.Now()
	time.Sleep(*seconds)
	rate := float64(open.Messages()-before) / time.Since(begun).Seconds()
	if r := open.Stop(); len(r.Cuts)+len(r.Failed)+len(r.Wrong) > 0 {
		b.Fatalf("WebSockets: %d cut, %d failed, %d wrong", len(r.Cuts), len(r.Failed), len(r.Wrong))
	}
	return rate
}
