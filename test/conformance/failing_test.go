package conformance

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func plainPage() map[string]string {
	return map[string]string{"Content-Type": "text/plain; charset=utf-8", "Server": "", "Via": ""}
}

// everyServerRefuses: nobody can be asked. Once that is known it is 503; the
// requests that find it out may be told 502.
func everyServerRefuses(a *attempt) {
	first := a.ask(get("main.test", "/gone"))
	if first.status != 502 && first.status != 503 {
		a.errorf("first: status %d", first.status)
	}
	// Each server is left alone for a while of its own: one whose while has just passed
	// is asked again.
	var then *response
	for range 5 {
		if then = a.ask(get("main.test", "/gone/a.json")); then.status != 502 {
			break
		}
	}
	a.check(then, want{status: 503, body: "503 Service Unavailable\n", headers: plainPage()})
}

func anotherServer(a *attempt) {
	a.edge.record.answer(a.mark, inTurn((*exchange).reset, say(page("x"))))
	a.check(a.ask(get("main.test", "/another")), want{status: 200, reaches: 2})
	if seen := a.seen(); len(seen) > 1 && seen[0].backend == seen[1].backend {
		a.errorf("%s was asked twice", seen[0].backend)
	}
}

// keptAndClosed: an app may close a connection that nothing is asked on.
func keptAndClosed(a *attempt) {
	closed := make(chan struct{}, 64)
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write(page("x"))
		x.end()
		closed <- struct{}{}
	})
	for range 4 {
		for _, request := range []string{get("main.test", "/local"), ask("POST", "main.test", "/local", "a", "Content-Length: 1")} {
			a.check(a.ask(request), want{status: 200})
			select {
			case <-closed: // what is sent before may cross the end on its way
			case <-time.After(patience):
				a.fatalf("the app was not asked")
			}
		}
	}
}

// moves: an app at localhost is found wherever it listens.
func moves(a *attempt) {
	addresses := a.edge.record.moving
	for _, at := range slices.Concat(addresses, addresses) {
		listener, err := net.Listen("tcp", at)
		if err != nil {
			a.fatalf("%v", err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, at) })}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = server.Serve(listener) // it returns ErrServerClosed
		}()
		for range 3 {
			a.check(a.ask(get("main.test", "/moving")), want{status: 200, body: at})
			a.check(a.ask(ask("POST", "main.test", "/moving", "x", "Content-Length: 1")), want{status: 200, body: at})
		}
		_ = server.Close() // kept connections end with it
		<-ended
	}
}

func passedOver(a *attempt) {
	for range 4 {
		a.check(a.ask(get("main.test", "/half")), want{status: 200, body: "app alive\n"})
	}
}

// passedOverPost: nothing has been sent where the connection is refused, so
// that even a POST can go elsewhere.
func passedOverPost(a *attempt) {
	for range 4 {
		a.check(a.ask(ask("POST", "main.test", "/half", "x=1", "Content-Length: 3")), want{status: 200, body: "app alive\n"})
	}
}

func ownErrors(a *attempt) {
	for _, status := range []string{"500 A", "502 B", "503 C", "504 D"} {
		a.edge.record.answer(a.mark, say(pageOf(status, "my own "+status)))
		a.check(a.ask(get("main.test", "/")), want{body: "my own " + status})
	}
}

func expectContinue(a *attempt) {
	c := a.open("main.test")
	head, _, _ := strings.Cut(ask("POST", "main.test", "/", "", "Content-Length: 5", "Expect: 100-continue"), "\r\n\r\n")
	c.send(head + "\r\n\r\nhello")
	a.check(c.read("POST"), want{status: 200, reaches: 1})
	a.compare("body", a.last().body, "hello")
}

func bigBody(a *attempt) {
	body := strings.Repeat("0123456789abcdef", 1<<18)
	a.edge.record.answer(a.mark, say(page(body)))
	if got := a.ask(get("main.test", "/")); got.status != 200 || got.body != body {
		a.errorf("status %d, %d bytes, broken %v", got.status, len(got.body), got.broken)
	}
}

// aheadOf is how long an app gets to send what nobody takes.
const aheadOf = 5 * time.Second

// notReadAhead: a body of any size needs a bounded memory, because the app is
// kept waiting while its client is.
func notReadAhead(a *attempt) {
	const size = 256 << 20
	sent := make(chan struct{})
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n")
		piece := strings.Repeat("x", 1<<20)
		for range size >> 20 {
			if _, err := io.WriteString(x.conn, piece); err != nil {
				return // the client has gone, as it will
			}
		}
		close(sent)
	})
	c := a.open("main.test")
	c.send(get("main.test", "/"))
	if _, err := c.reader.Peek(1); err != nil {
		a.fatalf("no answer: %v", err)
	}
	select {
	case <-sent:
		a.errorf("read ahead: %d bytes, of which the client has taken none", size)
	case <-time.After(aheadOf):
	}
}

// slowAndClosing: a client that reads slowly gets all of an answer after which
// the connection is closed.
func slowAndClosing(a *attempt) {
	body := strings.Repeat("0123456789abcdef", 1<<19)
	a.edge.record.answer(a.mark, say(page(body)))
	c := a.open("main.test")
	c.send(get("main.test", "/", "Connection: close"))
	c.reader = bufio.NewReaderSize(slowReader{c.conn}, 64<<10)
	if got := c.read("GET"); got.status != 200 || got.body != body {
		a.errorf("status %d, short: %d of %d bytes, broken %v", got.status, len(got.body), len(body), got.broken)
	}
}

// slowReader takes a little at a time. The pause is what makes it slow; nothing
// is waited for.
type slowReader struct{ net.Conn }

func (s slowReader) Read(p []byte) (int, error) {
	time.Sleep(2 * time.Millisecond)
	return s.Conn.Read(p[:min(len(p), 32<<10)])
}

// cutShort: the client must see that something is missing, each time anew.
func cutShort(answer string) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, func(x *exchange) { x.write(answer); x.end() })
		for i := range 2 {
			c := a.open("main.test")
			c.send(get("main.test", "/"))
			got := c.tryRead("GET")
			if got != nil && got.status < 500 && got.broken == nil {
				a.errorf("%d: a whole-looking answer: status %d, %q", i, got.status, got.body)
			}
			if len(a.seen()) <= i {
				a.errorf("%d: it was stored", i)
			}
		}
	}
}
