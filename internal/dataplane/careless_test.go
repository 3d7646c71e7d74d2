package dataplane

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const theft = "HTTP/1.1 200 OK\r\nSet-Cookie: theft\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\ntheft"

// carelessly answers "/own…" with its path and everything else by the answer,
// in which NUL is a pause of 30 ms.
func carelessly(answer string, sent *atomic.Int64) func(net.Conn) {
	return func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			if own := req.URL.Path; strings.Contains(own, "/own") {
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n%s", len(own), own)
				continue
			}
			sent.Add(1)
			for i, part := range strings.Split(answer, "\x00") {
				if i > 0 {
					time.Sleep(30 * time.Millisecond)
				}
				_, _ = io.WriteString(c, part)
			}
		}
	}
}

// TestE2CarelessApps: whatever an app sends behind its answers, and however
// soon the next request follows, no client gets it, and no cache stores it.
func TestE2CarelessApps(t *testing.T) {
	kinds := map[string]struct{ method, answer string }{
		"HEAD with a body":         {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + theft},
		"HEAD with a late body":    {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\x00" + theft},
		"204 with a body":          {"GET", "HTTP/1.1 204 No Content\r\n\r\n" + theft},
		"304 with a body":          {"GET", "HTTP/1.1 304 Not Modified\r\n\r\n" + theft},
		"Content-Length too short": {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + theft},
		"late":                     {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\x00" + theft},
		"behind the last chunk":    {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + theft},
		"interim and final":        {"GET", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 100 Continue\r\n\r\n" + theft},
		"two answers to a POST":    {"POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\x00" + theft},
	}
	const trials, clients = 200, 4
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int64
			e := start(t, simple(t, rawApp(t, carelessly(kind.answer, &sent))))
			var left atomic.Int64
			left.Store(trials)
			var all sync.WaitGroup
			for client := range clients {
				all.Go(func() {
					c := &carelessClient{t: t, edge: e}
					for left.Add(-1) >= 0 {
						c.trial(kind.method, fmt.Sprintf("/ttl/own/%d/%d", client, left.Load()))
					}
					c.hangUp()
				})
			}
			all.Wait()
			if sent.Load() < trials {
				t.Errorf("the app was careless %d times", sent.Load())
			}
		})
	}
}

// carelessClient sends its requests in pairs, on one connection for as long as
// that lasts.
type carelessClient struct {
	t    *testing.T
	edge *edge
	conn *tls.Conn
	r    *bufio.Reader
}

func (c *carelessClient) hangUp() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// trial asks for what the app is careless with, and for what is the client's
// own behind it.
func (c *carelessClient) trial(method, own string) {
	for attempt := 0; ; attempt++ {
		if c.conn == nil {
			conn, err := tls.Dial("tcp", c.edge.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost})
			if err != nil {
				c.t.Error(err)
				return
			}
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			c.conn, c.r = conn, bufio.NewReader(conn)
		}
		first := request(method, "/careless")
		if method == "POST" {
			first = request(method, "/careless", "Content-Length: 1") + "x"
		}
		if attempt > 0 {
			first = "" // the connection ended with the first answer, as it may
		}
		_, _ = io.WriteString(c.conn, first+request("GET", own))
		for _, method := range []string{method, "GET"}[min(attempt, 1):] {
			answer, err := http.ReadResponse(c.r, &http.Request{Method: method})
			if err != nil {
				if c.hangUp(); attempt == 0 {
					break
				}
				c.t.Errorf("%s: %v", own, err)
				return
			}
			body, _ := io.ReadAll(answer.Body)
			if text := string(body); strings.Contains(text, "theft") || answer.Header.Get("Set-Cookie") != "" {
				c.t.Errorf("%s: another's bytes %q", own, text)
			} else if strings.HasPrefix(text, "/") {
				if text != own {
					c.t.Errorf("%s: another's answer %q", own, text)
				}
				return
			}
		}
		if c.conn != nil {
			c.hangUp()
		}
		if attempt > 2 {
			c.t.Errorf("%s: no answer", own)
			return
		}
	}
}
