package dataplane

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	frames "golang.org/x/net/http2"
)

// refusal is a request that is refused, and how.
type refusal struct {
	fields []string
	body   string
	status string
	reset  bool // behind the answer
}

// fieldRefusals are those of a request that is a list of fields, where a head has 4 KiB and a
// body 100 bytes.
func fieldRefusals() map[string]refusal {
	long := strings.Repeat("x", 200)
	return map[string]refusal{
		"E3 method":              {[]string{":method: BREW"}, "", "405", false},
		"E3 CONNECT":             {[]string{":method: CONNECT", ":scheme: -", ":path: -"}, "", "405", false},
		"E4 host differs":        {[]string{"host: b.example"}, "", "400", true},
		"E4 two lengths":         {[]string{":method: POST", "content-length: 3", "content-length: 5"}, "abc", "400", true},
		"E4 body longer":         {[]string{":method: POST", "content-length: 2"}, "abc", "400", true},
		"E4 body shorter":        {[]string{":method: POST", "content-length: 4"}, "abc", "400", true},
		"E4 leading space":       {[]string{"a:  b"}, "", "400", true},
		"E4 connection":          {[]string{"connection: close"}, "", "400", true},
		"E4 te":                  {[]string{"te: gzip"}, "", "400", true},
		"E4 capitals":            {[]string{"A: b"}, "", "400", true},
		"E4 escape":              {[]string{":path: /%zz"}, "", "400", false},
		"E5 head":                {[]string{"a: " + strings.Repeat("x", 5<<10)}, "", "431", false},
		"E5 fields":              {strings.Split(strings.TrimSuffix(strings.Repeat("a: b,", 500), ","), ","), "", "431", false},
		"E5 body, said":          {[]string{":method: POST", "content-length: 200"}, long, "413", false},
		"E5 body":                {[]string{":method: POST"}, long, "413", false},
		"H3 host":                {[]string{":authority: nobody.example"}, "", "421", false},
		"H2 alias":               {[]string{":authority: www.chat.example"}, "", "301", false},
		"W4 CONNECT elsewhere":   {[]string{":method: CONNECT", ":protocol: websocket", "sec-websocket-version: 13"}, "x", "405", false},
		"W4 CONNECT, unknown":    {[]string{":method: CONNECT", ":protocol: chat", ":path: /ws"}, "x", "405", false},
		"W3 version":             {[]string{":method: CONNECT", ":protocol: websocket", ":path: /ws", "sec-websocket-version: 12"}, "x", "426", false},
		"W3 no version":          {[]string{":method: CONNECT", ":protocol: websocket", ":path: /ws"}, "x", "400", false},
		"W3 ended":               {[]string{":method: CONNECT", ":protocol: websocket", ":path: /ws", "sec-websocket-version: 13"}, "", "400", false},
		"W3 handshake of a GET":  {[]string{":path: /ws", key, "sec-websocket-version: 13"}, "", "400", true},
		"W3 handshake, in lower": {[]string{":path: /ws", strings.ToLower(key[:17]) + key[17:], "sec-websocket-version: 13"}, "", "400", false},
	}
}

// What is refused over HTTP/2 looks as it does over HTTP/1.1, and stands in the
// access log.
func TestHTTP2Refusals(t *testing.T) {
	var asked atomic.Int32
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked.Add(1)
	}))
	model.Limits.HeaderSize, model.Limits.BodySize = 4<<10, 100
	e := start(t, model)
	for name, test := range fieldRefusals() {
		t.Run(name, func(t *testing.T) {
			before, lines := asked.Load(), len(e.records())
			c := e.frames(t)
			c.ask(1, test.body == "", test.fields...)
			if test.body != "" {
				_ = c.WriteData(1, true, []byte(test.body))
			}
			got := c.answer(1)
			if got.header[":status"] != test.status || got.header["x-cache"] != "PASS" {
				t.Errorf("got %v", got.header)
			}
			if test.status >= "400" && !strings.HasPrefix(got.body, test.status+" ") {
				t.Errorf("page %q", got.body)
			}
			if test.reset {
				if code := c.waitReset(1); code != frames.ErrCodeProtocol {
					t.Errorf("reset with %v", code)
				}
			}
			if asked.Load() != before {
				t.Error("the app was asked")
			}
			eventually(t, "a line in the log", func() bool { return len(e.records()) == lines+1 })
			if r := e.records()[lines]; fmt.Sprint(r.Status) != test.status || r.Protocol != "HTTP/2.0" || r.Cache != "PASS" || r.ID == "" || !r.Client.IsValid() || r.Bytes != int64(len(got.body)) {
				t.Errorf("line %+v", r)
			}
			c.ask(3, true, ":path: /old") // the connection goes on
			if got := c.answer(3); got.header[":status"] != "302" {
				t.Errorf("afterwards: %v", got.header)
			}
			eventually(t, "another line", func() bool { return len(e.records()) == lines+2 })
		})
	}
}

// A client that leaves while the app is asked is 499 in the log, and no warning;
// the app's connection ends.
func TestHTTP2Left(t *testing.T) {
	for name, leave := range map[string]func(c *framer){
		"reset":      func(c *framer) { _ = c.WriteRSTStream(1, frames.ErrCodeCancel) },
		"connection": func(c *framer) { c.conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			asked, ended := make(chan bool, 1), make(chan bool, 1)
			model := simple(t, rawApp(t, func(c net.Conn) {
				buf := make([]byte, 4<<10)
				_, _ = c.Read(buf)
				asked <- true
				for {
					if _, err := c.Read(buf); err != nil {
						ended <- true
						return
					}
				}
			}))
			var said bytes.Buffer
			log := slog.New(slog.NewTextHandler(&said, nil))
			e := start(t, model, func(o *Options) { o.Log = log })
			c := e.frames(t)
			c.ask(1, true, ":path: /slow")
			<-asked
			leave(c)
			<-ended
			eventually(t, "a line", func() bool { return len(e.records()) == 1 })
			if r := e.records()[0]; r.Status != 499 || r.Path != "/slow" {
				t.Errorf("line %+v", r)
			}
			e.plane.Shutdown(t.Context())
			if said.Len() > 0 {
				t.Errorf("said %s", said.String())
			}
		})
	}
}

// A reader that never opens its window lets go of the app.
func TestHTTP2Stalled(t *testing.T) {
	var open atomic.Int32
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	model.Timeout.Idle = 2 * time.Second // also for a write on a busy machine
	e := start(t, model)
	c := e.frames(t, frames.Setting{ID: frames.SettingInitialWindowSize, Val: 0})
	for i := range uint32(20) {
		c.ask(2*i+1, true)
	}
	for i := range uint32(20) {
		c.waitReset(2*i + 1)
	}
	eventually(t, "no app connection is held", func() bool { return open.Load() == 0 })
}

// A body that does not move is cut, beside other streams too.
func TestHTTP2SlowBody(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	model.Timeout.Body = 300 * time.Millisecond
	e := start(t, model)
	c := e.frames(t)
	c.ask(1, false, ":method: POST")
	c.ask(3, false, ":method: POST", "content-length: 200000")
	_ = c.WriteData(3, false, make([]byte, 16<<10))
	_ = c.WriteData(1, false, []byte("x"))
	for _, id := range []uint32{1, 3} {
		if got := c.answer(id); got.header[":status"] != "408" && got.reset == nil {
			t.Errorf("stream %d: %v", id, got.header)
		}
	}
	c.ask(5, true, ":path: /old")
	if got := c.answer(5); got.header[":status"] != "302" {
		t.Errorf("got %v", got.header)
	}
}

func TestHTTP2Continue(t *testing.T) {
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })))
	c := e.frames(t)
	c.ask(1, false, ":method: POST", "expect: 100-continue", "content-length: 3")
	for c.answers[1] == nil || c.answers[1].header[":status"] != "100" {
		if _, err := c.next(); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.WriteData(1, true, []byte("abc"))
	if got := c.answer(1); got.header[":status"] != "200" || got.body != "abc" {
		t.Errorf("got %+v", got)
	}
}

// The head of an answer comes before its body does.
func TestHTTP2HeadFirst(t *testing.T) {
	more := make(chan bool)
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-more
		_, _ = io.WriteString(w, "event")
		w.(http.Flusher).Flush()
		<-more
	})))
	c := e.frames(t)
	c.ask(1, true)
	for c.answers[1] == nil || c.answers[1].header[":status"] != "200" {
		if _, err := c.next(); err != nil {
			t.Fatal(err)
		}
	}
	more <- true
	for c.answers[1].body != "event" {
		if _, err := c.next(); err != nil {
			t.Fatal(err)
		}
	}
	more <- true
	c.answer(1)
}

// Beyond the limit of connections a client is told so in its own protocol.
func TestHTTP2Crowded(t *testing.T) {
	model := simple(t, "")
	model.Limits.Connections = 1
	e := start(t, model)
	first := e.frames(t)
	first.ask(1, true, ":path: /old")
	first.answer(1)
	second := e.frames(t)
	second.ask(1, true, ":path: /old")
	if got := second.answer(1); got.header[":status"] != "503" || got.header["x-cache"] != "PASS" {
		t.Errorf("got %v", got.header)
	}
	f, err := second.next()
	for ; err == nil; f, err = second.next() {
		if _, ok := f.(*frames.GoAwayFrame); ok {
			return
		}
	}
	t.Error("no GOAWAY")
}

// Memory is taken for what has come of a body, not for what is promised.
func TestPromisedBodies(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	model.Limits.BodySize = 1 << 30
	e := start(t, model)
	before := heap()
	const streams = 1000
	for i := range streams / 100 {
		c := e.frames(t)
		for j := range uint32(100) {
			fields := []string{":method: POST"}
			if j%2 == 0 {
				fields = append(fields, "content-length: 60000")
			}
			c.ask(2*j+1, false, fields...)
			_ = c.WriteData(2*j+1, false, []byte("fourteen bytes"))
		}
		eventually(t, "the streams are open", func() bool { return e.plane.Requests() == 100*(i+1) })
	}
	time.Sleep(50 * time.Millisecond)
	if each := (heap() - before) / streams; each > 20<<10 {
		t.Errorf("%d bytes each", each)
	}
}

// heap is what is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
