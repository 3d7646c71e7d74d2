package dataplane

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestClientLeaves: a client that goes before its answer is 499 in the access
// log, and nothing to warn of.
func TestClientLeaves(t *testing.T) {
	asked := make(chan struct{})
	backend := app(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	var log bytes.Buffer
	t.Run("edge", func(t *testing.T) {
		e := start(t, simple(t, backend), func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		for i, raw := range []string{request("GET", "/x"), request("GET", "/ttl/x"),
			request("HEAD", "/x"), handshake("/ws")} {
			c := e.dial(t)
			_, _ = io.WriteString(c, raw)
			<-asked
			_ = c.NetConn().Close()
			eventually(t, "the request is logged", func() bool { return len(e.records()) == i+1 })
			if got := e.records()[i]; got.Status != 499 {
				t.Errorf("%.20q: logged as %d", raw, got.Status)
			}
		}
	})
	if log.Len() > 0 {
		t.Errorf("warned: %s", log.String())
	}
}

// TestWarningsAreFew: of what an app or a client can cause over and over, some
// lines and a count are enough.
func TestWarningsAreFew(t *testing.T) {
	var log bytes.Buffer
	t.Run("edge", func(t *testing.T) {
		e := start(t, simple(t, rawApp(t, func(net.Conn) {})), func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		for range 100 {
			if got := e.get(t, "/x"); got.StatusCode != 502 {
				t.Fatal(got.StatusCode)
			}
		}
	})
	if text := log.String(); strings.Count(text, "\n") > 30 || !strings.Contains(text, "left_out=") {
		t.Error(text)
	}
}

// TestEveryStatus: no status that an app may give is a mark of ours.
func TestEveryStatus(t *testing.T) {
	status := 200
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })))
	c := e.dial(t)
	r := bufio.NewReader(c)
	for ; status < 600; status++ {
		for _, path := range []string{"/x", "/ttl/"} {
			_, _ = io.WriteString(c, request("GET", path+fmt.Sprint(status)))
			if got := read(t, r, "GET"); got.StatusCode != status {
				t.Errorf("%d: %d", status, got.StatusCode)
			}
		}
	}
}
