package conformance

import (
	"strings"
	"time"
)

// limitCases are E5 and E6. On the edge "main" a head has 8 KiB and a body 64
// KiB; on "quick" a head has a second to come.
func limitCases() []contractCase {
	big := strings.Repeat("b", 9<<10)
	many := make([]string, 400)
	for i := range many {
		many[i] = "X-Many: " + strings.Repeat("m", 20)
	}
	tooLarge := want{status: 413, body: "413 Content Too Large\n", headers: plainPage(), reaches: never}
	dribble := func(name, text string) contractCase {
		return contractCase{clause: "E6", name: name, edge: "quick", run: dribbled(text)}
	}
	return []contractCase{
		{clause: "E5", name: "a head within its limit", request: get("main.test", "/", "X-Big: "+big[:7<<10]), want: want{status: 200, reaches: 1}},
		{clause: "E5", name: "a long header line", request: get("main.test", "/", "X-Big: "+big), want: want{status: 431, bare: true, reaches: never, closes: true},
			differs: "varnish-large-head", observed: "no answer|status 400, want 431"},
		{clause: "E5", name: "many header lines", request: get("main.test", "/", many...), want: want{status: 431, bare: true, reaches: never},
			differs: "varnish-large-head", observed: "no answer|status 400, want 431"},
		{clause: "E5", name: "a long target", request: get("main.test", "/"+big), want: want{status: 431, bare: true, reaches: never},
			differs: "varnish-large-head", observed: "no answer|status 400, want 431"},
		{clause: "E5", name: "a long target on http", plain: true, request: get("main.test", "/"+big), want: want{status: 431, reaches: never}},
		{clause: "E5", name: "a long header line on http", plain: true, request: get("main.test", "/", "X-Big: "+big), want: want{status: 431, reaches: never}},
		{clause: "E5", name: "a body within its limit", request: ask("POST", "main.test", "/", strings.Repeat("x", 64<<10), "Content-Length: 65536"), want: want{status: 200, reaches: 1}},
		{clause: "E5", name: "a long body", request: ask("POST", "main.test", "/", strings.Repeat("x", 65537), "Content-Length: 65537"), want: tooLarge},
		{clause: "E5", name: "a body several times its limit, after which the connection closes",
			request: ask("POST", "main.test", "/", strings.Repeat("x", 300<<10), "Content-Length: 307200", "Connection: close"), want: tooLarge},
		{clause: "E5", name: "a body that only promises to be long", request: ask("POST", "main.test", "/", "", "Content-Length: 99999999999"), want: tooLarge},
		{clause: "E5", name: "a body that would be much to hold", request: ask("POST", "main.test", "/", "", "Content-Length: 1048577"), want: tooLarge},
		{clause: "E5", name: "a body a little over a large limit", edge: "quick", request: ask("POST", "quick.test", "/", "", "Content-Length: 104858600"), want: tooLarge},
		{clause: "E5", name: "a body that is much too large and is sent all the same", run: sentAnyway, differs: "varnish-unheard-413", observed: "^no answer$"},
		{clause: "E5", name: "a long chunked body", run: longChunks},
		{clause: "E5", name: "more connections than the limit", edge: "open", last: true, run: manyConnections, differs: "native-connections", observed: "one over the limit"},

		dribble("nothing at all", ""),
		dribble("half a request line", "GET /?case={c"),
		dribble("half a head", "GET /?case={case} HTTP/1.1\r\nHost: quick.test\r\n"),
		{clause: "E5", name: "a target just below the limit", edge: "quick", request: get("quick.test", "/"+strings.Repeat("x", 14<<10)), want: want{status: 200}},
		{clause: "E6", name: "byte by byte", edge: "quick", run: byteByByte},
		{clause: "E6", name: "between requests it may take longer", edge: "quick", run: pauseBetween, differs: "varnish-one-clock", observed: "no answer|send"},
		{clause: "E6", name: "a kept connection is used again", run: usedAgain, differs: "nginx-reload-closes", observed: "no answer|send"},
		{clause: "E6", name: "an idle connection is closed in the end", edge: "quick", run: idleConnection},
		{clause: "E6", name: "half a head on http", edge: "quick", run: dribbledPlain},
	}
}

func dribbled(text string) func(*attempt) {
	return func(a *attempt) {
		c := a.open("quick.test")
		c.send(text)
		c.cutOff()
	}
}

func dribbledPlain(a *attempt) {
	c := a.openPlain("127.0.0.1")
	c.send("GET /?case={case} HTTP/1.1\r\nHost: quick.test\r\n")
	c.cutOff()
}

// cutOff holds that the edge gives up after timeouts.header, 1s there.
func (c *client) cutOff() {
	begin := time.Now()
	_, closed := c.closed(patience)
	if took := time.Since(begin); !closed || took > 6*time.Second {
		c.a.errorf("closed %t after %v", closed, took)
	}
	if len(c.a.seen()) > 0 {
		c.a.errorf("it reached the backend")
	}
}

// byteByByte: each byte comes in time, the head does not.
func byteByByte(a *attempt) {
	c := a.open("quick.test")
	begin := time.Now()
	stop := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for _, b := range []byte(a.fill(get("quick.test", "/"+strings.Repeat("x", 200)))) {
			if _, err := c.conn.Write([]byte{b}); err != nil {
				return
			}
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	_, closed := c.closed(patience)
	close(stop)
	<-finished
	if took := time.Since(begin); !closed || took > 6*time.Second {
		a.errorf("closed %t after %v", closed, took)
	}
}

// pauseBetween: idle is 3s and header 1s there.
func pauseBetween(a *attempt) {
	c := a.open("quick.test")
	c.send(get("quick.test", "/"))
	a.check(c.read("GET"), want{status: 200})
	time.Sleep(2 * time.Second) // time itself is what is tried
	c.send(get("quick.test", "/"))
	a.check(c.read("GET"), want{status: 200})
}

func idleConnection(a *attempt) {
	c := a.open("quick.test")
	c.send(get("quick.test", "/"))
	a.check(c.read("GET"), want{status: 200})
	begin := time.Now()
	if _, closed := c.closed(patience); !closed {
		a.errorf("open after %v", time.Since(begin))
	}
}

// sentAnyway: a client that looks for an answer only when it cannot send any
// more finds it.
func sentAnyway(a *attempt) {
	c := a.open("main.test")
	c.send(ask("POST", "main.test", "/", "", "Content-Length: 8388608", "Connection: close"))
	block := make([]byte, 64<<10)
	for range 128 {
		if _, err := c.conn.Write(block); err != nil {
			break // as it may be
		}
	}
	a.check(c.read("POST"), want{status: 413, body: "413 Content Too Large\n", headers: plainPage(), reaches: never})
}

// longChunks: the limit holds for a body without a length too.
func longChunks(a *attempt) {
	c := a.open("main.test")
	chunk := "4000\r\n" + strings.Repeat("x", 0x4000) + "\r\n"
	c.send(ask("POST", "main.test", "/", "", "Transfer-Encoding: chunked") + strings.Repeat(chunk, 5) + "0\r\n\r\n")
	a.check(c.read("POST"), want{status: 413, body: "413 Content Too Large\n"})
	if seen := a.seen(); len(seen) > 0 && len(seen[0].body) > 64<<10 {
		a.errorf("%d bytes reached the backend", len(seen[0].body))
	}
}

// manyConnections: limits.connections is 48 there. That those of other cases have
// been closed the edge may learn later, at the latest by timeouts.idle.
func manyConnections(a *attempt) {
	one := func() *response {
		c := a.open("open.test")
		c.send(get("open.test", "/"))
		return c.tryRead("GET")
	}
	const idle = time.Minute
	for deadline, open := time.Now().Add(idle+patience), 0; open < 48; {
		got := one()
		switch {
		case got != nil && got.status == 200:
			open++
		case time.Now().After(deadline):
			a.fatalf("%d connections are served: %+v", open, got)
		default:
			time.Sleep(20 * time.Millisecond) // between two looks
		}
	}
	got := one()
	switch {
	case got == nil:
		a.errorf("one over the limit gets no answer")
	case got.status != 503:
		a.errorf("one over the limit gets %d, want 503", got.status)
	}
}

// usedAgain asks twice on one connection.
func usedAgain(a *attempt) {
	c := a.open("main.test")
	for i := range 2 {
		c.send(get("main.test", "/"))
		a.check(c.read("GET"), want{status: 200, reaches: i + 1})
	}
}
