package conformance

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// brokenRule is something in an answer that RFC 9112 or RFC 9110 forbids.
type brokenRule struct {
	name   string
	answer string // OWN stands for what is this request's alone, in as many bytes
	method string // "" is GET
	ends   bool   // the app closes after it
}

// ruleCases: whatever an app does, no client gets a byte that was another's,
// and each client can read what it gets.
func ruleCases() []contractCase {
	var all []contractCase
	for part, rules := range map[string][]brokenRule{
		"status lines": statusLines(), "fields": fieldLines(), "lengths": lengths(), "chunks": chunks(),
		"more than an answer": surplus(), "semantics": semantics(),
	} {
		all = append(all, contractCase{clause: "E2", name: "an app that breaks the rules: " + part, run: func(a *attempt) { breakRules(a, rules) }})
	}
	return all
}

const (
	ownBody   = "Content-Length: 4\r\n\r\nOWN;"
	ownAnswer = "HTTP/1.1 200 OK\r\n" + ownBody
	ownChunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
)

// statusLines are RFC 9112, 4.
func statusLines() []brokenRule {
	line := func(name, text string) brokenRule { return brokenRule{name: name, answer: text + "\r\n" + ownBody} }
	return []brokenRule{
		line("lower case", "http/1.1 200 OK"), line("HTTP/2.0", "HTTP/2.0 200 OK"), line("HTTP/1.10", "HTTP/1.10 200 OK"), line("HTTP/0.9", "HTTP/0.9 200 OK"),
		line("no version", "200 OK"), line("another protocol", "ICY 200 OK"), line("two spaces", "HTTP/1.1  200 OK"), line("a tab", "HTTP/1.1\t200 OK"),
		line("two digits", "HTTP/1.1 20 OK"), line("four digits", "HTTP/1.1 2000 OK"), line("letters", "HTTP/1.1 2xx OK"), line("a sign", "HTTP/1.1 +20 OK"),
		line("000", "HTTP/1.1 000 None"), line("099", "HTTP/1.1 099 None"), line("999", "HTTP/1.1 999 Odd"), line("no reason and no space", "HTTP/1.1 200"),
		line("a control byte in the reason", "HTTP/1.1 200 O\x01K"), line("NUL in the reason", "HTTP/1.1 200 O\x00K"), line("bare CR in the reason", "HTTP/1.1 200 O\rK"),
		line("an empty line before it", "\r\nHTTP/1.1 200 OK"), line("spaces before it", "  HTTP/1.1 200 OK"), line("a request", "GET / HTTP/1.1"),
		{name: "ended by LF", answer: "HTTP/1.1 200 OK\n" + ownBody}, {name: "no HTTP at all", answer: "220 OWN; ready\r\n", ends: true},
		{name: "nothing but bytes", answer: strings.Repeat("OWN;", 100), ends: true}, {name: "a head that ends early", answer: "HTTP/1.1 200 OK\r\nContent-Le", ends: true},
	}
}

// fieldLines are RFC 9112, 5.
func fieldLines() []brokenRule {
	field := func(name, text string) brokenRule {
		return brokenRule{name: name, answer: "HTTP/1.1 200 OK\r\n" + text + "\r\n" + ownBody}
	}
	return []brokenRule{
		field("a space before the colon", "X-A : b"), field("no colon", "X-A"), field("an empty name", ": b"), field("a space in the name", "X A: b"),
		field("a control byte in the name", "X\x02A: b"), field("no token", "X(A): b"), field("folded", "X-A: b\r\n c"), field("folded at the start", " X-A: b"),
		field("NUL in the value", "X-A: b\x00c"), field("bare CR in the value", "X-A: b\rc"), field("bare LF in the value", "X-A: b\nX-B: c"), field("DEL in the value", "X-A: b\x7fc"),
		field("300 lines", strings.TrimSuffix(strings.Repeat("X-A: b\r\n", 300), "\r\n")), field("100 KiB", "X-A: "+strings.Repeat("b", 100<<10)),
		field("a length behind a space", "Content-Length : 100"), field("a length folded", "Content-Length:\r\n 100"), field("a length in NULs", "Content-Length\x00: 100"),
		{name: "ended by LF", answer: "HTTP/1.1 200 OK\r\nContent-Length: 4\n\r\nOWN;"}, {name: "a head ended by LF", answer: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\nOWN;"},
	}
}

// lengths are RFC 9112, 6.
func lengths() []brokenRule {
	head := func(name, fields string) brokenRule {
		return brokenRule{name: name, answer: "HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\nOWN;", ends: true}
	}
	return []brokenRule{
		head("negative", "Content-Length: -4"), head("signed", "Content-Length: +4"), head("hexadecimal", "Content-Length: 0x4"), head("letters", "Content-Length: four"),
		head("empty", "Content-Length:"), head("overflowing", "Content-Length: 99999999999999999999"), head("wrapping around", "Content-Length: 18446744073709551620"),
		head("a fraction", "Content-Length: 4.0"), head("a list of equals", "Content-Length: 4, 4"), head("a list", "Content-Length: 4, 5"),
		head("two lines", "Content-Length: 4\r\nContent-Length: 5"), head("two equal lines", "Content-Length: 4\r\nContent-Length: 4"),
		head("with a coding", "Content-Length: 4\r\nTransfer-Encoding: chunked"), head("a coding that is none", "Transfer-Encoding: identity"),
		head("chunked twice", "Transfer-Encoding: chunked, chunked"), head("chunked first", "Transfer-Encoding: chunked, gzip"), head("almost chunked", "Transfer-Encoding: xchunked"),
		head("chunked with a parameter", "Transfer-Encoding: chunked;q=1"), head("two codings in two lines", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
		head("an empty coding", "Transfer-Encoding:"), head("a body shorter than its length", "Content-Length: 400"),
		{name: "chunked in HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nOWN;\r\n0\r\n\r\n", ends: true},
		{name: "a coding with a 204", answer: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nOWN;\r\n0\r\n\r\n"},
		{name: "a length with a 204", answer: "HTTP/1.1 204 No Content\r\n" + ownBody},
		{name: "a length with a 100", answer: "HTTP/1.1 100 Continue\r\n" + ownBody + ownAnswer},
	}
}

// chunks are RFC 9112, 7.
func chunks() []brokenRule {
	body := func(name, text string) brokenRule {
		return brokenRule{name: name, answer: ownChunks + text, ends: true}
	}
	return []brokenRule{
		body("a size that is none", "x\r\nOWN;\r\n0\r\n\r\n"), body("0x", "0x4\r\nOWN;\r\n0\r\n\r\n"), body("negative", "-4\r\nOWN;\r\n0\r\n\r\n"), body("signed", "+4\r\nOWN;\r\n0\r\n\r\n"),
		body("overflowing", "fffffffffffffffff\r\nOWN;\r\n0\r\n\r\n"), body("behind a space", " 4\r\nOWN;\r\n0\r\n\r\n"), body("no size", "\r\nOWN;\r\n0\r\n\r\n"),
		body("longer than its size", "2\r\nOWN;\r\n0\r\n\r\n"), body("shorter than its size", "9\r\nOWN;\r\n0\r\n\r\n"), body("a size ended by LF", "4\nOWN;\r\n0\r\n\r\n"),
		body("a size ended by CR", "4\rOWN;\r\n0\r\n\r\n"), body("data ended by LF", "4\r\nOWN;\n0\r\n\r\n"), body("data without an end", "4\r\nOWN;0\r\n\r\n"),
		body("no last chunk", "4\r\nOWN;\r\n"), body("no end of the trailers", "4\r\nOWN;\r\n0\r\n"), body("a trailer without a colon", "4\r\nOWN;\r\n0\r\nX-A\r\n\r\n"),
		body("a length in a trailer", "4\r\nOWN;\r\n0\r\nContent-Length: 100\r\n\r\n"), body("a coding in a trailer", "4\r\nOWN;\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
		body("a control byte in an extension", "4;a=\x01\r\nOWN;\r\n0\r\n\r\n"), body("a long extension", "4;a="+strings.Repeat("b", 8<<10)+"\r\nOWN;\r\n0\r\n\r\n"),
		body("a cookie in a trailer", "4\r\nOWN;\r\n0\r\nSet-Cookie: OWN;\r\n\r\n"), body("no chunk at all", ""),
	}
}

// surplus are answers behind which there is more (RFC 9112, 6.3 and 9.2), and
// interim ones that are no such (RFC 9110, 15.2).
func surplus() []brokenRule {
	return []brokenRule{
		{name: "a body for HEAD", method: "HEAD", answer: ownAnswer + ownAnswer}, {name: "chunks for HEAD", method: "HEAD", answer: ownChunks + "4\r\nOWN;\r\n0\r\n\r\n" + ownAnswer},
		{name: "a body with a 204", answer: "HTTP/1.1 204 No Content\r\n\r\nOWN;" + ownAnswer}, {name: "a body with a 304", answer: "HTTP/1.1 304 Not Modified\r\n\r\nOWN;" + ownAnswer},
		{name: "a body with a length of nothing", answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nOWN;" + ownAnswer},
		{name: "a length that is too short", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOWN;" + ownAnswer},
		{name: "behind the last chunk", answer: ownChunks + "4\r\nOWN;\r\n0\r\n\r\nOWN;" + ownAnswer}, {name: "two answers", answer: ownAnswer + ownAnswer},
		{name: "two answers to a POST", method: "POST", answer: ownAnswer + ownAnswer}, {name: "ten answers", answer: strings.Repeat(ownAnswer, 10)},
		{name: "empty lines behind it", answer: ownAnswer + "\r\n\r\n"}, {name: "a 100 behind it", answer: ownAnswer + "HTTP/1.1 100 Continue\r\n\r\n" + ownAnswer},
		{name: "a 408 behind it", answer: ownAnswer + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{name: "more although it closes", answer: "HTTP/1.1 200 OK\r\nConnection: close\r\n" + ownBody + ownAnswer},
		{name: "more in HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + ownBody + ownAnswer},
		{name: "a 101 unasked", answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + ownAnswer},
		{name: "thirty interim answers", answer: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 30) + ownAnswer},
		{name: "an interim answer alone", answer: "HTTP/1.1 103 Early Hints\r\n\r\n", ends: true},
	}
}

// semantics are RFC 9110.
func semantics() []brokenRule {
	with := func(name, status, fields string) brokenRule {
		return brokenRule{name: name, answer: "HTTP/1.1 " + status + "\r\n" + fields + ownBody}
	}
	return []brokenRule{
		with("a 206 unasked", "206 Partial Content", "Content-Range: bytes 0-3/4\r\n"), with("a 206 without a range", "206 Partial Content", ""),
		with("a range that is none", "206 Partial Content", "Content-Range: OWN;\r\n"), with("a range with a 200", "200 OK", "Content-Range: bytes 9-1/2\r\n"),
		with("a 416 without a range", "416 Range Not Satisfiable", ""), with("a 401 without a challenge", "401 Unauthorized", ""), with("a 405 without Allow", "405 Method Not Allowed", ""),
		with("a 426 without Upgrade", "426 Upgrade Required", ""), with("a date that is none", "200 OK", "Date: yesterday\r\n"), with("two dates", "200 OK", "Date: a\r\nDate: b\r\n"),
		with("a tag that is none", "200 OK", "ETag: OWN\r\n"), with("an age that is none", "200 OK", "Age: -1\r\n"), with("a type that is none", "200 OK", "Content-Type: ;;;\r\n"),
		with("a coding that is none", "200 OK", "Content-Encoding: OWN\r\n"), with("Vary on everything and more", "200 OK", "Vary: *, Accept\r\n"), with("Upgrade unasked", "200 OK", "Upgrade: h2c\r\nConnection: Upgrade\r\n"),
		with("hop-by-hop fields", "200 OK", "Connection: X-A, Date\r\nX-A: OWN\r\nProxy-Authenticate: OWN\r\n"), with("a Location with spaces", "302 Found", "Location: /a b c\r\n"),
	}
}

// breakRules has an app break one rule after the other, and asks for something
// proper behind each.
func breakRules(a *attempt, rules []brokenRule) {
	own := func(x *exchange) string { return regexp.MustCompile(`q[0-9]{2}`).FindString(x.target) }
	a.edge.record.answer(a.mark, func(x *exchange) {
		number, err := strconv.Atoi(regexp.MustCompile(`rule=([0-9]+)`).FindStringSubmatch(x.target + "rule=9999")[1])
		if err != nil || number >= len(rules) {
			x.write(page(own(x)))
			return
		}
		x.write(strings.ReplaceAll(rules[number].answer, "OWN", own(x)))
		if rules[number].ends {
			x.end()
		}
	})
	for number, rule := range rules {
		method := rule.method
		if method == "" {
			method = "GET"
		}
		c := &ruleClient{a: a}
		c.ask(method, fmt.Sprintf("/breaks/q%02d?rule=%d", 2*number, number), fmt.Sprintf("q%02d", 2*number), rule.name, false)
		for next := range 2 { // on the same connection where there is still one, and on another
			c.ask("GET", fmt.Sprintf("/breaks/q%02d?after=%d", 2*number+1, next), fmt.Sprintf("q%02d", 2*number+1), rule.name+", after it", true)
			if number%2 == 0 {
				c.conn = nil
			}
		}
	}
}

// ruleClient keeps a connection for as long as the edge does.
type ruleClient struct {
	a    *attempt
	conn net.Conn
	r    *bufio.Reader
}

// ask looks whose bytes an answer has. What is good has to be answered with
// what is its own.
func (c *ruleClient) ask(method, target, own, what string, good bool) {
	kept := c.conn != nil
	if !kept {
		opened := c.a.open("main.test")
		c.conn, c.r = opened.conn, opened.reader
	}
	_ = c.conn.SetDeadline(time.Now().Add(3 * patience)) // a read fails where it cannot be set
	text := ask(method, "main.test", target, "", "Content-Length: 0", "Cookie: past=cache")
	_, _ = io.WriteString(c.conn, c.a.fill(text)) // where it fails, so does the read
	answer, err := http.ReadResponse(c.r, &http.Request{Method: method})
	for err == nil && answer.StatusCode < 200 {
		answer, err = http.ReadResponse(c.r, &http.Request{Method: method})
	}
	if err != nil && good && kept { // the edge has closed it behind the answer before, as it may
		c.conn = nil
		c.ask(method, target, own, what, good)
		return
	}
	if err != nil {
		if c.conn = nil; good || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
			c.a.errorf("%s: no answer that can be read: %v", what, err)
		}
		return
	}
	body, broken := io.ReadAll(answer.Body)
	if broken != nil || answer.Close || c.r.Buffered() > 0 {
		if c.r.Buffered() > 0 {
			c.a.errorf("%s: more than an answer has come", what)
		}
		c.conn = nil
	}
	whole := fmt.Sprint(answer.Header) + string(body)
	for _, other := range regexp.MustCompile(`q[0-9]{2}`).FindAllString(whole, -1) {
		if other != own {
			c.a.errorf("%s: another's bytes: %q", what, whole)
			return
		}
	}
	if good && (answer.StatusCode != 200 || string(body) != own) {
		c.a.errorf("%s: %d %q", what, answer.StatusCode, body)
	}
}
