package upstream

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
)

// A line's connections begin with its preface, are kept as far as the bound allows, and
// are closed when nothing is asked for a while; a body is sent when it is asked for.
func TestLine(t *testing.T) {
	var kept, dialed, ended atomic.Int64
	var bodies sync.Map
	dial := func(context.Context, time.Duration) (net.Conn, error) {
		ours, theirs := net.Pipe()
		dialed.Add(1)
		go func() {
			defer ended.Add(1)
			defer theirs.Close()
			r := bufio.NewReader(theirs)
			if line, err := r.ReadString('\n'); line != "who\n" {
				t.Errorf("it began with %q, %v", line, err)
			}
			for {
				q, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				if q.URL.Path == "/invited" {
					_, _ = io.WriteString(theirs, "HTTP/1.1 100 Continue\r\n\r\n")
				}
				if q.URL.Path != "/refused" {
					body, _ := io.ReadAll(q.Body)
					bodies.Store(q.URL.Path, string(body))
				}
				_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}()
		return ours, nil
	}
	line := Line{Dial: dial, Preface: []byte("who\n"), Idle: time.Hour, Kept: &kept, Most: 1, Buffers: &sync.Pool{New: wire.NewBuffer}}
	g := NewLine(&line)
	long := Timeouts{time.Minute, time.Minute, time.Minute, time.Minute}
	ask := func(path, body string) {
		t.Helper()
		request := &wire.Request{Method: "POST", Target: path, Host: "x", Minor: 1, Length: int64(len(body))}
		if body != "" {
			request.Header.Add("Expect", "100-continue")
			request.Body = strings.NewReader(body)
		}
		r, _, err := g.RoundTrip(t.Context(), request, long)
		if err != nil || r.Status != 200 {
			t.Fatalf("%s: %v %v", path, r, err)
		}
		r.Close()
	}
	ask("/a", "")
	ask("/b", "")
	if n := dialed.Load(); n != 1 || kept.Load() != 1 {
		t.Errorf("%d connections were made, %d are kept", n, kept.Load())
	}
	ask("/invited", "hello")
	if body, _ := bodies.Load("/invited"); body != "hello" {
		t.Errorf("the body was %q", body)
	}
	ask("/refused", "hello")
	if n := kept.Load(); n != 0 {
		t.Errorf("%d connections are kept on which a body is due", n)
	}
	brief := line
	brief.Idle = time.Millisecond
	g = NewLine(&brief)
	ask("/c", "")
	for deadline := time.Now().Add(10 * time.Second); kept.Load() != 0 || ended.Load() != dialed.Load(); time.Sleep(time.Millisecond) { // between two looks
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are kept, %d of %d have ended", kept.Load(), ended.Load(), dialed.Load())
		}
	}
	g = NewLine(&line)
	ask("/d", "")
	g.Close()
	if kept.Load() != 0 {
		t.Error("a connection is kept after all")
	}
}
