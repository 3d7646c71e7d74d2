package conformance

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"edgegen/internal/site"
)

// expect reads exactly the text.
func (c *client) expect(text string) {
	got := make([]byte, len(text))
	n, err := io.ReadFull(c.reader, got)
	if err != nil || string(got) != text {
		c.a.fatalf("got %.80q and %v, want %.80q", got[:n], err, text)
	}
}

// piped opens a WebSocket to an app that echoes bytes.
func piped(target string, use func(*attempt, *client, *response)) func(*attempt) {
	return func(a *attempt) {
		a.edge.record.answer(a.mark, echo)
		c := a.open("main.test")
		c.send(handshake("main.test", target))
		got := c.read("GET")
		if got.status != 101 {
			a.fatalf("status %d", got.status)
		}
		use(a, c, got)
	}
}

func everyByte(_ *attempt, c *client, _ *response) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for range 3 {
		if _, err := c.conn.Write(all); err != nil {
			c.a.fatalf("send: %v", err)
		}
		c.expect(string(all))
	}
}

func flood(a *attempt, c *client, _ *response) {
	data := make([]byte, 1<<20)
	_, _ = rand.Read(data) // it never fails
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = c.conn.Write(data) }) // what fails here is missed below
	got := make([]byte, len(data))
	_, err := io.ReadFull(c.reader, got)
	sending.Wait()
	if err != nil || !bytes.Equal(got, data) {
		a.errorf("the megabyte comes back changed: %v", err)
	}
}

// room exchanges messages with a real client and a real app.
func room(text string, times int) func(*attempt) {
	return func(a *attempt) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
		defer cancel()
		transport := &http.Transport{TLSClientConfig: &tls.Config{ServerName: "main.test", InsecureSkipVerify: true}}
		defer transport.CloseIdleConnections()
		if a.edge.Combination.TLS == site.Off {
			transport.DialTLSContext = func(context.Context, string, string) (net.Conn, error) {
				return a.behind("127.0.0.1", a.edge.https), nil
			}
		}
		conn, _, err := websocket.Dial(ctx, "wss://"+a.edge.https+"/room", &websocket.DialOptions{Host: "main.test", HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			a.fatalf("%v", err)
		}
		defer func() { _ = conn.CloseNow() }()
		conn.SetReadLimit(1 << 22)
		for range times {
			if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
				a.fatalf("%v", err)
			}
			if _, got, err := conn.Read(ctx); err != nil || string(got) != text {
				a.fatalf("got %.40q and %v", got, err)
			}
		}
		if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
			a.errorf("close: %v", err)
		}
	}
}

func clientCloses(a *attempt) {
	rest := make(chan string, 1)
	a.edge.record.answer(a.mark, func(x *exchange) { x.write(switching + "\r\n"); rest <- x.rest() })
	c := a.open("main.test")
	c.send(handshake("main.test", "/ws"))
	c.read("GET")
	c.send("last words")
	_ = c.conn.Close() // that it arrives is what is looked at
	a.await(rest, "last words")
}

// halfClosed: the client has said all and still gets the answer.
func halfClosed(a *attempt) {
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write(switching + "\r\n")
		x.write("answer to " + x.rest())
		x.end()
	})
	c := a.open("main.test")
	c.send(handshake("main.test", "/ws"))
	c.read("GET")
	c.send("question")
	c.closeWrite()
	c.expect("answer to question")
}

// appHalfClosed: the app has said all and still hears the client.
func appHalfClosed(a *attempt) {
	rest := make(chan string, 1)
	a.edge.record.answer(a.mark, func(x *exchange) {
		x.write(switching + "\r\nall I say")
		_ = x.conn.(interface{ CloseWrite() error }).CloseWrite() // the client sees whether it worked
		rest <- x.rest()
	})
	c := a.open("main.test")
	c.send(handshake("main.test", "/ws"))
	c.read("GET")
	if more, closed := c.closed(patience); !closed || more != "all I say" {
		a.errorf("got %q, closed %t", more, closed)
	}
	c.send("I heard")
	_ = c.conn.Close() // that the words arrive is what is looked at
	a.await(rest, "I heard")
}

func (a *attempt) await(got <-chan string, want string) {
	select {
	case text := <-got:
		if text != want {
			a.errorf("the app got %q, want %q", text, want)
		}
	case <-time.After(patience):
		a.errorf("the app got no end")
	}
}

func manySockets(a *attempt) {
	a.edge.record.answer(a.mark, echo)
	var all []*client
	for range 50 {
		c := a.open("main.test")
		c.send(handshake("main.test", "/ws"))
		all = append(all, c)
	}
	for _, c := range all {
		if got := c.read("GET"); got.status != 101 {
			a.fatalf("status %d", got.status)
		}
		c.send("{case}")
		c.expect(a.mark)
	}
}
