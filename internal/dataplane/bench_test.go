package dataplane

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/site"
)

// The benchmarks send 1 KiB responses over 64 keep-alive TLS connections; the
// load generator shares the process, so the figures are for comparison.

func BenchmarkHit(b *testing.B) {
	e := benchEdge(b)
	load(b, e, "/ttl/hit")
}

// BenchmarkHitCoded is the same where the route compresses, and the client takes gzip.
func BenchmarkHitCoded(b *testing.B) {
	e := benchEdge(b)
	load(b, e, "/coded/hit", "Accept-Encoding: gzip, deflate, br, zstd")
}

func BenchmarkStatic(b *testing.B) {
	e := benchEdge(b)
	load(b, e, "/files/one.txt")
}

func BenchmarkPass(b *testing.B) {
	e := benchEdge(b)
	load(b, e, "/pass")
}

// BenchmarkPost sends 10 KiB with each request.
func BenchmarkPost(b *testing.B) {
	e := benchEdge(b)
	loadRaw(b, e, []byte(request("POST", "/pass", "Content-Length: 10240")+strings.Repeat("y", 10<<10)))
}

func benchEdge(b *testing.B) *edge {
	b.Helper()
	answer := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024)
	backend := rawApp(b, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			length, ok := skipHead(r)
			if !ok {
				return
			}
			if _, err := r.Discard(length); err != nil {
				return
			}
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
	})
	model := simple(b, backend)
	root := b.TempDir()
	write(b, filepath.Join(root, "files/one.txt"), strings.Repeat("x", 1024))
	model.Sites[0].Routes = append([]site.Route{{Path: "/files", Static: &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}}}}}, model.Sites[0].Routes...)
	coded := site.Route{Path: "/coded", Backend: "app", TTL: time.Hour, HasTTL: true,
		Compress: &site.Compress{Algorithms: site.Codings(), MinSize: 1024, Types: site.CompressedTypes()}}
	model.Sites[0].Routes = append([]site.Route{coded}, model.Sites[0].Routes...)
	e := start(b, model, func(o *Options) { o.Access = nil })
	time.Sleep(2100 * time.Millisecond) // the file has to settle before it is kept
	return e
}

// skipHead returns the length that a head announces.
func skipHead(r *bufio.Reader) (length int, ok bool) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, false
		}
		if len(line) == 2 {
			return length, true
		}
		if v, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(v))
		}
	}
}

// load sends b.N requests over 64 connections.
func load(b *testing.B, e *edge, path string, fields ...string) {
	b.Helper()
	loadRaw(b, e, []byte(request("GET", path, fields...)))
}

func loadRaw(b *testing.B, e *edge, raw []byte) {
	b.Helper()
	const connections = 64
	var left atomic.Int64
	left.Store(int64(b.N))
	conns := make([]*tls.Conn, connections)
	for i := range conns {
		conns[i] = e.dial(b)
		_ = conns[i].SetDeadline(time.Time{})
	}
	b.ResetTimer()
	began := time.Now()
	var clients sync.WaitGroup
	for _, c := range conns {
		clients.Go(func() {
			r := bufio.NewReaderSize(c, 4<<10)
			for left.Add(-1) >= 0 {
				if _, err := c.Write(raw); err != nil {
					b.Error(err)
					return
				}
				if !skipResponse(r) {
					b.Error("no response")
					return
				}
			}
		})
	}
	clients.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "requests/s")
}

func skipResponse(r *bufio.Reader) bool {
	length, ok := skipHead(r)
	if !ok {
		return false
	}
	_, err := r.Discard(length)
	return err == nil
}

// BenchmarkNetHTTP is the same load on net/http, to compare with.
func BenchmarkNetHTTP(b *testing.B) {
	body := []byte(strings.Repeat("x", 1024))
	l := listen(b, "tcp", "127.0.0.1:0")
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(body) })}
	config := &tls.Config{Certificates: []tls.Certificate{signedFor(b, chatHost)}}
	go func() { _ = s.Serve(tls.NewListener(l, config)) }()
	b.Cleanup(func() { s.Close() })
	load(b, &edge{https: l.Addr().String()}, "/")
}

// BenchmarkUpdate changes one route of 1,000 sites.
func BenchmarkUpdate(b *testing.B) {
	model := simple(b, "")
	pair := signedFor(b, chatHost)
	one := model.Sites[0]
	model.Sites = nil
	var pairs [][]tls.Certificate
	for n := range 1000 {
		s := one
		s.Host, s.Aliases = "site"+strconv.Itoa(n)+".example", []string{"www.site" + strconv.Itoa(n) + ".example"}
		port := uint16(10000 + 4*n)
		s.Backends = []site.Backend{
			{Name: "app", Servers: []site.Server{{Host: "127.0.0.1", Port: port}}},
			{Name: "chat", Servers: []site.Server{{Host: "127.0.0.1", Port: port + 1}, {Host: "127.0.0.1", Port: port + 2}}},
		}
		s.Routes = []site.Route{{Path: "/ws", Backend: "chat", WebSocket: true},
			{Path: "/old", Redirect: &site.Redirect{To: "/new", Status: 302}}, {Path: "/", Backend: "app"}}
		model.Sites = append(model.Sites, s)
		pairs = append(pairs, []tls.Certificate{pair})
	}
	e := start(b, model, func(o *Options) { o.Certificates = pairs })
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		next := *model
		next.Sites = append([]site.Site(nil), model.Sites...)
		next.Sites[500].Routes = append([]site.Route(nil), one.Routes[1])
		next.Sites[500].Routes[0].Redirect = &site.Redirect{To: "/" + strconv.Itoa(n), Status: 302}
		b.StartTimer()
		if err := e.update(Model{Edge: &next, Certificates: pairs}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProbe goes through all three tiers.
func BenchmarkProbe(b *testing.B) {
	e := start(b, simple(b, ""))
	for b.Loop() {
		if err := e.plane.Probe(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
