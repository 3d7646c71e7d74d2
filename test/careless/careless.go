// Package careless is an app that sends more than its answers say.
package careless

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Stolen is what it sends behind an answer: it would do for an answer to the
// next request, and for one that is stored.
const Stolen = "HTTP/1.1 200 OK\r\nSet-Cookie: stolen\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\nstolen"

// Kind is a way of being careless. A NUL in the answer is a pause.
type Kind struct{ Method, Answer string }

// Kinds are the ways, by name.
func Kinds() map[string]Kind {
	const two = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	return map[string]Kind{
		"HEAD with a body":            {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + Stolen},
		"HEAD with a late body":       {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\x00" + Stolen},
		"204 with a body":             {"GET", "HTTP/1.1 204 No Content\r\n\r\n" + Stolen},
		"304 with a body":             {"GET", "HTTP/1.1 304 Not Modified\r\n\r\n" + Stolen},
		"Content-Length too short":    {"GET", two + Stolen},
		"Content-Length of nothing":   {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + Stolen},
		"behind the last chunk":       {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + Stolen},
		"an interim answer behind it": {"GET", two + "HTTP/1.1 103 Early Hints\r\n\r\n" + Stolen},
		"interim and final":           {"GET", "HTTP/1.1 103 Early Hints\r\n\r\n" + two + "HTTP/1.1 100 Continue\r\n\r\n" + Stolen},
		"later":                       {"GET", two + "\x00" + Stolen},
		"two answers to a POST":       {"POST", two + "\x00" + Stolen},
	}
}

// Converse answers a path with "/own/" in it with that path, and everything else
// with the careless answer, until the connection ends. After each careless answer
// it calls sent.
func Converse(c net.Conn, answer string, pause time.Duration, sent func()) {
	for r := bufio.NewReader(c); ; {
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body) // an end too early shows in the next request
		if own := request.URL.Path; strings.Contains(own, "/own/") {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n%s", len(own), own)
			continue
		}
		for i, part := range strings.Split(answer, "\x00") {
			if i > 0 {
				time.Sleep(pause) // the app's delay
			}
			_, _ = io.WriteString(c, part) // the peer may have gone
		}
		sent()
	}
}
