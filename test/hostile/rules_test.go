package hostile

import (
	"slices"
	"strings"

	"edgegen/test/careless"
)

// A rule is one of RFC 9112 or RFC 9110 that an app can break, and how one does.
type rule struct {
	section string // of the RFC
	breach  string // what the app does
	method  string // of the request; "" is GET
	// answer is what the app sends. Each mark in it becomes the request's own. At a NUL
	// the app pauses.
	answer string
	ends   bool // the connection ends after it
	// refused says that a client may be given none of it: what it means is not certain.
	refused bool
	// differs names the difference by which nginx does not hold it; "" where it does.
	differs string
}

// lenient marks a breach that nginx takes for something else, of its own client.
func lenient(r rule) rule {
	r.differs = "nginx-lenient-answers"
	return r
}

// late marks what nginx may take for an answer to the next request.
func late(r rule) rule {
	r.differs = "nginx-late-bytes"
	return r
}

// mark stands for eight characters by which the body of an answer is known.
const mark = "MARKMARK"

// Words of answers, of which each breach changes one.
const (
	head    = "HTTP/1.1 200 OK\r\n"
	length  = "Content-Length: 8\r\n"
	chunks  = "Transfer-Encoding: chunked\r\n"
	plain   = "\r\n" + mark
	chunk   = "8\r\n" + mark + "\r\n"
	last    = "0\r\n\r\n"
	stolen  = careless.Stolen
	another = head + length + plain // an answer of its own
)

// rules are all breaches that are tried.
func rules() []rule {
	return slices.Concat(statusRules(), fieldRules(), lengthRules(), chunkRules(), orderRules(), meaningRules())
}

// statusRules are about the first line (RFC 9112, 4).
func statusRules() []rule {
	line := func(breach, first string, refused bool) rule {
		return rule{section: "9112 4", breach: breach, answer: first + "\r\n" + length + plain, refused: refused}
	}
	return []rule{
		{section: "9112 4", breach: "there is no head", answer: mark, ends: true, refused: true},
		{section: "9112 4", breach: "nothing at all", ends: true, refused: true},
		{section: "9112 4", breach: "a request in place of an answer", answer: "GET / HTTP/1.1\r\n" + length + plain, ends: true, refused: true},
		line("another protocol", "ICY 200 OK", true),
		lenient(line("another case", "http/1.1 200 OK", true)),
		line("no version", "HTTP 200 OK", true),
		line("a version of two digits", "HTTP/1.10 200 OK", false),
		lenient(line("version 2", "HTTP/2.0 200 OK", true)),
		line("version 0.9", "HTTP/0.9 200 OK", false),
		line("no status", "HTTP/1.1 OK", true),
		line("a status of two digits", "HTTP/1.1 20 OK", true),
		line("a status of four digits", "HTTP/1.1 2000 OK", true),
		line("a status of letters", "HTTP/1.1 2xx OK", true),
		line("a status with a sign", "HTTP/1.1 +20 OK", true),
		line("a status below 100", "HTTP/1.1 099 Low", true),
		line("a status above 599", "HTTP/1.1 999 Far", false),
		line("no space before the reason", "HTTP/1.1 200OK", true),
		lenient(line("two spaces before the status", "HTTP/1.1  200 OK", true)),
		lenient(line("a tab before the status", "HTTP/1.1\t200 OK", true)),
		lenient(line("a space before the line", " HTTP/1.1 200 OK", true)),
		line("an empty line before it", "\r\nHTTP/1.1 200 OK", false),
		line("a NUL in the reason", "HTTP/1.1 200 O\x01K", false),
		line("a reason without end", "HTTP/1.1 200 "+strings.Repeat("y", 100_000), false),
		{section: "9112 2.2", breach: "lines that end with LF alone", answer: "HTTP/1.1 200 OK\nContent-Length: 8\n\n" + mark},
		{section: "9112 2.2", breach: "lines that end with CR alone", answer: "HTTP/1.1 200 OK\rContent-Length: 8\r\r" + mark, ends: true, refused: true},
	}
}

// fieldRules are about the lines of a head (RFC 9112, 5; RFC 9110, 5).
func fieldRules() []rule {
	field := func(section, breach, lines string, refused bool) rule {
		return rule{section: section, breach: breach, answer: head + length + lines + "\r\n" + plain, refused: refused}
	}
	return []rule{
		{section: "9112 5.1", breach: "a space before the colon of a length", answer: head + "Content-Length : 8\r\n" + plain, ends: true},
		{section: "9112 5.1", breach: "a tab before the colon of an encoding", answer: head + "Transfer-Encoding\t: chunked\r\n\r\n" + chunk + last, ends: true},
		field("9112 5.1", "a space before a colon", "X-Odd : 1", false),
		field("9110 5.1", "an empty name", ": 1", false),
		field("9110 5.1", "a space in a name", "X Odd: 1", false),
		field("9110 5.1", "a control byte in a name", "X\x01Odd: 1", false),
		field("9110 5.1", "a letter that is not ASCII in a name", "X-\xc3\xb6dd: 1", false),
		field("9110 5.1", "brackets in a name", "X-(Odd): 1", false),
		field("9112 5", "no colon", "X-Odd", false),
		field("9112 5.2", "a folded line", "X-Odd: 1\r\n 2", false),
		field("9112 5.2", "a folded line that would be a length", "X-Odd: 1\r\n Content-Length: 2", false),
		{section: "9112 2.2", breach: "a space before the first field", answer: head + " X-Odd: 1\r\n" + length + plain, ends: true},
		field("9110 5.5", "a control byte in a value", "X-Odd: a\x01b", false),
		field("9110 5.5", "CR in a value", "X-Odd: a\rSet-Cookie: stolen", false),
		field("9110 5.5", "a byte that is not ASCII in a value", "X-Odd: a\xff", false),
		{section: "9112 2.1", breach: "a head that breaks off", answer: head + length, ends: true, refused: true},
		{section: "9112 2.1", breach: "a head that breaks off in a name", answer: head + length + "X-O", ends: true, refused: true},
		field("9110 5.4", "a field without end", "X-Odd: "+strings.Repeat("y", 300_000), false),
		field("9110 5.4", "fields without end", strings.TrimSuffix(strings.Repeat("X-Odd: 1\r\n", 3000), "\r\n"), false),
		field("9110 5.3", "two media types", "Content-Type: text/plain\r\nContent-Type: text/html", false),
		field("9110 5.3", "two dates", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT", false),
	}
}

// lengthRules are about how long a body is (RFC 9112, 6; RFC 9110, 8.6).
func lengthRules() []rule {
	framed := func(section, breach, lines string, refused bool) rule {
		return rule{section: section, breach: breach, answer: head + lines + plain + stolen, ends: true, refused: refused}
	}
	coded := func(breach, lines string) rule {
		return rule{section: "9112 6.1", breach: breach, answer: head + lines + "\r\n" + chunk + last + stolen, ends: true}
	}
	return []rule{
		lenient(framed("9110 8.6", "two lengths that differ", length+"Content-Length: 9\r\n", true)),
		lenient(framed("9110 8.6", "two lengths in a line", "Content-Length: 8, 9\r\n", true)),
		lenient(framed("9110 8.6", "a length with a sign", "Content-Length: +8\r\n", true)),
		lenient(framed("9110 8.6", "a length below nothing", "Content-Length: -8\r\n", true)),
		lenient(framed("9110 8.6", "a length of hexadecimal digits", "Content-Length: 0x8\r\n", true)),
		lenient(framed("9110 8.6", "a length with a fraction", "Content-Length: 8.0\r\n", true)),
		lenient(framed("9110 8.6", "a length with a space in it", "Content-Length: 8 8\r\n", true)),
		lenient(framed("9110 8.6", "a length beyond all numbers", "Content-Length: 99999999999999999999999\r\n", true)),
		lenient(framed("9110 8.6", "a length of letters", "Content-Length: eight\r\n", true)),
		{section: "9110 8.6", breach: "an empty length", answer: head + "Content-Length: \r\n" + plain, ends: true},
		{section: "9110 8.6", breach: "the same length twice", answer: head + length + length + plain},
		{section: "9112 6.3", breach: "a length that is too long", answer: head + "Content-Length: 99\r\n" + plain, ends: true, refused: true},
		{section: "9112 6.3", breach: "a length that is too short", answer: head + length + plain + stolen},
		late(rule{section: "9112 6.3", breach: "a length that is too short, later", answer: head + length + plain + "\x00" + stolen}),
		coded("a length and chunks", chunks+length),
		coded("chunks and a length", length+chunks),
		coded("chunks of chunks", "Transfer-Encoding: chunked, chunked\r\n"),
		coded("chunks that are not the last coding", "Transfer-Encoding: chunked, gzip\r\n"),
		coded("chunks that are compressed", "Transfer-Encoding: gzip, chunked\r\n"),
		{section: "9112 6.1", breach: "a coding that is none", answer: head + "Transfer-Encoding: xchunked\r\n" + plain, ends: true},
		{section: "9112 6.1", breach: "chunks with a parameter", answer: head + "Transfer-Encoding: chunked;q=1\r\n" + plain, ends: true},
		coded("chunks with a control byte", "Transfer-Encoding: \x0bchunked\r\n"),
		coded("two codings in two lines", chunks+"Transfer-Encoding: identity\r\n"),
		{section: "9112 6.1", breach: "chunks by HTTP/1.0", answer: "HTTP/1.0 200 OK\r\n" + chunks + "\r\n" + chunk + last + stolen, ends: true},
		{section: "9112 6.3", breach: "a body of 204", answer: "HTTP/1.1 204 No Content\r\n" + length + plain + stolen},
		{section: "9112 6.1", breach: "chunks of 204", answer: "HTTP/1.1 204 No Content\r\n" + chunks + "\r\n" + chunk + last + stolen},
		{section: "9112 6.3", breach: "a body of 304", answer: "HTTP/1.1 304 Not Modified\r\n" + length + plain + stolen},
		{section: "9110 9.3.2", breach: "a body for HEAD", method: "HEAD", answer: head + length + plain + stolen},
		{section: "9110 9.3.2", breach: "chunks for HEAD", method: "HEAD", answer: head + chunks + "\r\n" + chunk + last + stolen},
		{section: "9110 15.3.6", breach: "a body of 205", answer: "HTTP/1.1 205 Reset Content\r\n" + length + plain + stolen},
	}
}
