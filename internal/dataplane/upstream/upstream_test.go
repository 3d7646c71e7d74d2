package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
	"edgegen/test/port"
)

var patience = Timeouts{Connect: 30 * time.Second, FirstByte: 30 * time.Second}

func start(t *testing.T, handler http.HandlerFunc) (*Group, *atomic.Int64) {
	t.Helper()
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(handler)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	g := NewGroup([]Address{{Network: "tcp", Address: s.Listener.Addr().String()}})
	g.now().servers[0].trust.proven.Store(proofs)
	t.Cleanup(func() { g.Close(); s.Close() })
	return g, &connections
}

func ask(t *testing.T, g *Group, req *wire.Request) (string, error) {
	t.Helper()
	req.Host = "app"
	r, _, err := g.RoundTrip(context.Background(), req, patience)
	if err != nil {
		return "", err
	}
	defer r.Close()
	if r.Body == nil {
		return fmt.Sprint(r.Status), nil
	}
	body, err := io.ReadAll(r.Body)
	return fmt.Sprint(r.Status, " ", string(body)), err
}

// TestInterimResponses: with an nginx that does not know them, what follows is no
// end that may be relied on; with an app it is.
func TestInterimResponses(t *testing.T) {
	for _, status := range []int{http.StatusContinue, http.StatusEarlyHints} {
		for ends, want := range map[bool]int64{true: 3, false: 1} {
			g, connections := start(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "x")
			})
			g.InterimEnds = ends
			g = g.With([]Address{g.now().servers[0].Address, {Network: "tcp", Address: "127.0.0.1:1"}})
			g.now().servers[1].downUntil.Store(time.Now().Add(time.Hour).UnixNano())
			for range 3 {
				if got, err := ask(t, g, &wire.Request{Method: "GET", Target: "/"}); got != "200 x" || err != nil {
					t.Errorf("%d: got %q %v", status, got, err)
				}
			}
			if n := connections.Load(); n != want {
				t.Errorf("%d, ends %v: %d connections, want %d", status, ends, n, want)
			}
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	g, connections := start(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/chunked":
			w.(http.Flusher).Flush()
		case "/none":
			w.WriteHeader(204)
			return
		}
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(body))
	})
	large := strings.Repeat("x", 1<<20)
	for _, test := range []struct {
		req  wire.Request
		want string
	}{
		{wire.Request{Method: "GET", Target: "/a"}, "200 GET /a 0"},
		{wire.Request{Method: "GET", Target: "/chunked"}, "200 GET /chunked 0"},
		{wire.Request{Method: "HEAD", Target: "/a"}, "200"},
		{wire.Request{Method: "GET", Target: "/none"}, "204"},
		{wire.Request{Method: "POST", Target: "/p", Length: 3, Body: strings.NewReader("abc")}, "200 POST /p 3"},
		{wire.Request{Method: "POST", Target: "/p", Length: -1, Body: strings.NewReader("abcd")}, "200 POST /p 4"},
		{wire.Request{Method: "PUT", Target: "/p", Length: 1 << 20, Body: strings.NewReader(large)}, "200 PUT /p 1048576"},
		{wire.Request{Method: "PUT", Target: "/p", Length: -1, Body: strings.NewReader(large)}, "200 PUT /p 1048576"},
	} {
		if got, err := ask(t, g, &test.req); got != test.want || err != nil {
			t.Errorf("got %q %v, want %q", got, err, test.want)
		}
	}
	if n := connections.Load(); n > 3 { // one whose body may still be on its way when the answer is there is not kept
		t.Errorf("%d connections", n)
	}
}

func TestBodyCutOff(t *testing.T) {
	g, _ := start(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	for _, length := range []int64{10, 1 << 20} {
		for name, rest := range map[string]io.Reader{"broken": broken{}, "ended": strings.NewReader("")} {
			body := io.MultiReader(strings.NewReader("short"), rest)
			if _, err := ask(t, g, &wire.Request{Method: "POST", Target: "/", Length: length, Body: body}); !errors.Is(err, ErrClient) {
				t.Errorf("%s, length %d: %v", name, length, err)
			}
		}
	}
}

// broken is a client that went away.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestClientLeaves(t *testing.T) {
	asked, left := make(chan struct{}), make(chan struct{})
	g, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
		close(left)
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	_, _, err := g.RoundTrip(ctx, &wire.Request{Method: "GET", Target: "/", Host: "app"}, patience)
	if !errors.Is(err, ErrClient) {
		t.Error(err)
	}
	<-left
}

// A client that leaves while a server is dialled is no fault of the server.
func TestClientLeavesEarly(t *testing.T) {
	g, _ := start(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := g.RoundTrip(ctx, &wire.Request{Method: "GET", Target: "/", Host: "app"}, patience)
	if !errors.Is(err, ErrClient) || g.now().servers[0].downUntil.Load() != 0 {
		t.Error(err)
	}
	_, _, _, err = g.Upgrade(ctx, &wire.Request{Method: "GET", Target: "/", Host: "app"}, patience)
	if !errors.Is(err, ErrClient) {
		t.Error(err)
	}
}

// A group made from another shares the servers that are in both, with their
// connections.
func TestWith(t *testing.T) {
	g, connections := start(t, func(w http.ResponseWriter, r *http.Request) {})
	once := func(g *Group) {
		t.Helper()
		if _, err := ask(t, g, &wire.Request{Method: "GET", Target: "/"}); err != nil {
			t.Error(err)
		}
	}
	once(g)
	address := g.now().servers[0].Address
	if g.With([]Address{address}) != g {
		t.Error("the same servers make another group")
	}
	more := g.With([]Address{address, {Network: "tcp", Address: "127.0.0.1:1"}})
	more.now().servers[1].downUntil.Store(time.Now().Add(time.Hour).UnixNano())
	g.CloseExcept(more)
	for range 4 {
		once(more)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	more.CloseExcept(g.With([]Address{{Network: "tcp", Address: "127.0.0.1:1"}}))
	once(g)
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections after its end", n)
	}
}

// A name that stands for two addresses is tried at both, also when the server
// moves from one to the other.
func TestTwoAddresses(t *testing.T) {
	serve := func(address string) *httptest.Server {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, l.Addr().String())
		})}}
		s.Start()
		return s
	}
	one := port.Free(t)
	second := strings.Replace(one, "127.0.0.1", "127.0.0.2", 1)
	first := serve(one)
	g := NewGroup([]Address{{Network: "tcp", Address: "app", First: one, Second: second}})
	t.Cleanup(g.Close)
	once := func(at string) {
		t.Helper()
		r, trace, err := g.RoundTrip(context.Background(), &wire.Request{Method: "POST", Target: "/", Host: "app"}, patience)
		if err != nil || trace.Server != at {
			t.Fatal(trace, err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Close()
		if string(body) != at {
			t.Errorf("%s has answered for %s", body, at)
		}
	}
	once(one)
	first.Close()
	other := serve(second)
	once(second)
	once(second)
	other.Close()
	back := serve(one)
	once(one)
	back.Close()
	if _, _, err := g.RoundTrip(context.Background(), &wire.Request{Method: "POST", Target: "/", Host: "app"}, patience); !errors.Is(err, ErrFailed) {
		t.Error(err)
	}
}
