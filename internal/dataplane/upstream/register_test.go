package upstream

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
)

// open is what the register counts of a group's only server.
func open(r *Register, g *Group) int { return r.Open()[g.now().servers[0].Address.Address] }

func TestRegisterRequests(t *testing.T) {
	going := make(chan struct{})
	g, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/abort" {
			panic(http.ErrAbortHandler)
		}
		if r.URL.Path == "/empty" {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-going:
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, "end")
	})
	var register Register
	register.Add(g)
	register.Add(g.With([]Address{g.now().servers[0].Address, {Network: "tcp", Address: "127.0.0.1:1"}}))
	if n := open(&register, g); n != 0 {
		t.Errorf("%d at first", n)
	}
	for _, path := range []string{"/empty", "/abort"} {
		if _, err := ask(t, g, &wire.Request{Method: "POST", Target: path, Length: 1, Body: strings.NewReader("x")}); (err != nil) != (path == "/abort") {
			t.Errorf("%s: %v", path, err)
		}
		if n := open(&register, g); n != 0 {
			t.Errorf("%d after %s", n, path)
		}
	}
	// One that is given up, and one that is read to its end, when the group has been
	// closed.
	var two [2]*wire.Response
	for i := range two {
		var err error
		if two[i], _, err = g.RoundTrip(t.Context(), &wire.Request{Method: "GET", Target: "/", Host: "app"}, patience); err != nil {
			t.Fatal(err)
		}
	}
	g.Close()
	if n := open(&register, g); n != 2 {
		t.Errorf("%d, want 2", n)
	}
	two[0].Close()
	if n := open(&register, g); n != 1 {
		t.Errorf("%d after one is given up", n)
	}
	close(going)
	if text, err := io.ReadAll(two[1].Body); err != nil || string(text) != "end" {
		t.Errorf("%q, %v", text, err)
	}
	two[1].Close()
	two[1].Close()
	if n := open(&register, g); n != 0 {
		t.Errorf("%d at the end", n)
	}
}

// A request whose body still comes in will reach one of the servers.
func TestRegisterComingIn(t *testing.T) {
	g := NewGroup([]Address{{Network: "tcp", Address: "127.0.0.1:1"}, {Network: "tcp", Address: "127.0.0.1:2"}})
	var register Register
	register.Add(g)
	noMore := g.Expect()
	if now := register.Open(); now["127.0.0.1:1"] != 1 || now["127.0.0.1:2"] != 1 {
		t.Errorf("%v", now)
	}
	noMore()
	if now := register.Open(); len(now) != 0 {
		t.Errorf("%v", now)
	}
}

func TestRegisterSwitched(t *testing.T) {
	g, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	})
	var register Register
	register.Add(g)
	ask := func(g *Group, path string) (*Switched, *wire.Response) {
		switched, response, _, err := g.Upgrade(t.Context(), &wire.Request{Method: "GET", Target: path, Host: "app"}, patience)
		if (err != nil) != (path == "/gone") {
			t.Fatal(err)
		}
		return switched, response
	}
	switched, _ := ask(g, "/")
	if n := open(&register, g); n != 1 {
		t.Errorf("%d, want 1", n)
	}
	_ = switched.Close()
	_ = switched.Close()
	_, response := ask(g, "/refused")
	response.Close()
	gone := NewGroup([]Address{{Network: "unix", Address: t.TempDir() + "/none"}})
	register.Add(gone)
	ask(gone, "/gone")
	if now := register.Open(); len(now) != 0 {
		t.Errorf("%v at the end", now)
	}
}

// A register does not grow with every change of a backend's servers.
func TestRegisterForgets(t *testing.T) {
	var register Register
	for range 100 {
		register.Add(NewGroup([]Address{{Network: "tcp", Address: "127.0.0.1:1"}}))
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		runtime.GC()
		register.Open()
		register.mu.Lock()
		left := len(register.servers)
		register.mu.Unlock()
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d are left", left)
		}
	}
}

var _ net.Conn = (*Switched)(nil)
