package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	chunkedHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
	eventsHead  = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	anEvent     = "8\r\ndata: 1\n\r\n"
)

// streamCases are answers that come little by little. In the configuration
// "quick" first_byte and between_bytes are a second, websocket_idle is two.
func streamCases() []contractCase {
	const beyondBetweenBytes, beyondIdle = 1600 * time.Millisecond, 5 * time.Second
	events := get("quick.test", "/", "Accept: text/event-stream")
	return []contractCase{
		{clause: "B7", name: "an answer moves for longer than any of its pauses may last", edge: "quick", request: get("quick.test", "/"),
			answer: dripping(chunkedHead, "1\r\nx\r\n", 20, 200*time.Millisecond), want: want{status: 200, body: strings.Repeat("x", 20)}},
		{clause: "B7", name: "the same with a length", edge: "quick", request: get("quick.test", "/"),
			answer: dripping("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", "x", 20, 200*time.Millisecond), want: want{status: 200, body: strings.Repeat("x", 20)}},
		{clause: "B7", name: "the same behind files", edge: "quick", request: get("quick.test", "/files/none"),
			answer: dripping(chunkedHead, "1\r\nx\r\n", 20, 200*time.Millisecond), want: want{status: 200, body: strings.Repeat("x", 20)}},
		{clause: "B7", name: "silence within an answer", edge: "quick", run: silent(get("quick.test", "/"), chunkedHead, true, beyondIdle)},
		{clause: "B7", name: "silence within a stream of events", edge: "quick", run: silent(events, eventsHead, false, beyondBetweenBytes)},
		{clause: "B7", name: "silence within a stream of events behind files", edge: "quick",
			run: silent(get("quick.test", "/files/none", "Accept: text/html, Text/Event-Stream;q=0.5"), eventsHead, false, beyondBetweenBytes)},
		{clause: "B7", name: "silence within a stream of events that a POST asked for", edge: "quick",
			run: silent(ask("POST", "quick.test", "/", "x", "Content-Length: 1", "Accept: application/json, text/event-stream"), eventsHead, false, beyondBetweenBytes)},
		{clause: "B7", name: "silence within a stream of events that was not asked for", edge: "quick",
			run:     silent(get("quick.test", "/"), eventsHead, false, beyondBetweenBytes),
			differs: "native-unannounced-events", observed: "cut"},
		{clause: "B7", name: "a stream of events is silent for too long", edge: "quick", run: silent(events, eventsHead, true, beyondIdle)},
		{clause: "B7", name: "a stream of events that does not begin", edge: "quick", request: events, answer: stall(6 * time.Second),
			want: want{status: 504, reaches: 1}},
		{clause: "B7", name: "tokens of five bytes", edge: "quick", run: tokens},
		{clause: "B7", name: "a head goes out at once", edge: "open", run: headFirst(chunkedHead, "1\r\nx\r\n0\r\n\r\n")},
		{clause: "B7", name: "a head of events goes out at once", edge: "open", run: headFirst(eventsHead, anEvent+"0\r\n\r\n")},
		{clause: "B7", name: "a head of an answer without a length goes out at once", edge: "open", run: headFirst("HTTP/1.1 200 OK\r\n\r\n", "x")},
		{clause: "B7", name: "a head of a short answer goes out at once", edge: "open", run: headFirst("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "x"),
			differs: "varnish-held-answers", observed: "the head came after"},
		{clause: "B7", name: "a head of an answer that is to be stored goes out at once", edge: "open",
			run:     headFirst("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n0\r\n\r\n"),
			differs: "varnish-held-answers", observed: "the head came after"},
	}
}

// dripping answers with a piece and a pause, many times.
func dripping(head, piece string, pieces int, pause time.Duration) func(*exchange) {
	return func(x *exchange) {
		x.write(head)
		for range pieces {
			time.Sleep(pause) // what makes it drip; nothing is waited for
			x.write(piece)
		}
		if strings.Contains(head, "chunked") {
			x.write("0\r\n\r\n")
		}
	}
}

// silent has an app stop in the middle of an answer, and says whether that is to
// end it.
func silent(request, head string, cut bool, pause time.Duration) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, func(x *exchange) {
			x.write(head + anEvent)
			time.Sleep(pause) // the silence itself
			x.write(anEvent + "0\r\n\r\n")
		})
		got := a.ask(request)
		switch {
		case got.status != 200:
			a.errorf("status %d", got.status)
		case cut && got.broken == nil:
			a.errorf("not cut: %q", got.body)
		case !cut && got.broken != nil:
			a.errorf("cut after %q: %v", got.body, got.broken)
		}
	}
}

// soon is much less than what apps and clients have here to wait for each other.
const soon = 4 * time.Second

// headFirst has an app send its head, and the rest once the client has the head.
func headFirst(head, rest string) func(*attempt) {
	return func(a *attempt) {
		seen := make(chan struct{})
		a.edge.record.answer(a.mark, func(x *exchange) {
			x.write(head)
			select {
			case <-seen:
			case <-time.After(patience):
			}
			x.write(rest)
			x.end()
		})
		c := a.open("open.test")
		c.send(get("open.test", "/"))
		began := time.Now()
		answer, err := http.ReadResponse(c.reader, nil)
		close(seen)
		if err != nil {
			a.fatalf("no head: %v", err)
		}
		if waited := time.Since(began); waited > soon {
			a.errorf("the head came after %v", waited)
		}
		line, _ := bufio.NewReader(answer.Body).ReadString('\n')
		if !strings.Contains("data: 1\nx", line) || line == "" {
			a.errorf("body %q", line)
		}
	}
}

// uploadCases are requests whose bodies come little by little.
func uploadCases() []contractCase {
	return []contractCase{
		{clause: "B7", name: "a body reaches the app as it comes", edge: "open", run: trickles("Content-Length: 10", "", "first", "other")},
		{clause: "B7", name: "the start of a body comes with the head", edge: "open", run: trickles("Content-Length: 10", "first", "", "other"),
			differs: "varnish-first-piece", observed: "\"\" has come"},
		{clause: "B7", name: "a chunked body reaches the app as it comes", edge: "open", run: trickles("Transfer-Encoding: chunked", "5\r\nfirst\r\n", "", "5\r\nother\r\n0\r\n\r\n")},
		{clause: "B7", name: "a small body on a route that streams", edge: "quick", request: ask("POST", "quick.test", "/stream", "abc", "Content-Length: 3"),
			want: want{status: 200, body: "3", reaches: 1}},
		{clause: "B7", name: "bodies both ways at once", edge: "quick", run: bothWays, differs: "varnish-one-way", observed: `"502 B" came back|no answer`},
		{clause: "B7", name: "a body is held until it is complete", edge: "open", run: isHeld("Content-Length: 300000", "")},
		{clause: "B7", name: "a chunked body is held until it is complete", edge: "open", run: isHeld("Transfer-Encoding: chunked", "493e0\r\n")},
		{clause: "B7", name: "a chunked body that breaks off on a route that streams", edge: "open", run: breaksOff,
			differs: "varnish-streamed-chunks", observed: "whole"},
		{clause: "E6", name: "a body that dribbles", edge: "quick", run: dribbles("/held"), differs: "varnish-slow-body", observed: "not cut|status 502"},
		{clause: "E6", name: "a body that dribbles on a route that streams", edge: "quick", run: dribbles("/stream"), differs: "varnish-slow-body", observed: "not cut|status 502"},
		{clause: "E6", name: "a body that stops", edge: "quick", run: func(a *attempt) {
			c := a.open("quick.test")
			c.send(ask("POST", "quick.test", "/held", "x", "Content-Length: 10"))
			if got := c.tryRead("POST"); got == nil || got.status != 408 {
				a.errorf("no 408: %+v", got)
			}
			if _, closed := c.closed(patience); !closed {
				a.fatalf("the connection is open")
			}
		}, differs: "varnish-slow-body", observed: "^no 408"},
		{clause: "E6", name: "a body that moves", edge: "quick", run: func(a *attempt) {
			c := a.open("quick.test")
			c.send(ask("POST", "quick.test", "/held", "", "Content-Length: 20480"))
			for range 20 {
				time.Sleep(200 * time.Millisecond) // what makes it slow; nothing is waited for
				c.send(strings.Repeat("x", 1024))
			}
			a.check(c.read("POST"), want{status: 200, body: "20480"})
		}},
	}
}

// bothWays: the answer comes while the body is still on its way.
func bothWays(a *attempt) {
	c := a.open("quick.test")
	c.send(ask("POST", "quick.test", "/stream/back", "5\r\nfirst\r\n", "Transfer-Encoding: chunked"))
	_ = c.conn.SetReadDeadline(time.Now().Add(3 * time.Second)) // an error shows in the read
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		a.errorf("no answer while the body is on its way: %v", err)
		return
	}
	for _, piece := range []string{"first", "other", "third"} {
		if piece != "first" {
			c.send("5\r\n" + piece + "\r\n")
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(answer.Body, got); err != nil || string(got) != piece {
			a.errorf("%q came back, %v", got, err)
			return
		}
	}
	c.send("0\r\n\r\n")
	if rest, err := io.ReadAll(answer.Body); len(rest) > 0 || err != nil {
		a.errorf("%q, %v", rest, err)
	}
}

// tokens has an app send five bytes each time the client has those before.
func tokens(a *attempt) {
	const count = 20
	seen := make(chan struct{}, count)
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i := range count {
			x.write(fmt.Sprintf("5\r\ntok%02d\r\n", i))
			select {
			case <-seen:
			case <-time.After(patience):
			}
		}
		x.write("0\r\n\r\n")
	})
	c := a.open("quick.test")
	c.send(get("quick.test", "/"))
	answer, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		a.fatalf("no answer: %v", err)
	}
	began := time.Now()
	for i := range count {
		got := make([]byte, 5)
		if _, err := io.ReadFull(answer.Body, got); err != nil || string(got) != fmt.Sprintf("tok%02d", i) {
			a.errorf("%q, %v", got, err)
			return
		}
		seen <- struct{}{}
	}
	if took := time.Since(began); took > patience {
		a.errorf("%d tokens took %s", count, took)
	}
	if rest, err := io.ReadAll(answer.Body); len(rest) > 0 || err != nil {
		a.errorf("%q, %v", rest, err)
	}
}

// arrived waits until the app has so much of the body.
func (a *attempt) arrived(text string) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if a.edge.record.come(a.mark) == text {
			return true
		}
	}
	return false
}

// trickles sends a body in two parts, the first with its head or behind it, the
// second once the app has the first.
func trickles(framing, with, behind, second string) func(*attempt) {
	return func(a *attempt) {
		c := a.open("open.test")
		c.send(ask("POST", "open.test", "/stream", with, framing))
		if behind != "" {
			time.Sleep(100 * time.Millisecond) // what makes two pieces of it
			c.send(behind)
		}
		if !a.arrived("first") {
			a.errorf("of the body %q has come", a.edge.record.come(a.mark))
		}
		c.send(second)
		a.check(c.read("POST"), want{status: 200, body: "10", reaches: 1})
		if got := a.edge.record.come(a.mark); got != "firstother" {
			a.errorf("came %q", got)
		}
	}
}

// isHeld: the app hears of a request when its body is there.
func isHeld(framing, before string) func(*attempt) {
	return func(a *attempt) {
		c := a.open("open.test")
		c.send(ask("POST", "open.test", "/held", before+strings.Repeat("x", 200000), framing))
		time.Sleep(300 * time.Millisecond) // for what is not to happen
		if n := len(a.seen()); n != 0 {
			a.errorf("%d requests have reached the app", n)
		}
		rest := strings.Repeat("x", 100000)
		if before != "" {
			rest += "\r\n0\r\n\r\n"
		}
		c.send(rest)
		a.check(c.read("POST"), want{status: 200, body: strconv.Itoa(300000), reaches: 1})
	}
}

// breaksOff: the app has to see that a body is not whole.
func breaksOff(a *attempt) {
	c := a.open("open.test")
	c.send(ask("POST", "open.test", "/stream", "5\r\nfirst\r\n", "Transfer-Encoding: chunked"))
	a.arrived("first")
	_ = c.conn.Close() // in the middle of the body
	if !a.arrived("firstbroken") {
		a.errorf("the app takes %q for whole", a.edge.record.come(a.mark))
	}
}

// dribbles: a byte now and then does not keep a connection.
func dribbles(target string) func(*attempt) {
	return func(a *attempt) {
		c := a.open("quick.test")
		c.send(ask("POST", "quick.test", target, "", "Content-Length: 1000"))
		answered := make(chan *response, 1)
		go func() { answered <- c.tryRead("POST") }()
		for range 30 {
			select {
			case got := <-answered:
				if got != nil && got.status != 408 {
					a.errorf("status %d", got.status)
				}
				return
			case <-time.After(100 * time.Millisecond):
				_, _ = c.conn.Write([]byte("x")) // it may be closed already
			}
		}
		_ = c.conn.Close() // it ends the read
		if got := <-answered; got != nil {
			a.errorf("status %d", got.status)
		}
		a.errorf("not cut")
	}
}
