package conformance

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"edgegen/internal/site"
)

// patience is how long anything may take that should happen at once.
const patience = 10 * time.Second

// client is one connection to an edge.
type client struct {
	a      *attempt
	conn   net.Conn
	reader *bufio.Reader
}

// response is one answer, its body read to the end.
type response struct {
	status        int
	proto         string
	header        http.Header
	trailer       http.Header
	length        int64 // of the body as announced; -1 for none
	chunked       bool
	body          string
	broken        error // what ended the body before its end
	informational []int // the 1xx that came before it
}

// open connects to a TLS listener with the name as server name.
func (a *attempt) open(name string) *client { return a.openFrom("127.0.0.1", name) }

// openFrom connects from another address of the machine.
func (a *attempt) openFrom(from, name string) *client {
	if a.over != http1 {
		a.inexpressible()
	}
	if a.edge.Combination.TLS == site.Off {
		conn := a.behind(from, a.edge.https)
		return &client{a: a, conn: conn, reader: bufio.NewReader(conn)}
	}
	conn := tls.Client(a.dial(from, a.edge.https), a.config(name))
	if err := conn.Handshake(); err != nil {
		a.fatalf("TLS handshake: %v", err)
	}
	return &client{a: a, conn: conn, reader: bufio.NewReader(conn)}
}

// clientConfig is for a handshake that is not what a case asks about: the keys are
// agreed on in the cheapest way, as there are thousands.
func clientConfig(name string, protocols ...string) *tls.Config {
	return &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: protocols, CurvePreferences: []tls.CurveID{tls.X25519}}
}

// terminator is the address of whoever ends TLS in front of an edge that does not.
const terminator = "127.0.0.200"

// behind connects as a terminator does that names its client in a PROXY header.
func (a *attempt) behind(from, to string) net.Conn {
	conn := a.dial(terminator, to)
	if _, err := fmt.Fprintf(conn, "PROXY TCP4 %s 127.0.0.1 40000 443\r\n", from); err != nil {
		a.fatalf("%v", err)
	}
	return conn
}

// openPlain connects to a plain listener.
func (a *attempt) openPlain(from string) *client {
	if a.over != http1 {
		a.inexpressible()
	}
	conn := a.dial(from, a.edge.http)
	return &client{a: a, conn: conn, reader: bufio.NewReader(conn)}
}

func (a *attempt) dial(from, to string) net.Conn {
	dialer := net.Dialer{Timeout: patience}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := dialer.Dial("tcp", to)
	if err != nil {
		a.fatalf("connect: %v", err)
	}
	a.cleanup(func() { _ = conn.Close() }) // most cases have closed it
	if err := conn.SetDeadline(time.Now().Add(3 * patience)); err != nil {
		a.fatalf("%v", err)
	}
	return conn
}

// send writes the text with the case's marks filled in. From then on the
// connection has as long as at first.
func (c *client) send(text string) {
	_ = c.conn.SetDeadline(time.Now().Add(3 * patience)) // where it fails, so does the write
	if _, err := io.WriteString(c.conn, c.a.fill(text)); err != nil {
		c.a.errorf("send: %v", err)
	}
}

// read reads the answer to a request with the method.
func (c *client) read(method string) *response {
	got := c.tryRead(method)
	if got == nil {
		c.a.fatalf("no answer")
	}
	return got
}

// tryRead returns nil where no answer comes.
func (c *client) tryRead(method string) *response {
	r := &response{}
	for {
		answer, err := http.ReadResponse(c.reader, &http.Request{Method: method})
		if err != nil {
			return nil
		}
		if answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
			r.informational = append(r.informational, answer.StatusCode)
			continue
		}
		r.status, r.proto, r.header, r.length = answer.StatusCode, answer.Proto, answer.Header, answer.ContentLength
		r.chunked = len(answer.TransferEncoding) > 0
		if answer.StatusCode != http.StatusSwitchingProtocols {
			body, err := io.ReadAll(answer.Body)
			r.body, r.broken, r.trailer = string(body), err, answer.Trailer
		}
		return r
	}
}

// closed waits for the edge to close the connection and reports whether it
// did; more is what came before.
func (c *client) closed(within time.Duration) (more string, closed bool) {
	if err := c.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		c.a.fatalf("%v", err)
	}
	data, err := io.ReadAll(c.reader)
	return string(data), !errors.Is(err, os.ErrDeadlineExceeded)
}

// closeWrite ends our half of a TLS or a plain connection.
func (c *client) closeWrite() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok {
		c.a.fatalf("the connection has no halves")
	}
	if err := half.CloseWrite(); err != nil {
		c.a.errorf("close the sending half: %v", err)
	}
}

// ask sends a request over a TLS connection of its own and returns the answer.
func (a *attempt) ask(request string) *response { return a.askFrom("127.0.0.1", request) }

func (a *attempt) askFrom(from, request string) *response {
	switch a.over {
	case over2:
		return a.askHTTP2(from, request)
	case over3:
		return a.askHTTP3(from, request)
	}
	c := a.openFrom(from, hostOf(request))
	defer c.conn.Close()
	c.send(request)
	method, _, _ := strings.Cut(request, " ")
	return c.read(method)
}

// tryAsk is ask where the edge may end the connection or the stream without an answer;
// then it returns nil.
func (a *attempt) tryAsk(request string) (got *response) {
	b := &attempt{mark: a.mark, edge: a.edge, over: a.over, shown: a.shown, named: a.named}
	problems := b.try(contractCase{run: func(b *attempt) { got = b.ask(request) }})
	if a.unasked = b.unasked; got == nil && !b.unasked && !strings.HasPrefix(problems[0], "no answer") {
		a.fatalf("%s", problems[0])
	}
	return got
}

// hostOf is the host of a request without its port; "main.test" where it names none.
func hostOf(request string) string {
	for line := range strings.SplitSeq(request, "\r\n") {
		if host, ok := strings.CutPrefix(line, "Host: "); ok {
			name, _, _ := strings.Cut(strings.TrimSuffix(host, "."), ":")
			return strings.ToLower(name)
		}
	}
	return "main.test"
}

// get and the like write requests. The target gets the case's mark.
func get(host, target string, lines ...string) string { return ask("GET", host, target, "", lines...) }

func ask(method, host, target, body string, lines ...string) string {
	joint := "?"
	if strings.Contains(target, "?") {
		joint = "&"
	}
	head := method + " " + target + joint + "case={case} HTTP/1.1\r\nHost: " + host + "\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return head + "\r\n" + body
}

// handshake is a complete WebSocket handshake.
func handshake(host, target string, lines ...string) string {
	return get(host, target, append([]string{
		"Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
	}, lines...)...)
}
