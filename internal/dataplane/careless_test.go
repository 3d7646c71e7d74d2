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

	"edgegen/test/careless"
)

// TestE2CarelessApps: whatever an app sends behind its answers, and however
// soon the next request follows, no client gets it, and no cache stores it.
func TestE2CarelessApps(t *testing.T) {
	const trials, clients = 200, 4
	for name, kind := range careless.Kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int64
			e := start(t, simple(t, rawApp(t, func(c net.Conn) {
				careless.Converse(c, kind.Answer, 30*time.Millisecond, func() { sent.Add(1) })
			})))
			var left atomic.Int64
			left.Store(trials)
			var all sync.WaitGroup
			for client := range clients {
				all.Go(func() {
					c := &carelessClient{t: t, edge: e}
					for left.Add(-1) >= 0 {
						c.trial(kind.Method, fmt.Sprintf("/ttl/own/%d/%d", client, left.Load()))
					}
					c.hangUp()
				})
			}
			all.Wait()
			// What it sends late may still be on its way.
			eventually(t, "the app was careless each time", func() bool { return sent.Load() >= trials })
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
			if text := string(body); strings.Contains(text, "stolen") || answer.Header.Get("Set-Cookie") != "" {
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
