package hostile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// dice are thrown the same way for the same number.
type dice struct{ *rand.Rand }

func diceOf(number, turn uint64) dice { return dice{rand.New(rand.NewPCG(number, turn))} }

// one picks one of several.
func (d dice) one(all ...string) string { return all[d.IntN(len(all))] }

// in reports true once in so many throws.
func (d dice) in(n int) bool { return d.IntN(n) == 0 }

// answerOf is what the app sends to the turn-th request for a number, and whether
// the connection ends after it. Most of it is HTTP, and little of it is right.
func answerOf(number, turn uint64, method string) (text string, ends bool) {
	d := diceOf(number, turn)
	body := bodyOf(d, number)
	head := "HTTP/1." + d.one("1", "1", "1", "1", "0") + " " + statusOf(d) + "\r\n"
	for _, name := range []string{"Content-Range", "Accept-Ranges", "Vary", "ETag", "Last-Modified", "Age", "Date", "Expires", "Cache-Control", "Content-Encoding",
		"Content-Type", "Set-Cookie", "Location", "Connection", "Warning", "Retry-After", "X-Odd", "Trailer", "Upgrade", "Server", "Via", "X-Accel"} {
		for range d.IntN(6) / 4 * (1 + d.IntN(8)/7) {
			head += fieldOf(d, name)
		}
	}
	if d.in(40) {
		head += strings.Repeat("X-Many: 1\r\n", d.IntN(400))
	}
	if d.in(60) {
		head += "X-Long: " + strings.Repeat("x", d.IntN(80_000)) + "\r\n"
	}
	framing, sent, ends := framed(d, body)
	if method == "HEAD" && !d.in(8) {
		sent = ""
	}
	return head + framing + "\r\n" + sent, ends
}

func statusOf(d dice) string {
	if d.in(3) {
		return strconv.Itoa(200+d.IntN(400)) + d.one(" Some Words", " ", "")
	}
	return d.one("200 OK", "200 OK", "200 OK", "206 Partial Content", "206 Partial Content", "416 Range Not Satisfiable", "304 Not Modified", "304 Not Modified",
		"204 No Content", "205 Reset Content", "201 Created", "301 Moved", "302 Found", "404 Not Found", "410 Gone", "412 Precondition Failed", "500 Oops", "503 Busy",
		"599 Last", "600 Beyond", "999 Far", "099 Low", "100 Continue", "101 Switching", "103 Early", "200")
}

// fieldOf is one line of that name, or of one like it.
func fieldOf(d dice, name string) string {
	number := func() string {
		return d.one("0", "1", "2", "5", "10", "24", "319", "-1", "4294967295", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e3", "", "0x10")
	}
	when := d.one("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 31 Dec 2099 23:59:59 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "0", "-1", "", "yesterday")
	value := ""
	switch name {
	case "Content-Range":
		value = d.one("bytes ", "bytes ", "bytes ", "bytes=", "BYTES ", "posts ", "items ", "", "bytes") +
			d.one("*", number()+"-"+number()) + d.one("/", "/", "/", "", "-") + d.one("*", number(), number())
	case "Accept-Ranges":
		value = d.one("bytes", "none", "posts", "")
	case "Vary":
		value = d.one("*", "Accept-Encoding", "Accept-Encoding, Accept-Language", "Cookie", "Range", "X-Odd, ,X-Odd", ",", "", "a b", "Accept-Encoding;q=1", ":", strings.Repeat("V", 120+d.IntN(16)), "V, "+strings.Repeat("V", d.IntN(300)))
	case "ETag":
		value = d.one(`"a"`, `W/"a"`, `"b"`, "a", `"`, `""`, "", `W/`, `"a", "b"`, strings.Repeat(`"e`, 600))
	case "Last-Modified", "Date", "Expires":
		value = when
	case "Age":
		value = d.one(number(), "abc", "0, 7200", "7200;a")
	case "Cache-Control":
		value = d.one("max-age="+number(), "s-maxage="+number(), `max-age="60"`, "no-store", "private", "no-cache", "public", "must-revalidate, max-age=1",
			"stale-while-revalidate="+number()+", max-age=0", "stale-if-error="+number()+", max-age=0", "max-age=60, stale-if-error", ",", "=", "")
	case "Content-Encoding":
		value = d.one("gzip", "gzip", "gzip, gzip", "deflate", "br", "identity", "x-gzip", "", "GZIP")
	case "Content-Type":
		// Not charset=", with nothing after it: nginx 1.22 takes that for a charset
		// of -1 bytes, and a second Content-Type then ends the worker. No directive
		// keeps it from reading the first.
		value = d.one("text/plain", "text/html; charset=\"x", "text/html; charset=", "text/event-stream", "multipart/byteranges; boundary=x", "", "a/b/c")
	case "Set-Cookie":
		value = d.one("a=b", "", "=", strings.Repeat("c", 5000))
	case "Location":
		value = d.one("/", "//evil.test/", "http://127.0.0.1/", "", "?")
	case "Connection":
		value = d.one("close", "keep-alive", "upgrade", "Content-Length", "ETag, X-Odd", "Content-Range", "")
	case "Retry-After":
		value = number()
	case "Upgrade":
		value = d.one("websocket", "h2c", "")
	case "Trailer":
		value = d.one("X-Odd", "Content-Length", "")
	case "X-Accel":
		return d.one("X-Accel-Redirect: /", "X-Accel-Redirect: @edge_error", "X-Accel-Expires: 60", "X-Accel-Buffering: yes", "X-Accel-Limit-Rate: 1", "X-Sendfile: /etc/passwd",
			"X-Edge-Tier: web", "X-Edge-Grace: 9s", "X-Edge-Url: x", "X-Edge-Content-Range: bytes 0-1/2", "X-Varnish: 1 2", "X-Cache: HIT") + "\r\n"
	default:
		value = d.one("a", "", "\t", "\xff\xfe", "a\x01b", strings.Repeat("o", d.IntN(2000)))
	}
	if d.in(30) {
		name = d.one(strings.ToUpper(name), strings.ToLower(name), name+" ", strings.ReplaceAll(name, "-", "_"), " "+name)
	}
	return name + d.one(": ", ": ", ": ", ":", ":   ") + value + d.one("\r\n", "\r\n", "\r\n", "\r\n", " \r\n", "\n")
}

// bodyOf is a body in which every few bytes tell whose it is.
func bodyOf(d dice, number uint64) string {
	mark := markOf(number)
	count := []int{0, 1, 2, 3, 10, 100, 1000, 10_000, 80_000}[d.IntN(9)]
	if d.in(2) {
		count = d.IntN(20)
	}
	body := strings.Repeat(mark, count)
	if d.in(8) {
		body = zipped(body)
		if d.in(2) {
			body += zipped(mark)
		}
		if d.in(3) && len(body) > 4 {
			body = body[:len(body)-1-d.IntN(4)]
		}
	}
	return body
}

// markOf is what a body is made of.
func markOf(number uint64) string { return fmt.Sprintf("[%d]", number) }

func zipped(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text)) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.String()
}

// framed gives a body its length, or another one.
func framed(d dice, body string) (lines, sent string, ends bool) {
	length := func(n int) string { return "Content-Length: " + strconv.Itoa(n) + "\r\n" }
	switch d.IntN(20) {
	default:
		return length(len(body)), body, d.in(8)
	case 0, 1, 2, 3:
		return "Transfer-Encoding: chunked\r\n", chunked(d, body), d.in(8)
	case 4, 5:
		return "Connection: close\r\n", body, true
	case 6:
		return length(len(body) + 1 + d.IntN(100)), body, true // breaks off
	case 7:
		return length(max(0, len(body)-1-d.IntN(100))), body, true // sends too much
	case 8:
		return "Transfer-Encoding: chunked\r\n", chunked(d, body)[:d.IntN(len(body)+4)], true
	case 9:
		return d.one("Transfer-Encoding: chunked\r\n"+length(len(body)), length(len(body))+length(3), "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
			"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n", "Content-Length: \r\n"), body, true
	}
}

func chunked(d dice, body string) string {
	var out strings.Builder
	for body != "" {
		n := min(len(body), 1+d.IntN(1+d.IntN(20_000)))
		fmt.Fprintf(&out, "%x%s\r\n%s\r\n", n, d.one("", "", "", "", ";x=y"), body[:n])
		body = body[n:]
	}
	out.WriteString("0\r\n" + d.one("", "", "", "X-Odd: trailer\r\n") + "\r\n")
	return out.String()
}

// TestAnswersAreTheSameAgain holds that what was found can be found again by its number.
func TestAnswersAreTheSameAgain(t *testing.T) {
	for number := range uint64(2000) {
		first, _ := answerOf(number, 1, "GET")
		again, _ := answerOf(number, 1, "GET")
		if first != again || !strings.HasPrefix(first, "HTTP/1.") {
			t.Fatalf("answer %d is %.80q, and then %.80q", number, first, again)
		}
	}
}
