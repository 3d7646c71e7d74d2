package compare

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"edgegen/test/load"
)

// storyteller is an app that answers as the steps say, and tells what it was asked.
type storyteller struct{ steps sync.Map } // by mark

// run serves on a port of its own until the test ends.
func (a *storyteller) run(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	load.Serve(t, listener, a.converse)
	return listener.Addr().String()
}

// early is what the app says first through a WebSocket.
const early = "early "

func (a *storyteller) converse(conn net.Conn) {
	for reader := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		mark := r.URL.Query().Get("m")
		found, ok := a.steps.Load(mark)
		if !ok {
			return
		}
		if found.(*step).socket {
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Seen: "+seen(r, "")+"\r\n\r\n"+early)
			_, _ = io.Copy(conn, reader) // it ends when the client does
			return
		}
		reply := found.(*step).reply
		if strings.HasPrefix(r.URL.Path, "/within/") {
			reply = within(r.URL.Path)
		}
		body := "unread"
		if !reply.early {
			sum := sha256.New()
			n, err := io.Copy(sum, r.Body)
			if body = fmt.Sprintf("%d bytes %x", n, sum.Sum(nil)[:4]); err != nil {
				return
			}
		}
		if reply.fault == noReply {
			return
		}
		_, err = io.WriteString(conn, reply.text(r, mark, body))
		_, _ = io.Copy(io.Discard, r.Body) // one that breaks off ends the connection at the next read
		if err != nil || reply.closes() || r.Close {
			return
		}
	}
}

// within is what the app answers to a request that it has handed to itself.
func within(path string) reply {
	if path == "/within/b" {
		return reply{status: 404, body: "not within", framing: inChunks}
	}
	return reply{status: 200, body: strings.Repeat("within", 100)}
}

// closes reports that the connection ends behind the reply.
func (r *reply) closes() bool {
	return r.ends || r.fault == cutShort || r.framing == untilEnd && !r.bare()
}

// text is the reply as bytes.
func (r *reply) text(request *http.Request, mark, body string) string {
	var b strings.Builder
	if r.hints {
		b.WriteString("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d Some\r\nX-Seen: %s\r\n", r.status, seen(request, body))
	for _, line := range r.lines {
		b.WriteString(strings.ReplaceAll(line, "{mark}", mark) + "\r\n")
	}
	if r.ends || r.closes() && (r.bare() || r.body == "" || request.Method == http.MethodHead) { // else the client cannot know
		b.WriteString("Connection: close\r\n")
	}
	content := r.body
	switch {
	case r.bare():
		content = ""
	case r.framing == counted:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(content))
	case r.framing == inChunks:
		b.WriteString("Transfer-Encoding: chunked\r\n")
		half := len(content) / 2
		for _, part := range []string{r.body[:half], r.body[half:]} {
			if part != "" {
				content = strings.TrimPrefix(content, r.body) + fmt.Sprintf("%x\r\n%s\r\n", len(part), part)
			}
		}
		content += "0\r\nX-Trailer: yes\r\n\r\n"
		if r.body == "" {
			content = "0\r\n\r\n"
		}
	}
	b.WriteString("\r\n")
	if request.Method == http.MethodHead {
		content = ""
	}
	switch r.fault {
	case cutShort:
		content = content[:len(content)/2]
	case overlong:
		content += "more than was said"
	}
	return b.String() + content
}

// seen is a request as the app sees it, in one line.
func seen(r *http.Request, body string) string {
	words := []string{r.Method, r.RequestURI, r.Host, body}
	for name, values := range r.Header {
		switch name {
		case "X-Request-Id", "Connection", "Content-Length": // made for each request; of the connection; whether a body comes in chunks is a matter of timing
			continue
		}
		words = append(words, name+"="+strings.Join(values, ","))
	}
	slices.Sort(words[4:])
	return strings.Join(words, "|")
}
