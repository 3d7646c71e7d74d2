package upstream

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
	"edgegen/test/careless"
)

// serveCareless runs a careless app on the listener until the test ends.
func serveCareless(t *testing.T, l net.Listener, answer string, pause time.Duration, sent chan<- struct{}) {
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tasks.Go(func() {
				defer c.Close()
				careless.Converse(c, answer, pause, func() { sent <- struct{}{} })
			})
		}
	})
	t.Cleanup(func() { l.Close(); tasks.Wait() })
}

// TestUnaskedBytes: what lies on a kept connection before a request is written
// is never its answer, and costs no request, even to a server that is trusted.
func TestUnaskedBytes(t *testing.T) {
	for name, kind := range careless.Kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
			if err != nil {
				t.Fatal(err)
			}
			sent := make(chan struct{}, 1)
			serveCareless(t, l, kind.Answer, time.Millisecond, sent)
			g := NewGroup([]Address{{Network: "unix", Address: l.Addr().String()}})
			t.Cleanup(g.Close)
			told := 0
			try := func(req *wire.Request) string {
				req.Host = "app"
				r, trace, err := g.RoundTrip(context.Background(), req, patience)
				if err != nil {
					t.Fatal(req.Target, err)
				}
				defer r.Close()
				if trace.Careless {
					told++
				}
				if r.Body == nil {
					return ""
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Fatal(req.Target, err)
				}
				return string(body)
			}
			for trial := range 200 {
				g.now().servers[0].trust.until.Store(0)
				g.now().servers[0].trust.proven.Store(proofs)
				if got := try(&wire.Request{Method: kind.Method, Target: "/"}); strings.Contains(got, "stolen") {
					t.Fatalf("%d: %q", trial, got)
				}
				<-sent
				own := fmt.Sprint("/own/", trial)
				next := &wire.Request{Method: []string{"GET", "POST"}[trial%2], Target: own}
				if trial%4 == 1 { // a body that is sent as it comes
					next.Length, next.Body = 1<<16, strings.NewReader(strings.Repeat("x", 1<<16))
				}
				if got := try(next); got != own {
					t.Fatalf("%d: another's answer %q", trial, got)
				}
			}
			if told != 200 {
				t.Errorf("told %d times of 200", told)
			}
		})
	}
}

// TestProbation: a server that nothing is known of gets time to send what
// nobody asked for; one that did gets no second chance for a while.
func TestProbation(t *testing.T) {
	g, connections := start(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
	s := g.now().servers[0]
	s.trust.proven.Store(0)
	once := func(opened int64) {
		t.Helper()
		before := connections.Load()
		if got, err := ask(t, g, &wire.Request{Method: "GET", Target: "/"}); got != "200 x" || err != nil {
			t.Errorf("%q %v", got, err)
		}
		if n := connections.Load() - before; n != opened {
			t.Errorf("%d connections opened, want %d", n, opened)
		}
	}
	age := func(by time.Duration) {
		for _, c := range s.idle {
			c.used = c.used.Add(-by)
		}
	}
	once(1)
	once(1) // the first has not rested
	age(rest)
	once(0)
	if n := s.trust.proven.Load(); n != 1 {
		t.Errorf("%d proofs", n)
	}
	s.trust.proven.Store(proofs)
	once(0)
	once(0)
	s.mistrust()
	once(1)
	age(rest)
	once(1)
	s.trust.until.Store(time.Now().Add(-time.Second).UnixNano())
	once(1)
	age(rest)
	once(0)
}

// TestServerHangsUp: a kept connection that ends is no fault of the server,
// with or without the words that some say.
func TestServerHangsUp(t *testing.T) {
	for name, last := range map[string]string{"silently": "", "408": "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
			if err != nil {
				t.Fatal(err)
			}
			over := make(chan struct{})
			var tasks sync.WaitGroup
			tasks.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
					}
					time.Sleep(time.Millisecond) // the answer is read by itself
					_, _ = io.WriteString(c, last)
					c.Close()
					over <- struct{}{}
				}
			})
			t.Cleanup(func() { l.Close(); tasks.Wait() })
			g := NewGroup([]Address{{Network: "unix", Address: l.Addr().String()}})
			t.Cleanup(g.Close)
			for range 3 {
				g.now().servers[0].trust.proven.Store(proofs)
				r, trace, err := g.RoundTrip(context.Background(), &wire.Request{Method: "POST", Target: "/", Host: "app"}, patience)
				if err != nil || trace.Careless {
					t.Fatal(trace, err)
				}
				body, _ := io.ReadAll(r.Body)
				r.Close()
				<-over
				if string(body) != "ok" {
					t.Errorf("%q", body)
				}
			}
		})
	}
}
