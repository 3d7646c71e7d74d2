package dataplane

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"edgegen/internal/site"
)

// What an app has in work is known also when another model leads elsewhere, and
// when the plane is retired.
func TestR2OpenTo(t *testing.T) {
	going := make(chan struct{})
	backend := rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if q.Header.Get("Upgrade") != "" {
			_, _ = io.WriteString(c, switching)
			_, _ = io.Copy(c, r)
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbe")
		<-going
		_, _ = io.WriteString(c, "gun")
	})
	model := simple(t, backend)
	e := start(t, model)
	now := func(want int) {
		t.Helper()
		eventually(t, "counted", func() bool {
			open := e.plane.OpenTo()
			return open[backend] == want && (want == 0) == (len(open) == 0)
		})
	}
	begin := func(path string) *bufio.Reader {
		c := e.dial(t)
		_, _ = io.WriteString(c, request("GET", path))
		r := bufio.NewReader(c)
		if _, err := r.Peek(1); err != nil {
			t.Fatal(err)
		}
		return r
	}
	now(0)
	passed, stored := begin("/x"), begin("/ttl/x")
	now(2)
	socket := e.dial(t)
	_, _ = io.WriteString(socket, handshake("/ws"))
	if response, err := http.ReadResponse(bufio.NewReader(socket), nil); err != nil || response.StatusCode != 101 {
		t.Fatal(response, err)
	}
	now(3)
	elsewhere := changed(model, func(n *site.Edge) { n.Sites[0].Backends[0].Servers = []site.Server{{Host: "127.0.0.1", Port: 1}} })
	if err := e.update(Model{Edge: elsewhere, Certificates: e.options.Certificates}); err != nil {
		t.Fatal(err)
	}
	now(3)
	done := e.retire(t.Context())
	now(3)
	close(going)
	for _, r := range []*bufio.Reader{passed, stored} {
		if got := read(t, r, "GET"); got.text != "begun" {
			t.Errorf("%q", got.text)
		}
	}
	now(1)
	socket.Close()
	now(0)
	<-done
}
