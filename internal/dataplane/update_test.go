package dataplane

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/site"
)

// changed copies a model and changes the copy.
func changed(old *site.Edge, change func(*site.Edge)) *site.Edge {
	next := *old
	next.Sites = slices.Clone(old.Sites)
	for i := range next.Sites {
		next.Sites[i].Routes = slices.Clone(next.Sites[i].Routes)
		next.Sites[i].Backends = slices.Clone(next.Sites[i].Backends)
	}
	change(&next)
	return &next
}

// copyOf is a duplicate of a listener's socket, as control hands them over.
func copyOf(t testing.TB, l net.Listener) net.Listener {
	t.Helper()
	file, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What Prepare refuses changes nothing, and what is prepared and discarded
// neither.
func TestR1Prepare(t *testing.T) {
	model := simple(t, "")
	e := start(t, model, func(o *Options) { o.Generation = "one" })
	next := changed(model, func(n *site.Edge) { n.Sites[0].Routes[1].Redirect = &site.Redirect{To: "/x", Status: 307} })
	if _, err := e.prepare(Model{Edge: next, Generation: "two"}); err == nil {
		t.Error("a model without certificates is taken")
	}
	broken := changed(next, func(n *site.Edge) {
		n.Storage = site.Storage{Type: "file", Path: filepath.Join(t.TempDir(), "no/such"), Size: 4 << 20}
	})
	if _, err := e.prepare(Model{Edge: broken, Certificates: e.options.Certificates}); err == nil {
		t.Error("a storage that cannot be opened is taken")
	}
	prepared, err := e.prepare(Model{Edge: next, Certificates: e.options.Certificates, Generation: "two"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.prepare(Model{Edge: next, Certificates: e.options.Certificates}); err == nil {
		t.Error("two are prepared at a time")
	}
	if got := e.get(t, "/old"); got.StatusCode != 302 || e.plane.Generation() != "one" {
		t.Errorf("prepared only: %d %s", got.StatusCode, e.plane.Generation())
	}
	prepared.Discard()
	prepared.Commit()()
	if got := e.get(t, "/old"); got.StatusCode != 302 || e.plane.Generation() != "one" {
		t.Errorf("discarded: %d %s", got.StatusCode, e.plane.Generation())
	}
}

func TestR1Undo(t *testing.T) {
	model := simple(t, "")
	e := start(t, model, func(o *Options) { o.Generation = "one" })
	next := changed(model, func(n *site.Edge) { n.Sites[0].Routes[1].Redirect = &site.Redirect{To: "/x", Status: 307} })
	fresh := signedFor(t, chatHost)
	prepared, err := e.prepare(Model{Edge: next, Certificates: [][]tls.Certificate{{fresh}}, Generation: "two"})
	if err != nil {
		t.Fatal(err)
	}
	serves := func(status int, generation string, c tls.Certificate) {
		t.Helper()
		if got := e.get(t, "/old"); got.StatusCode != status || e.plane.Generation() != generation {
			t.Errorf("%d %s, want %d %s", got.StatusCode, e.plane.Generation(), status, generation)
		}
		if !e.dial(t).ConnectionState().PeerCertificates[0].Equal(c.Leaf) {
			t.Errorf("R4: another certificate than that of %s", generation)
		}
		if err := e.plane.Probe(t.Context()); err != nil {
			t.Errorf("R5: %v", err)
		}
	}
	undo := prepared.Commit()
	serves(307, "two", fresh)
	undo()
	serves(302, "one", e.options.Certificates[0][0])
	prepared.Discard()
	undo()
	serves(302, "one", e.options.Certificates[0][0])
}

// Listeners come and go with the model; the connections of one that is gone
// end after their next answer, its WebSockets stay.
func TestR2Listeners(t *testing.T) {
	model := simple(t, rawApp(t, echoSocket))
	held := listen(t, "tcp", "127.0.0.1:0")
	defer held.Close()
	e := start(t, model, func(o *Options) { o.HTTPS = append(o.HTTPS, copyOf(t, held)) })
	first := e.https
	second := held.Addr().String()
	e.https = second
	kept, socket := e.dial(t), e.dial(t)
	_, _ = io.WriteString(socket, handshake("/ws"))
	chat := bufio.NewReader(socket)
	if r, err := http.ReadResponse(chat, nil); err != nil || r.StatusCode != 101 {
		t.Fatal(r, err)
	}
	over2 := e.client(t)
	if status, _, err := over2.ask("/old", ""); status != 302 || err != nil {
		t.Fatal(status, err)
	}
	answers := bufio.NewReader(kept)
	ask := func(wantClose bool) {
		t.Helper()
		_, _ = io.WriteString(kept, request("GET", "/old"))
		if got := read(t, answers, "GET"); got.StatusCode != 302 || got.Close != wantClose {
			t.Errorf("got %d, close %v", got.StatusCode, got.Close)
		}
	}
	ask(false)
	third := listen(t, "tcp", "127.0.0.1:0")
	same := &duplicate{addr: e.options.HTTPS[0].Addr()}
	prepared, err := e.plane.Prepare(Model{Edge: model, Certificates: e.options.Certificates, HTTPS: []net.Listener{same, copyOf(t, third)}})
	if err != nil {
		t.Fatal(err)
	}
	undo := prepared.Commit()
	e.https = third.Addr().String()
	if got := e.get(t, "/old"); got.StatusCode != 302 || !same.closed.Load() {
		t.Errorf("new listener: %d, duplicate closed %v", got.StatusCode, same.closed.Load())
	}
	e.https = second
	waiting, err := net.Dial("tcp", second) // the kernel takes it, since the socket is held
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	undo() // and now somebody serves it
	hello := tls.Client(waiting, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost})
	_ = hello.SetDeadline(time.Now().Add(10 * time.Second))
	if err := hello.Handshake(); err != nil {
		t.Errorf("R1: after the undo: %v", err)
	}
	ask(false)
	prepared.Discard()
	third.Close()
	if c, err := net.Dial("tcp", third.Addr().String()); err == nil {
		c.Close()
		t.Error("the undone listener is still open")
	}
	if err := e.update(Model{Edge: model, Certificates: e.options.Certificates}); err != nil {
		t.Fatal(err)
	}
	prepared, err = e.plane.Prepare(Model{Edge: model, Certificates: e.options.Certificates, HTTPS: []net.Listener{&duplicate{addr: e.options.HTTPS[0].Addr()}}})
	if err != nil {
		t.Fatal(err)
	}
	prepared.Commit()
	prepared.Discard()
	held.Close()
	if c, err := net.Dial("tcp", second); err == nil {
		c.Close()
		t.Error("the old listener is still open")
	}
	ask(true)
	if status, _, err := over2.ask("/old", ""); status != 302 || err != nil {
		t.Errorf("HTTP/2: %d %v", status, err)
	}
	eventually(t, "the HTTP/2 connection ends", func() bool {
		_, _, err := over2.ask("/old", "")
		return err != nil
	})
	_, _ = io.WriteString(socket, "still\n")
	_, _ = chat.ReadString('\n')
	if line, err := chat.ReadString('\n'); line != "still\n" {
		t.Errorf("WebSocket: %q %v", line, err)
	}
	e.https = first
	if got := e.get(t, "/old"); got.StatusCode != 302 {
		t.Errorf("first listener: %d", got.StatusCode)
	}
}

// A request under way keeps the model it came under.
func TestR2UnderWay(t *testing.T) {
	asked, answer := make(chan bool), make(chan bool)
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- true
		<-answer
	}))
	e := start(t, model)
	got := make(chan string)
	go func() { got <- e.get(t, "/").Header.Get("X-Frame-Options") }()
	<-asked
	if err := e.update(Model{Edge: changed(model, func(n *site.Edge) { n.Sites[0].Routes[3].ResponseHeaders = site.HeaderRules{} }), Certificates: e.options.Certificates}); err != nil {
		t.Fatal(err)
	}
	answer <- true
	if old := <-got; old != "DENY" {
		t.Errorf("got %q", old)
	}
	go func() { got <- e.get(t, "/").Header.Get("X-Frame-Options") }()
	<-asked
	answer <- true
	if now := <-got; now != "" {
		t.Errorf("got %q", now)
	}
}

// Every part of a model counts from the next request or connection on.
func TestUpdateTakesEffect(t *testing.T) {
	var lost atomic.Int64
	backend := rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			q, err := http.ReadRequest(r)
			if err != nil {
				lost.Add(1)
				return
			}
			text := q.Header.Get("X-Real-IP")
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		}
	})
	model := simple(t, backend)
	e := start(t, model)
	kept := e.dial(t)
	answers := bufio.NewReader(kept)
	again := func(fields ...string) reply {
		t.Helper()
		_, _ = io.WriteString(kept, request("GET", "/", fields...))
		return read(t, answers, "GET")
	}
	h2 := e.client(t)
	update := func(change func(*site.Edge)) {
		t.Helper()
		model = changed(model, change)
		if err := e.update(Model{Edge: model, Certificates: e.options.Certificates}); err != nil {
			t.Fatal(err)
		}
	}
	big := "X-Big: " + strings.Repeat("x", 8<<10)
	if got := again(big); got.StatusCode != 200 || e.get(t, "/ttl/a").Header.Get("X-Cache") != "MISS" {
		t.Fatalf("got %d", got.StatusCode)
	}
	if status, _, err := h2.ask("/", big); status != 200 || err != nil {
		t.Fatal(status, err)
	}
	update(func(n *site.Edge) { n.Trusted = []site.Prefix{{Network: netip.MustParsePrefix("127.0.0.0/8")}} })
	if got := again("X-Forwarded-For: 9.8.7.6"); got.text != "9.8.7.6" {
		t.Errorf("trusted: %q", got.text)
	}
	if got := e.get(t, "/ttl/a"); got.Header.Get("X-Cache") != "HIT" {
		t.Errorf("the cache was lost: %v", got.Header)
	}
	if n := lost.Load(); n > 0 {
		t.Errorf("upstream connections were lost: %d", n)
	}
	update(func(n *site.Edge) {
		n.Sites[0].Backends[0].Servers = []site.Server{n.Sites[0].Backends[0].Servers[0], {Host: "127.0.0.1", Port: 1}}
	})
	if got := again(); got.StatusCode != 200 {
		t.Errorf("more servers: %d", got.StatusCode)
	}
	if n := lost.Load(); n > 0 {
		t.Errorf("upstream connections of a server that stays were lost: %d", n)
	}
	update(func(n *site.Edge) { n.Limits.HeaderSize, n.Limits.BodySize, n.Timeout.Idle = 4<<10, 10, 30*time.Second })
	if got := e.ask(t, request("POST", "/", "Content-Length: 11")+"01234567890"); got.StatusCode != 413 {
		t.Errorf("body size: %d", got.StatusCode)
	}
	if got := e.get(t, "/", big); got.StatusCode != 431 {
		t.Errorf("header size: %d", got.StatusCode)
	}
	if status, _, err := h2.ask("/", ""); status != 200 || err != nil {
		t.Errorf("HTTP/2, a connection from before: %d %v", status, err)
	}
	h2 = e.client(t)
	if status, _, err := h2.ask("/", big); err == nil && status != 431 {
		t.Errorf("HTTP/2, header size: %d", status)
	}
	update(func(n *site.Edge) { n.Limits.Connections = 1 })
	if got := e.get(t, "/"); got.StatusCode != 503 {
		t.Errorf("connections: %d", got.StatusCode)
	}
	if err := e.plane.Probe(t.Context()); err != nil {
		t.Errorf("a full plane is well: %v", err)
	}
	update(func(n *site.Edge) { n.Limits.Connections, n.Sites[0].TLS.MinVersion = 1000, "1.3" })
	if _, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("min_version has no effect")
	}
	update(func(n *site.Edge) { n.Timeout.Header = 500 * time.Millisecond })
	slow := e.dial(t)
	if _, err := slow.Read(make([]byte, 1)); err == nil {
		t.Error("the header's time has no effect")
	}
}
