package compare

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"edgegen/test/edge"
)

// connection is one of HTTP/1.1 to an edge, which is opened anew where the edge has said
// that it ends.
type connection struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

func (c *connection) open() error {
	if c.conn != nil {
		return nil
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: edge.Patience}, "tcp", c.address, clientTLS("http/1.1"))
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReader(conn)
	return nil
}

func clientTLS(protocol string) *tls.Config {
	return &tls.Config{ServerName: "one.test", InsecureSkipVerify: true, NextProtos: []string{protocol}, CurvePreferences: []tls.CurveID{tls.X25519}}
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close() // nobody listens any more
		c.conn = nil
	}
}

// ask asks for one answer after the other.
func (c *connection) ask(steps []*step, marks []string) []result {
	var results []result
	for i, s := range steps {
		if err := c.open(); err != nil {
			results = append(results, result{problem: err.Error()})
			continue
		}
		_ = c.conn.SetDeadline(time.Now().Add(edge.Patience)) // Read fails where it cannot be set
		text := s.head(marks[i])
		if !s.awaits {
			text += s.content()
		}
		_, _ = io.WriteString(c.conn, text) // what fails here shows when reading
		r := c.read(s, s.awaits)
		if r.status == http.StatusSwitchingProtocols {
			r.body = c.talk()
		}
		results = append(results, r)
	}
	return results
}

// talk says something through a WebSocket, and returns what is heard.
func (c *connection) talk() string {
	defer c.close()
	const said = "something said"
	_, _ = io.WriteString(c.conn, said) // as in ask
	heard := make([]byte, len(early+said))
	n, _ := io.ReadFull(c.reader, heard) // what is missing shows
	return string(heard[:n])
}

// pipeline asks all at once, and once more behind each answer with which the connection
// ends.
func (c *connection) pipeline(steps []*step, marks []string) []result {
	var results []result
	for len(results) < len(steps) {
		if err := c.open(); err != nil {
			return append(results, result{problem: err.Error()})
		}
		_ = c.conn.SetDeadline(time.Now().Add(edge.Patience)) // as in ask
		var text strings.Builder
		for i := len(results); i < len(steps); i++ {
			text.WriteString(steps[i].head(marks[i]) + steps[i].content())
		}
		written := make(chan struct{})
		go func(to net.Conn) {
			defer close(written)
			_, _ = io.WriteString(to, text.String()) // as in ask
		}(c.conn)
		for c.conn != nil && len(results) < len(steps) {
			results = append(results, c.read(steps[len(results)], false))
		}
		if c.conn == nil {
			<-written
		}
	}
	return results
}

// read reads an answer. The body of a request that awaits to be asked for it is sent then.
func (c *connection) read(s *step, awaits bool) result {
	var r result
	for {
		answer, err := http.ReadResponse(c.reader, &http.Request{Method: s.method})
		if err != nil {
			r.broken, r.problem = true, "no answer"
			c.close()
			return r
		}
		if answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
			if answer.StatusCode != http.StatusContinue { // which an early answer may be ahead of
				r.interim = append(r.interim, answer.StatusCode)
			} else if awaits {
				awaits = false
				_, _ = io.WriteString(c.conn, s.content()) // as in ask
			}
			continue
		}
		r.status, r.header = answer.StatusCode, answer.Header
		r.header.Set("Framing", fmt.Sprint(answer.ContentLength, answer.TransferEncoding))
		if r.status == http.StatusSwitchingProtocols {
			return r
		}
		body, err := io.ReadAll(answer.Body)
		r.body, r.broken = string(body), err != nil
		for name, values := range answer.Trailer {
			r.header["Trailer-"+name] = values
		}
		if r.broken || answer.Close || awaits || s.spoilt {
			c.close()
		}
		return r
	}
}

// head is a request's head.
func (s *step) head(mark string) string {
	text := fmt.Sprintf("%s %s?m=%s HTTP/1.%d\r\nHost: %s\r\nUser-Agent: %s\r\n", s.method, s.path, mark, s.minor, s.host, cmp.Or(s.agent, "sequence"))
	for _, line := range s.lines {
		text += line + "\r\n"
	}
	switch {
	case s.socket:
		text += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	case s.spoilt:
		text += "Spoilt : yes\r\n"
	case s.chunked && s.body != "":
		text += "Transfer-Encoding: chunked\r\n"
	case s.body != "":
		text += fmt.Sprintf("Content-Length: %d\r\n", len(s.body))
	}
	if s.awaits {
		text += "Expect: 100-continue\r\n"
	}
	return text + "\r\n"
}

// content is a request's body in its framing.
func (s *step) content() string {
	if s.body == "" || !s.chunked {
		return s.body
	}
	half := len(s.body)/2 + 1
	text := fmt.Sprintf("%x\r\n%s\r\n", half, s.body[:half])
	if rest := s.body[half:]; rest != "" {
		text += fmt.Sprintf("%x\r\n%s\r\n", len(rest), rest)
	}
	return text + "0\r\n\r\n"
}
