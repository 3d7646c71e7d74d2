package dataplane

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// A connection on which an app has answered before a short body was whole goes on when the
// rest of the body has come.
func TestEarlyAnswerKeepsConnection(t *testing.T) {
	model := simple(t, rawApp(t, func(c net.Conn) {
		for reader := bufio.NewReader(c); ; {
			r, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			_, _ = io.Copy(io.Discard, r.Body) // what breaks off is met at the next request
		}
	}))
	for i := range model.Sites[0].Routes {
		model.Sites[0].Routes[i].Stream = true
	}
	e := start(t, model)
	c := e.dial(t)
	reader := bufio.NewReader(c)
	for range 3 {
		_, _ = io.WriteString(c, request("POST", "/", "Content-Length: 5000")+"x")
		got := read(t, reader, "POST")
		if got.StatusCode != 200 || got.Close {
			t.Fatalf("status %d, close %t", got.StatusCode, got.Close)
		}
		_, _ = io.WriteString(c, strings.Repeat("x", 4999))
	}
	_, _ = io.WriteString(c, request("GET", "/"))
	if got := read(t, reader, "GET"); got.StatusCode != 200 {
		t.Errorf("status %d", got.StatusCode)
	}
}
