package upstream

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/dataplane/wire"
)

// answering is a group of one server that answers on a connection without sockets, so
// that its time is the test's.
func answering(app func(net.Conn)) *Group {
	g := NewGroup([]Address{{Network: "tcp", Address: "app.test:80"}})
	edge, far := net.Pipe()
	go func() {
		defer far.Close()
		for reader := bufio.NewReader(far); ; {
			line, err := reader.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
		}
		app(far)
	}()
	s := g.now().servers[0]
	s.trust.proven.Store(proofs)
	s.give(newConn(edge, s, edge))
	return g
}

// TestB7Hour: ten thousand events, or tokens, in an hour come one by one, each when it
// was sent, whatever clocks there are for silence.
func TestB7Hour(t *testing.T) {
	const events, between = 10_000, 360 * time.Millisecond
	clocks := Timeouts{Connect: time.Second, FirstByte: 2 * time.Second, BetweenBytes: time.Second, EventStream: time.Minute}
	for _, kind := range []string{"text/event-stream", "application/x-ndjson"} {
		synctest.Test(t, func(t *testing.T) {
			sent := make(chan time.Time, 1)
			g := answering(func(c net.Conn) {
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n", kind)
				for range events {
					time.Sleep(between)
					sent <- time.Now()
					fmt.Fprint(c, "5\r\nto-k\n\r\n")
				}
				fmt.Fprint(c, "0\r\n\r\n")
			})
			defer g.Close()
			began := time.Now()
			r, _, err := g.RoundTrip(t.Context(), &wire.Request{Method: "GET", Target: "/", Host: "app", Minor: 1}, clocks)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			buffer := make([]byte, 4096)
			for i := range events {
				n, err := io.ReadFull(r.Body, buffer[:5])
				if at := <-sent; n != 5 || err != nil || !time.Now().Equal(at) {
					t.Fatalf("%s, event %d: %d bytes, %v, %s late", kind, i, n, err, time.Since(at))
				}
			}
			if n, err := r.Body.Read(buffer); n != 0 || !errors.Is(err, io.EOF) {
				t.Errorf("%s: %d bytes, %v", kind, n, err)
			}
			if took := time.Since(began); took < time.Hour || took > time.Hour+time.Second {
				t.Errorf("%s: the hour took %s", kind, took)
			}
		})
	}
}

// TestB7Silence: an answer that stops is cut off by the clock of its kind, counted from
// the last byte.
func TestB7Silence(t *testing.T) {
	clocks := Timeouts{Connect: time.Second, FirstByte: 2 * time.Second, BetweenBytes: 10 * time.Second, EventStream: time.Hour}
	for kind, silence := range map[string]time.Duration{"text/event-stream": clocks.EventStream, "text/plain": clocks.BetweenBytes} {
		synctest.Test(t, func(t *testing.T) {
			g := answering(func(c net.Conn) {
				fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n", kind)
				for range 5 {
					time.Sleep(silence * 9 / 10)
					fmt.Fprint(c, "1\r\nx\r\n")
				}
				_, _ = io.Copy(io.Discard, c) // until the edge has had enough
			})
			defer g.Close()
			r, _, err := g.RoundTrip(t.Context(), &wire.Request{Method: "GET", Target: "/", Host: "app", Minor: 1}, clocks)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			got, err := io.ReadAll(r.Body)
			r.Close()
			quiet := time.Since(began) - 5*silence*9/10
			if string(got) != "xxxxx" || err == nil || quiet < silence || quiet > silence*5/4 {
				t.Errorf("%s: %q, %v after %s of silence, want %s", kind, got, err, quiet, silence)
			}
		})
	}
}
