package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/site"
	"edgegen/test/port"
)

func server(address string) site.Server {
	a := netip.MustParseAddrPort(address)
	return site.Server{Host: a.Addr().String(), Port: a.Port()}
}

func TestE1Faults(t *testing.T) {
	reset := func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_ = c.(*net.TCPConn).SetLinger(0)
	}
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	say := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, text)
		}
	}
	tests := map[string]struct {
		app    func(net.Conn) // nil refuses
		method string
		status int
		asked  int64 // connections
	}{
		"refuses":               {nil, "GET", 502, 0},
		"resets, repeatable":    {reset, "GET", 502, 2},
		"resets, not":           {reset, "POST", 502, 1},
		"too slow":              {silent, "GET", 504, 1},
		"speaks something else": {say("220 smtp.example ready\r\n\r\n"), "POST", 502, 1},
		"ambiguous answer":      {say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), "POST", 502, 1},
		"two lengths":           {say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "POST", 502, 1},
		"a chunk of no size":    {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n"), "POST", 502, 1},
		"a chunk ends in LF":    {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"), "POST", 502, 1},
		"head too large":        {say("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<17) + "\r\n\r\n"), "POST", 502, 1},
		"switches unasked":      {say(switching), "POST", 502, 1},
		"interim responses":     {say("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "POST", 200, 1},
		"no length":             {say("HTTP/1.1 200 OK\r\n\r\nbody"), "POST", 200, 1},
		"HTTP/1.0":              {say("HTTP/1.0 200 OK\r\n\r\nbody"), "POST", 200, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			address := port.Free(t)
			if test.app != nil {
				address = rawApp(t, func(c net.Conn) { asked.Add(1); test.app(c) })
			}
			model := simple(t, address)
			if test.status == 504 {
				model.Timeout.FirstByte = 200 * time.Millisecond
			}
			e := start(t, model)
			got := e.ask(t, request(test.method, "/", "Content-Length: 0"))
			if got.StatusCode != test.status || got.err != nil {
				t.Errorf("got %d %q %v", got.StatusCode, got.text, got.err)
			}
			if test.status >= 500 && got.text != fmt.Sprintf("%d %s\n", test.status, http.StatusText(test.status)) {
				t.Errorf("E7: %q", got.text)
			}
			if asked.Load() != test.asked {
				t.Errorf("asked %d times", asked.Load())
			}
		})
	}
}

func TestE1RoundRobin(t *testing.T) {
	name := func(n string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, n) }
	}
	model := simple(t, "")
	model.Sites[0].Backends[0].Servers = []site.Server{server(app(t, name("a"))), server(port.Free(t)), server(app(t, name("b")))}
	e := start(t, model)
	seen := map[string]int{}
	for range 12 {
		got := e.ask(t, request("POST", "/", "Content-Length: 0"))
		seen[fmt.Sprint(got.StatusCode, got.text)]++
	}
	if len(seen) != 2 || seen["200a"] < 4 || seen["200b"] < 4 {
		t.Errorf("%v", seen)
	}
}

func TestE1NobodyHealthy(t *testing.T) {
	model := simple(t, "")
	model.Sites[0].Backends[0].Servers = []site.Server{server(port.Free(t)), server(port.Free(t))}
	e := start(t, model)
	for _, want := range []int{502, 503} {
		if got := e.get(t, "/"); got.StatusCode != want {
			t.Errorf("got %d, want %d", got.StatusCode, want)
		}
	}
}

// A connection that the backend closed while it was idle costs no request.
func TestE1StaleConnection(t *testing.T) {
	e := start(t, simple(t, rawApp(t, func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	})))
	for _, method := range []string{"POST", "POST", "GET", "GET"} {
		if got := e.ask(t, request(method, "/", "Content-Length: 0")); got.StatusCode != 200 {
			t.Errorf("%s: %d", method, got.StatusCode)
		}
	}
}

// An answer that comes before the body was sent reaches the client.
func TestEarlyAnswer(t *testing.T) {
	model := simple(t, rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		_, _ = http.ReadRequest(r)
		_, _ = io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
	}))
	streaming(model)
	e := start(t, model)
	c := e.dial(t)
	_, _ = io.WriteString(c, request("POST", "/", "Content-Length: 1000000")+strings.Repeat("x", 1000))
	if got := read(t, bufio.NewReader(c), "POST"); got.StatusCode != 401 {
		t.Errorf("got %d", got.StatusCode)
	}
}

// streaming lets request bodies reach the app as they come.
func streaming(model *site.Edge) {
	for i := range model.Sites[0].Routes {
		model.Sites[0].Routes[i].Stream = true
	}
}

// Bodies stream both ways, larger than any buffer, in constant memory.
func TestStreaming(t *testing.T) {
	const size = 64 << 20
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
			return
		}
		if r.URL.Path == "/counted" {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		w.Header().Set("Cache-Control", "max-age=60")
		block := make([]byte, 1<<16)
		for range size / len(block) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})), func(o *Options) { o.Edge.Limits.BodySize = 1 << 30 })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, path := range []string{"/counted", "/chunked"} {
		c := e.dial(t)
		_, _ = io.WriteString(c, request("GET", path))
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
			t.Errorf("%s: %d %v", path, n, err)
		}
	}
	for _, how := range []string{"Content-Length: 8388608", "Transfer-Encoding: chunked"} {
		c := e.dial(t)
		_, _ = io.WriteString(c, request("POST", "/", how))
		block := strings.Repeat("x", 1<<16)
		for range 128 {
			if strings.HasPrefix(how, "T") {
				_, _ = io.WriteString(c, "10000\r\n"+block+"\r\n")
			} else {
				_, _ = io.WriteString(c, block)
			}
		}
		if strings.HasPrefix(how, "T") {
			_, _ = io.WriteString(c, "0\r\n\r\n")
		}
		if got := read(t, bufio.NewReader(c), "POST"); got.text != "8388608 <nil>" {
			t.Errorf("%s: %q", how, got.text)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("%d bytes more in use", grown)
	}
}

// Clients that vanish leave nothing behind.
func TestVanishingClients(t *testing.T) {
	hold := make(chan struct{})
	backend := app(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-hold:
			}
		case "/stream":
			for {
				if _, err := w.Write(make([]byte, 1<<15)); err != nil {
					return
				}
			}
		}
		_, _ = io.Copy(w, r.Body)
	})
	t.Cleanup(func() { close(hold) })
	goroutines, descriptors := 0, 0
	t.Run("edge", func(t *testing.T) {
		model := simple(t, backend)
		model.Limits.BodySize = 1 << 30
		e := start(t, model)
		_ = e.get(t, "/warm").text
		goroutines, descriptors = runtime.NumGoroutine(), openFiles(t)
		kinds := []string{request("GET", "/slow"), request("GET", "/stream"), request("GET", "/ttl/slow"), "GET / HT", "",
			request("POST", "/x", "Content-Length: 500000") + "abc", request("POST", "/x", "Transfer-Encoding: chunked") + "5\r\nab",
			request("GET", "/ttl/a"), handshake("/ws"), request("POST", "/x", "Content-Length: 300000") + strings.Repeat("x", 200000)}
		var clients sync.WaitGroup
		slots := make(chan struct{}, 16)
		for i := range 400 {
			slots <- struct{}{}
			clients.Go(func() {
				defer func() { <-slots }()
				c, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost})
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(c, kinds[i%len(kinds)])
				_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
				_, _ = c.Read(make([]byte, 100))
				_ = c.NetConn().Close()
			})
		}
		clients.Wait()
		eventually(t, "goroutines and descriptors are back", func() bool {
			return runtime.NumGoroutine() <= goroutines+10+e.plane.tasks.Resting() && openFiles(t) <= descriptors+10
		})
	})
}

func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	return len(entries)
}

func TestCacheFileSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.bin")
	var asked atomic.Int64
	backend := app(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = io.WriteString(w, strings.Repeat("x", 100000))
	})
	for i, want := range []string{"MISS", "HIT"} {
		t.Run(want, func(t *testing.T) {
			model := simple(t, backend)
			model.Storage = site.Storage{Type: "file", Path: path, Size: 8 << 20}
			e := start(t, model)
			got := e.get(t, "/x")
			if got.Header.Get("X-Cache") != want || len(got.text) != 100000 {
				t.Errorf("run %d: %v, %d bytes", i, got.Header, len(got.text))
			}
			if r := e.get(t, "/x", "Range: bytes=99990-"); i > 0 && (r.StatusCode != 206 || r.text != "xxxxxxxxxx") {
				t.Errorf("range: %d %q", r.StatusCode, r.text)
			}
			if _, err := New(e.options); err == nil {
				t.Error("the file can be opened twice")
			}
		})
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestShutdown(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-finish
		_, _ = io.WriteString(w, "done")
	})))
	idle, busy := e.dial(t), e.dial(t)
	_, _ = io.WriteString(idle, request("GET", "/old"))
	ir := bufio.NewReader(idle)
	read(t, ir, "GET")
	_, _ = io.WriteString(busy, request("GET", "/x"))
	<-started
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.plane.Shutdown(t.Context())
	}()
	if _, err := ir.ReadByte(); err == nil {
		t.Error("the idle connection is not closed")
	}
	close(finish)
	got := read(t, bufio.NewReader(busy), "GET")
	if got.text != "done" || !got.Close {
		t.Errorf("got %q, close %v", got.text, got.Close)
	}
	<-done
	if _, err := net.Dial("tcp", e.https); err == nil {
		t.Error("still accepts")
	}
	if err := e.plane.Probe(t.Context()); err == nil {
		t.Error("a stopped plane answers a probe")
	}
}

// A second stop ends what the first one still waits for.
func TestShutdownHurried(t *testing.T) {
	started := make(chan struct{})
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})))
	c := e.dial(t)
	_, _ = io.WriteString(c, request("POST", "/x", "Content-Length: 0"))
	<-started
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.plane.Shutdown(t.Context())
	}()
	eventually(t, "stopping", e.plane.stopping.Load)
	now, end := context.WithCancel(t.Context())
	end()
	e.plane.Shutdown(now)
	<-done
}

// An app's connection is kept after a 103, and nginx's is not.
func TestInterimResponses(t *testing.T) {
	e := start(t, simple(t, ""), func(o *Options) { o.Roles, o.HTTPS, o.HTTP = Roles{Cache: true}, nil, nil })
	if !e.plane.toWeb.InterimEnds {
		t.Error("nginx is relied on")
	}
	for name, group := range e.plane.model.Load().groups {
		if group.InterimEnds {
			t.Errorf("%s is not relied on", name)
		}
	}
}
