package h2

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

func TestAnswers(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 20_000)
	c := connect(t, calm, func(s *Stream) {
		switch s.Path {
		case "/none":
			_ = s.Head(fields.Answer{Status: 204, Length: -1}, true)
		case "/big": // in memory
			_ = s.Head(fields.Answer{Status: 200, Length: int64(len(big))}, false)
			s.Last([]byte(big))
		case "/written":
			s.Detach()
			_ = s.Head(fields.Answer{Status: 200, Length: -1, Header: wire.Header{{Name: "X-Long", Value: strings.Repeat("v", 40_000)}, {Name: "Connection", Value: "x"}}}, false)
			_, _ = s.Write([]byte(big[:100_000]))
			_, _ = s.WriteLast([]byte(big[100_000:]))
		case "/forgotten":
		default:
			body, err := "", error(nil)
			if s.Length != 0 {
				s.Detach()
				var b []byte
				b, err = io.ReadAll(s)
				body = string(b)
			}
			_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
			s.Last([]byte(fmt.Sprint(s.Method, " ", s.Authority, " ", len(body), " ", err)))
		}
	}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	_ = c.WriteWindowUpdate(0, 1<<22)
	c.SetMaxReadFrameSize(1 << 20)
	c.ask(1, true, get...)
	if got := c.ended(1); got != "GET a.test 0 <nil>" {
		t.Errorf("got %q", got)
	}
	for i, path := range []string{"/none", "/big", "/written"} {
		id := uint32(3 + 2*i)
		c.ask(id, true, ":method", "GET", ":scheme", "https", ":authority", "a.test", ":path", path)
		if got := c.ended(id); path == "/none" && got != "" || path != "/none" && got != big {
			t.Errorf("%s: %d bytes", path, len(got))
		}
	}
	c.ask(9, true, ":method", "GET", ":scheme", "https", ":authority", "a.test", ":path", "/forgotten")
	if code := c.reset(9); code != http2.ErrCodeInternal {
		t.Errorf("unanswered: %v", code)
	}
	c.ask(11, false, post()...)
	body := strings.Repeat("b", 16<<10)
	window := bounds.StreamWindow
	take := func(n int) {
		for ; window < n; window += c.update(11) {
		}
		window -= n
	}
	for range 40 { // more than the window
		take(len(body))
		if err := c.WriteData(11, false, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	take(len("end") + 1 + 3) // the padding, and how long it is, count as well
	_ = c.WriteDataPadded(11, true, []byte("end"), []byte{0, 0, 0})
	if got := c.ended(11); got != fmt.Sprint("POST a.test ", 40*16<<10+3, " <nil>") {
		t.Errorf("got %q", got)
	}
	eventually(t, "each stream is told of", func() bool { return c.handler.count() == 6 })
}

// Handlers that wait hold up nobody, and those that do not are answered
// together.
func TestDetached(t *testing.T) {
	release := make(chan struct{})
	var waiting atomic.Int32
	c := connect(t, calm, func(s *Stream) {
		if s.Path == "/wait" {
			s.Detach()
			waiting.Add(1)
			<-release
		}
		answerOK(s)
	})
	for i := range uint32(50) {
		path := "/wait"
		if i%2 > 0 {
			path = "/"
		}
		c.ask(2*i+1, true, ":method", "GET", ":scheme", "https", ":authority", "a", ":path", path)
	}
	for i := range uint32(25) {
		c.ended(4*i + 3)
	}
	eventually(t, "all wait at the same time", func() bool { return waiting.Load() == 25 })
	close(release)
	seen := 0
	c.until("all answers", func(e event) bool {
		if d, ok := e.frame.(*http2.DataFrame); ok && d.StreamEnded() {
			seen++
		}
		return seen == 25
	})
}

// A client that sends without reading is read from all the same.
func TestReadsWhileWriting(t *testing.T) {
	body := make([]byte, 4<<20)
	var read atomic.Int64
	c := connect(t, calm, func(s *Stream) {
		if s.Method == "GET" {
			_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
			s.Last(body)
			return
		}
		s.Detach()
		n, _ := io.Copy(io.Discard, s)
		read.Store(n)
		answerOK(s)
	}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	_ = c.WriteWindowUpdate(0, 1<<30)
	for i := range uint32(8) {
		c.ask(2*i+1, true, get...)
	}
	c.ask(101, false, post()...)
	for range 15 { // within the window
		if err := c.WriteData(101, false, body[:16<<10]); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.WriteData(101, true, nil)
	eventually(t, "the body was read", func() bool { return read.Load() == 15*16<<10 })
}

func TestLimits(t *testing.T) {
	hold := make(chan struct{})
	t.Run("streams, also those that were reset", func(t *testing.T) {
		var now, most atomic.Int32
		c := connect(t, calm, func(s *Stream) {
			s.Detach()
			most.Store(max(most.Load(), now.Add(1)))
			<-hold
			now.Add(-1)
		})
		for i := range uint32(200) {
			c.ask(2*i+1, true, get...)
			_ = c.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
		}
		if code := c.reset(2*128 + 1); code != http2.ErrCodeRefusedStream {
			t.Errorf("got %v", code)
		}
		_ = c.WritePing(false, [8]byte{})
		c.until("all was read", func(e event) bool { _, ok := e.frame.(*http2.PingFrame); return ok })
		eventually(t, "128 run", func() bool { return now.Load() == 128 })
		close(hold)
		eventually(t, "all ended", func() bool { return c.hasServed(128) })
		if most.Load() > 128 {
			t.Errorf("%d ran", most.Load())
		}
	})
	short := bounds.Limits{HeaderSize: 1000, Header: 200 * time.Millisecond, Idle: 300 * time.Millisecond}
	t.Run("a head that never ends, beside an open stream", func(t *testing.T) {
		c := connect(t, short, func(s *Stream) { s.Detach(); <-s.Done() })
		c.ask(1, false, post()...)
		block := c.encode(get...)
		_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: block[:2]})
		began := time.Now()
		var once sync.Once
		go once.Do(func() {
			for i := 0; i < 40 && c.WriteContinuation(3, false, nil) == nil; i++ {
				time.Sleep(50 * time.Millisecond)
			}
		})
		c.goneAway()
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Errorf("after %v", took)
		}
	})
	t.Run("half a frame, beside an open stream", func(t *testing.T) {
		c := connect(t, short, func(s *Stream) { s.Detach(); <-s.Done() })
		c.ask(1, false, post()...)
		_, _ = c.net.Write([]byte{0, 0, 4, 1})
		c.goneAway()
	})
	t.Run("idle", func(t *testing.T) {
		c := connect(t, short, answerOK)
		c.ask(1, true, get...)
		c.ended(1)
		if code, last, said := c.goneAway(); !said || code != 0 || last != 1 {
			t.Errorf("%v %v %v", code, last, said)
		}
	})
	t.Run("no idle time beside a stream that moves slowly", func(t *testing.T) {
		c := connect(t, short, func(s *Stream) { s.Detach(); time.Sleep(time.Second); answerOK(s) })
		c.ask(1, true, get...)
		c.ended(1)
	})
	t.Run("a head over its size", func(t *testing.T) {
		var fault atomic.Value
		c := connect(t, short, func(s *Stream) {
			fault.Store(fmt.Sprint(s.Fault))
			_ = s.Head(fields.Answer{Status: 431, Length: -1}, true)
		})
		c.ask(1, true, append(get, "x-big", strings.Repeat("x", 1000))...)
		c.until("431", func(e event) bool { return e.status == "431" })
		c.ask(3, true, get...) // the table is whole
		c.ended(3)
		if fault.Load() != "<nil>" {
			t.Errorf("afterwards: %v", fault.Load())
		}
	})
}

// A reader that never opens its window loses its streams, and no others.
func TestStalledReader(t *testing.T) {
	limits := bounds.Limits{HeaderSize: 1000, Header: time.Minute, Idle: 300 * time.Millisecond}
	var failed atomic.Int32
	c := connect(t, limits, func(s *Stream) {
		_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
		if s.ID == 1 {
			s.Last(make([]byte, 100))
			return
		}
		s.Detach()
		if _, err := s.Write(make([]byte, 100)); err != nil {
			failed.Add(1)
		}
	}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	c.ask(1, true, get...)
	c.ask(3, true, get...)
	resets := 0
	c.until("both are reset", func(e event) bool {
		if r, ok := e.frame.(*http2.RSTStreamFrame); ok {
			if resets++; r.ErrCode != http2.ErrCodeCancel {
				t.Errorf("reset with %v", r.ErrCode)
			}
		}
		return resets == 2
	})
	eventually(t, "both are over", func() bool { return c.handler.count() == 2 && failed.Load() == 1 })
}

// The client's settings change the windows of open streams.
func TestWindows(t *testing.T) {
	c := connect(t, calm, func(s *Stream) {
		_ = s.Head(fields.Answer{Status: 200, Length: -1}, false)
		s.Last([]byte("0123456789"))
	}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 3})
	data := func() string {
		t.Helper()
		e := c.until("DATA", func(e event) bool { _, ok := e.frame.(*http2.DataFrame); return ok })
		return string(e.frame.(*http2.DataFrame).Data())
	}
	c.ask(1, true, get...)
	if got := data(); got != "012" {
		t.Errorf("got %q", got)
	}
	_ = c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1})
	_ = c.WriteWindowUpdate(1, 3) // -2 + 3
	if got := data(); got != "3" {
		t.Errorf("below zero: %q", got)
	}
	_ = c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1000})
	if got := data(); got != "456789" {
		t.Errorf("got %q", got)
	}
}

func TestLeave(t *testing.T) {
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	c := connect(t, calm, func(s *Stream) {
		if s.ID == 1 {
			s.Detach()
			<-hold
		}
		answerOK(s)
	})
	t.Cleanup(release)
	c.ask(1, true, get...)
	eventually(t, "the request is there", func() bool { return !c.conn.Left() && c.serves() })
	c.conn.Leave()
	e := c.until("GOAWAY", func(e event) bool { _, ok := e.frame.(*http2.GoAwayFrame); return ok })
	if last := e.frame.(*http2.GoAwayFrame).LastStreamID; last != maxID {
		t.Errorf("last stream %d", last)
	}
	ping := c.until("PING", func(e event) bool { _, ok := e.frame.(*http2.PingFrame); return ok }).frame.(*http2.PingFrame)
	c.ask(3, true, get...) // on its way when GOAWAY was sent
	c.ended(3)
	_ = c.WritePing(true, ping.Data)
	e = c.until("GOAWAY", func(e event) bool { _, ok := e.frame.(*http2.GoAwayFrame); return ok })
	if last := e.frame.(*http2.GoAwayFrame).LastStreamID; last != 3 {
		t.Errorf("last stream %d", last)
	}
	c.ask(5, true, get...) // is not answered
	release()
	c.ended(1)
	c.goneAway()
	<-c.done
	if n := c.handler.count(); n != 2 {
		t.Errorf("%d served", n)
	}
}

func (c *client) serves() bool {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	return c.conn.serving > 0
}

// A body that is thrown away with an answer that came before it was read is not
// whole for whoever reads it after that.
func TestBodyAfterTheAnswer(t *testing.T) {
	for name, whole := range map[string]bool{"read": true, "not read": false} {
		t.Run(name, func(t *testing.T) {
			came, late := make(chan struct{}), make(chan error, 1)
			c := connect(t, calm, func(s *Stream) {
				s.Detach()
				<-came
				body := make([]byte, len("body"))
				if whole {
					_, _ = io.ReadFull(s, body)
				}
				answerOK(s)
				s.Flush()
				_, err := s.Read(body)
				late <- err
			})
			c.ask(1, false, post("content-length", "4")...)
			_ = c.WriteData(1, true, []byte("body"))
			_ = c.WritePing(false, [8]byte{})
			c.until("the body was taken in", func(e event) bool { _, pong := e.frame.(*http2.PingFrame); return pong })
			close(came)
			c.ended(1)
			if err := <-late; errors.Is(err, io.EOF) != whole {
				t.Errorf("read after the answer: %v", err)
			}
		})
	}
}

// What was read already is not served once the connection has ended.
func TestNothingAfterTheEnd(t *testing.T) {
	var c *client
	ready := make(chan struct{})
	c = connect(t, calm, func(s *Stream) {
		<-ready
		c.conn.Cut()
		s.Detach()
		_, _ = s.WriteLast([]byte("late"))
	})
	var both bytes.Buffer
	c.Framer = http2.NewFramer(&both, c.net)
	c.ask(1, true, get...)
	c.ask(3, true, get...)
	_, _ = c.net.Write(both.Bytes())
	close(ready)
	<-c.done
	if n := c.handler.count(); n != 1 {
		t.Errorf("%d served", n)
	}
}
