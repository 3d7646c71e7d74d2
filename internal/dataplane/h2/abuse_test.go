package h2

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"

	"golang.org/x/net/http2"
)

// What a client sends for nothing ends the connection, in the middle of other
// work too.
func TestFloods(t *testing.T) {
	for name, flood := range map[string]func(c *client, i int) error{
		"PING":            func(c *client, i int) error { return c.WritePing(false, [8]byte{}) },
		"SETTINGS":        func(c *client, i int) error { return c.WriteSettings() },
		"PRIORITY":        func(c *client, i int) error { return c.WritePriority(9, http2.PriorityParam{}) },
		"WINDOW_UPDATE":   func(c *client, i int) error { return c.WriteWindowUpdate(0, 1) },
		"of a stream":     func(c *client, i int) error { return c.WriteWindowUpdate(1, 1) },
		"empty DATA":      func(c *client, i int) error { return c.WriteData(1, false, nil) },
		"padded DATA":     func(c *client, i int) error { return c.WriteDataPadded(1, false, nil, []byte{0}) },
		"unknown frames":  func(c *client, i int) error { return c.WriteRawFrame(0xee, 0, 0, []byte("x")) },
		"PRIORITY_UPDATE": func(c *client, i int) error { return c.WriteRawFrame(0x10, 0, 0, []byte("\x00\x00\x00\x01u=1")) },
		"GOAWAY":          func(c *client, i int) error { return c.WriteGoAway(0, 0, nil) },
		"rapid reset": func(c *client, i int) error {
			id := uint32(3 + 2*i)
			_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.encode(get...), EndHeaders: true, EndStream: true})
			return c.WriteRSTStream(id, http2.ErrCodeCancel)
		},
		"made resets": func(c *client, i int) error {
			id := uint32(3 + 2*i)
			_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.encode(get...), EndHeaders: true, EndStream: true})
			return c.WriteWindowUpdate(id, 0)
		},
		"empty CONTINUATION": func(c *client, i int) error {
			if i == 0 {
				return c.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: c.encode(get...)})
			}
			return c.WriteContinuation(3, false, nil)
		},
		"long CONTINUATION": func(c *client, i int) error {
			if i == 0 {
				return c.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: c.encode(get...)})
			}
			return c.WriteContinuation(3, false, c.encode("a", strings.Repeat("~", 4000)))
		},
		"large fields out of the table": func(c *client, i int) error {
			if i == 0 {
				c.ask(3, true, append(get, "a", strings.Repeat("~", 3000))...)
				return c.WriteHeaders(http2.HeadersFrameParam{StreamID: 5, BlockFragment: c.encode(get...)})
			}
			return c.WriteContinuation(5, false, []byte(strings.Repeat("\xbe", 10_000)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, calm, func(s *Stream) {
				if s.Fault != nil || s.ID == 3 && name == "large fields out of the table" {
					answerOK(s)
					return
				}
				s.Detach()
				<-s.Done()
			})
			c.AllowIllegalWrites = true
			c.ask(1, false, post()...)
			go func() {
				for i := 0; i < 20_000 && flood(c, i) == nil; i++ {
				}
			}()
			if code, _, said := c.goneAway(); !said || code != http2.ErrCodeEnhanceYourCalm {
				t.Errorf("%v, said %v", code, said)
			}
		})
	}
}

// What well-behaved clients send much of ends nothing.
func TestNoFlood(t *testing.T) {
	body := make([]byte, 100)
	c := connect(t, calm, func(s *Stream) {
		_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
		s.Last(body)
	})
	for i := range uint32(3000) { // a window update and a ping for each small answer
		c.ask(2*i+1, true, get...)
		if i%2 == 0 {
			_ = c.WritePing(false, [8]byte{})
		}
		c.ended(2*i + 1)
		_ = c.WriteWindowUpdate(0, 100)
	}
}

// A client that does not read stops being asked for more; its answers do not
// pile up.
func TestUnreadAnswers(t *testing.T) {
	var served atomic.Int32
	c := connect(t, bounds.Limits{HeaderSize: 16 << 10, Header: 10 * time.Second, Idle: 500 * time.Millisecond}, func(s *Stream) {
		served.Add(1)
		_ = s.Head(fields.Answer{Status: 204, Length: -1, Header: long}, true)
	})
	go func() {
		for i := range uint32(1 << 20) {
			if c.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: c.encode(get...), EndHeaders: true, EndStream: true}) != nil {
				return
			}
		}
	}()
	select {
	case <-c.done:
	case <-time.After(15 * time.Second):
		t.Fatalf("goes on after %d requests", served.Load())
	}
}
