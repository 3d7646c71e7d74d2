package hostile

import (
	"fmt"
	"io"
	"regexp"
	"time"
)

const host = "edge.test"

// requestOf is how the turn-th request for a number is written.
func requestOf(number, turn uint64) (method, text string) {
	d := diceOf(number, 1000+turn)
	method = d.one("GET", "GET", "GET", "GET", "GET", "HEAD", "HEAD", "POST", "OPTIONS", "DELETE")
	text = fmt.Sprintf("%s %s?n=%d HTTP/1.1\r\nHost: %s\r\n", method, []string{"/", "/ttl", "/brief"}[number%3], number, host)
	for _, line := range [][]string{
		{"Range: bytes=0-0", "Range: bytes=2-5", "Range: bytes=0-", "Range: bytes=-3", "Range: bytes=999999-", "Range: bytes=0-1,4-5", "Range: posts=0-24", "Range: bytes=5-2", "Range: bytes=-0", "Range: bytes=0-18446744073709551616"},
		{`If-None-Match: "a"`, `If-None-Match: W/"a"`, "If-None-Match: *", `If-None-Match: "x", "b"`, "If-None-Match: \""},
		{"If-Modified-Since: Thu, 31 Dec 2099 23:59:59 GMT", "If-Modified-Since: 0", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"},
		{`If-Range: "a"`, `If-Range: W/"a"`, "If-Range: Thu, 31 Dec 2099 23:59:59 GMT"},
		{`If-Match: "a"`, "If-Match: *", `If-Match: "z"`},
		{"Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0", "Accept-Encoding: *;q=0", "Accept-Encoding: identity"},
		{"Cache-Control: no-cache", "Cache-Control: max-age=0", "Cache-Control: only-if-cached", "Cache-Control: no-store", "Pragma: no-cache"},
		{"Cookie: a=b", "Authorization: Basic YTpi", "X-Odd: 1", "Accept-Language: de", "TE: trailers", "Connection: close", "Connection: X-Odd"},
	} {
		if d.in(4) {
			text += d.one(line...) + "\r\n"
		}
	}
	if method == "POST" {
		return method, text + "Content-Length: 3\r\n\r\nx=1"
	}
	return method, text + "\r\n"
}

// client asks on one connection after the other.
type client struct{ rawAsker }

// ask sends a request, and returns an error where the answer holds what is another's. That
// there is none, or that it breaks off, is the app's doing; a daemon that is down is
// counted elsewhere.
func (c *client) ask(number, turn uint64) error {
	method, text := requestOf(number, turn)
	answer, err := c.send(method, text, 10*time.Second)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.Close {
		c.close()
	}
	for _, mark := range regexp.MustCompile(`\[[0-9]+\]`).FindAllString(string(body), -1) {
		if mark != markOf(number) && len(mark) == len(markOf(number)) { // bytes that mean nothing may look like a short one
			return fmt.Errorf("answer %d (%d %s) holds %s", number, answer.StatusCode, method, mark)
		}
	}
	return nil
}
