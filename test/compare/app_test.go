package compare

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// app answers as the cases say. It keeps to HTTP, and no more: what the edge
// makes of an answer is the edge's.
type app struct {
	mu    sync.Mutex
	cases map[string]*trial // by the path's last segment
	asked map[string]int
}

// run serves on a port of its own until the test ends.
func (a *app) run(t *testing.T) string {
	t.Helper()
	a.cases, a.asked = map[string]*trial{}, map[string]int{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	open := map[net.Conn]bool{}
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			a.mu.Lock()
			open[conn] = true
			a.mu.Unlock()
			work.Go(func() {
				a.converse(conn)
				_ = conn.Close() // the other side is what matters
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // it only wakes up Accept
		a.mu.Lock()
		for conn := range open {
			_ = conn.Close() // it only wakes up Read
		}
		a.mu.Unlock()
		work.Wait()
	})
	return listener.Addr().String()
}

// expect has the app answer what asks for the name.
func (a *app) expect(name string, c *trial) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cases[name] = c
}

// count is how often the app was asked for the name.
func (a *app) count(name string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked[name]
}

func (a *app) converse(conn net.Conn) {
	reader := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // what breaks off is met at the next request
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		a.mu.Lock()
		c := a.cases[name]
		a.asked[name]++
		n := a.asked[name]
		a.mu.Unlock()
		if c == nil {
			return
		}
		if _, err := conn.Write(c.answer(r, n)); err != nil || r.Close {
			return
		}
	}
}

// answer is the nth answer to the case's requests.
func (c *trial) answer(r *http.Request, n int) []byte {
	var b bytes.Buffer
	lines := c.lines
	if r.Method == http.MethodPost {
		lines = nil
	}
	status, body := c.status, c.body
	if c.honours && status == http.StatusOK && r.Method != http.MethodPost {
		var line string
		status, body, line = c.honoured(r)
		if line != "" {
			lines = append(append([]string(nil), lines...), line)
		}
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d Some\r\nX-Serial: %d\r\n", status, n)
	for _, line := range lines {
		b.WriteString(line + "\r\n")
	}
	bare := status == http.StatusNoContent || status == http.StatusNotModified
	switch {
	case bare:
		b.WriteString("\r\n")
	case c.chunked && r.Method != http.MethodHead && len(body) > 0:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
	default:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
		if r.Method != http.MethodHead {
			b.WriteString(body)
		}
	}
	return b.Bytes()
}

// honoured does what an app with conditions and one range does.
func (c *trial) honoured(r *http.Request) (status int, body, line string) {
	if r.Header.Get("If-Match") != "" || r.Header.Get("If-Unmodified-Since") != "" {
		return http.StatusOK, c.body, "" // it knows nothing of these
	}
	if tag := c.tag; tag != "" && r.Header.Get("If-None-Match") == tag {
		return http.StatusNotModified, "", ""
	}
	if since, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && r.Header.Get("If-None-Match") == "" {
		if changed, err := http.ParseTime(c.modified); err == nil && !changed.After(since.Add(time.Second-1)) {
			return http.StatusNotModified, "", ""
		}
	}
	if r.Header.Get("Range") == "bytes=1-2" && r.Header.Get("If-Range") == "" && r.Method == http.MethodGet && len(c.body) > 3 {
		return http.StatusPartialContent, c.body[1:3], fmt.Sprintf("Content-Range: bytes 1-2/%d", len(c.body))
	}
	return http.StatusOK, c.body, ""
}
