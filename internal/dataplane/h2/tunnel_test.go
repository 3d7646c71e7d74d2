package h2

import (
	"bufio"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"

	"golang.org/x/net/http2"
)

var connectWebSocket = []string{":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a.test", ":path", "/"}

// A tunnel carries bytes both ways until both sides have ended, each by itself,
// and outlives what ends other streams.
func TestTunnel(t *testing.T) {
	limits := bounds.Limits{HeaderSize: 1000, Header: 200 * time.Millisecond, Idle: 200 * time.Millisecond}
	done := make(chan string, 1)
	c := connect(t, limits, func(s *Stream) {
		s.Detach()
		_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
		tunnel := s.Tunnel()
		defer tunnel.Close()
		_ = tunnel.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := tunnel.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline: %v", err)
		}
		_ = tunnel.SetReadDeadline(time.Time{})
		r := bufio.NewReader(tunnel)
		line, _ := r.ReadString('\n')
		_, _ = io.WriteString(tunnel, "got "+line)
		_ = tunnel.(interface{ CloseWrite() error }).CloseWrite()
		rest, err := io.ReadAll(r)
		if err != nil {
			t.Errorf("after its own end: %v", err)
		}
		done <- string(rest)
	})
	c.ask(1, false, connectWebSocket...)
	time.Sleep(3 * limits.Idle)
	_ = c.WriteData(1, false, []byte("hello\n"))
	if got := c.ended(1); got != "got hello\n" {
		t.Errorf("got %q", got)
	}
	_ = c.WriteData(1, false, []byte("more"))
	_ = c.WriteData(1, true, nil)
	if got := <-done; got != "more" {
		t.Errorf("got %q", got)
	}
	eventually(t, "it is over", func() bool { return c.hasServed(1) })
	c.goneAway() // idle again
}

// The end of a tunnel's client ends its Read and its Write.
func TestTunnelReset(t *testing.T) {
	errs := make(chan error, 2)
	c := connect(t, calm, func(s *Stream) {
		s.Detach()
		_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
		tunnel := s.Tunnel()
		go func() {
			_, err := tunnel.Write(make([]byte, 1<<20))
			errs <- err
		}()
		_, err := tunnel.Read(make([]byte, 1))
		errs <- err
		<-s.Done()
		_ = tunnel.Close()
	})
	c.ask(1, false, connectWebSocket...)
	c.until("data", func(e event) bool { _, ok := e.frame.(*http2.DataFrame); return ok })
	_ = c.WriteRSTStream(1, http2.ErrCodeCancel)
	for range 2 {
		if err := <-errs; err == nil {
			t.Error("no error")
		}
	}
	eventually(t, "it is over", func() bool { return c.hasServed(1) })
}
