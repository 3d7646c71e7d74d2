package dataplane

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/site"
)

// edge is a running Plane with what a test needs of it.
type edge struct {
	plane   *Plane
	model   *site.Edge
	https   string
	http    string
	dir     string
	records func() []accesslog.Record
	options Options
	cache   *edge // the cache tier of those that spread made, which logs
}

const chatHost = "chat.example"

// simple is an edge with one site and one backend.
func simple(t testing.TB, backend string) *site.Edge {
	t.Helper()
	address, port := "127.0.0.1", uint16(1)
	if backend != "" {
		a := netip.MustParseAddrPort(backend)
		address, port = a.Addr().String(), a.Port()
	}
	return &site.Edge{
		HTTPS:     []site.Listener{{Address: netip.MustParseAddrPort("127.0.0.1:8443")}},
		Protocols: site.Protocols{HTTP2: true},
		Storage:   site.Storage{Type: "memory", Size: 32 << 20},
		Limits:    site.Limits{Connections: 1000, WebSockets: 100, HeaderSize: 16 << 10, BodySize: 1 << 20},
		Timeout: site.Timeouts{Header: 10 * time.Second, Idle: time.Minute, Connect: 5 * time.Second, FirstByte: 10 * time.Second, BetweenBytes: 10 * time.Second, Body: 10 * time.Second,
			WebSocketIdle: time.Hour, Drain: 10 * time.Second},
		Sites: []site.Site{{
			Host: chatHost, Aliases: []string{"www.chat.example"},
			TLS:      site.TLS{MinVersion: "1.2"},
			Backends: []site.Backend{{Name: "app", Servers: []site.Server{{Host: address, Port: port}}}},
			Cache:    site.Cache{IgnoreCookies: []string{"_ga*"}},
			Routes: []site.Route{
				{Path: "/ws", Backend: "app", WebSocket: true},
				{Path: "/old", Redirect: &site.Redirect{To: "/new", Status: 302}},
				{Path: "/ttl", Backend: "app", HasTTL: true, TTL: time.Hour},
				{Path: "/", Backend: "app", WebSocket: false,
					RequestHeaders:  site.HeaderRules{Set: []site.Header{{Name: "X-Stage", Value: "live"}}, Remove: []site.HeaderName{{Name: "X-Debug"}}},
					ResponseHeaders: site.HeaderRules{Set: []site.Header{{Name: "X-Frame-Options", Value: "DENY"}}, Remove: []site.HeaderName{{Name: "X-Powered-By"}}}},
			},
		}},
	}
}

// start runs a Plane with all roles and public listeners until the test ends.
func start(t testing.TB, model *site.Edge, change ...func(*Options)) *edge {
	t.Helper()
	e := &edge{model: model, dir: shortDir(t)}
	var mu sync.Mutex
	var records []accesslog.Record
	e.records = func() []accesslog.Record {
		mu.Lock()
		defer mu.Unlock()
		return append([]accesslog.Record(nil), records...)
	}
	secure, plain := listen(t, "tcp", "127.0.0.1:0"), listen(t, "tcp", "127.0.0.1:0")
	e.https, e.http = secure.Addr().String(), plain.Addr().String()
	e.options = Options{Model: Model{Edge: model, HTTPS: []net.Listener{secure}, HTTP: []net.Listener{plain}},
		Roles: Roles{TLS: true, Cache: true, Web: true},
		Access: func(r *accesslog.Record) {
			mu.Lock()
			defer mu.Unlock()
			records = append(records, r.Clone())
		}}
	for range model.Sites {
		e.options.Certificates = append(e.options.Certificates, []tls.Certificate{signedFor(t, chatHost)})
	}
	for _, c := range change {
		c(&e.options)
	}
	e.run(t)
	return e
}

func (e *edge) run(t testing.TB) {
	t.Helper()
	plane, err := New(e.options)
	if err != nil {
		t.Fatal(err)
	}
	e.plane = plane
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- plane.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// update swaps the model; the listeners stay.
func (e *edge) update(m Model) error {
	prepared, err := e.prepare(m)
	if err != nil {
		return err
	}
	prepared.Commit()
	prepared.Discard()
	return nil
}

// prepare prepares a model with the listeners that the edge has.
func (e *edge) prepare(m Model) (*Prepared, error) {
	for _, l := range e.options.HTTPS {
		m.HTTPS = append(m.HTTPS, &duplicate{addr: l.Addr()})
	}
	for _, l := range e.options.HTTP {
		m.HTTP = append(m.HTTP, &duplicate{addr: l.Addr()})
	}
	return e.plane.Prepare(m)
}

// duplicate stands for a duplicate of a socket that is served already.
type duplicate struct {
	net.Listener
	addr   net.Addr
	closed atomic.Bool
}

func (d *duplicate) Addr() net.Addr { return d.addr }

func (d *duplicate) Close() error {
	d.closed.Store(true)
	return nil
}

func listen(t testing.TB, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// shortDir is a directory whose path leaves room for a socket's name.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func signedFor(t testing.TB, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// app starts a backend.
func app(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// rawApp starts a backend that is given each connection.
func rawApp(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l := listen(t, "tcp", "127.0.0.1:0")
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tasks.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); tasks.Wait() })
	return l.Addr().String()
}

// dial opens a TLS connection that speaks HTTP/1.1.
func (e *edge) dial(t testing.TB) *tls.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// reply is a response that was read whole.
type reply struct {
	*http.Response
	text string
	err  error // of reading the body
}

// ask sends raw bytes on a connection of its own and reads one response.
func (e *edge) ask(t testing.TB, raw string) reply {
	t.Helper()
	c := e.dial(t)
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(raw, " ")
	return read(t, bufio.NewReader(c), method)
}

func read(t testing.TB, r *bufio.Reader, method string) reply {
	t.Helper()
	response, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("read response: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	return reply{response, string(body), err}
}

// get asks for a path with more header lines.
func (e *edge) get(t testing.TB, path string, fields ...string) reply {
	t.Helper()
	return e.ask(t, request("GET", path, fields...))
}

func request(method, path string, fields ...string) string {
	raw := method + " " + path + " HTTP/1.1\r\nHost: " + chatHost + "\r\n"
	for _, f := range fields {
		raw += f + "\r\n"
	}
	return raw + "\r\n"
}

// eventually waits for something that happens soon.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func symlink(target, path string) error { return os.Symlink(target, path) }

func remove(path string) error { return os.Remove(path) }

const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

func handshake(path string) string {
	return request("GET", path, "Upgrade: websocket", "Connection: keep-alive, Upgrade", key, "Sec-WebSocket-Version: 13")
}
