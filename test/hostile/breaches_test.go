package hostile

import (
	"strings"
)

// chunkRules are about chunks (RFC 9112, 7.1).
func chunkRules() []rule {
	chunked := func(breach, body string, refused bool) rule {
		return rule{section: "9112 7.1", breach: breach, answer: head + chunks + "\r\n" + body, ends: true, refused: refused}
	}
	return []rule{
		chunked("a size that is no number", "z\r\n"+mark+"\r\n"+last, true),
		chunked("an empty size", "\r\n"+mark+"\r\n"+last, true),
		chunked("a size with a sign", "+8\r\n"+mark+"\r\n"+last, true),
		chunked("a size below nothing", "-8\r\n"+mark+"\r\n"+last, true),
		chunked("a size with a prefix", "0x8\r\n"+mark+"\r\n"+last, true),
		chunked("a size beyond all numbers", "FFFFFFFFFFFFFFFFF8\r\n"+mark+"\r\n"+last, true),
		chunked("a space before a size", " 8\r\n"+mark+"\r\n"+last, false),
		chunked("a space behind a size", "8 \r\n"+mark+"\r\n"+last, false),
		chunked("sizes that end with LF alone", "8\n"+mark+"\n0\n\n", false),
		chunked("a size that ends with CR alone", "8\r"+mark+"\r\n"+last, true),
		chunked("an extension with CR in it", "8;a=\rb\r\n"+mark+"\r\n"+last, false),
		chunked("an extension without end", "8;a="+strings.Repeat("y", 300_000)+"\r\n"+mark+"\r\n"+last, false),
		chunked("data that goes on behind its size", "6\r\n"+mark+"\r\n"+last, true),
		chunked("data without an end", "8\r\n"+mark+last, true),
		chunked("data that is shorter than its size", "9\r\n"+mark+"\r\n"+last, false),
		chunked("data that breaks off", "99\r\n"+mark, true),
		chunked("no last chunk", chunk, true),
		chunked("a last chunk that breaks off", chunk+"0\r\n", true),
		{section: "9112 7.1", breach: "another answer behind the last chunk", answer: head + chunks + "\r\n" + chunk + last + stolen},
		late(rule{section: "9112 7.1", breach: "another answer behind the last chunk, later", answer: head + chunks + "\r\n" + chunk + last + "\x00" + stolen}),
		chunked("a trailer without a colon", chunk+"0\r\nX-Odd\r\n\r\n", false),
		chunked("a trailer that is folded", chunk+"0\r\nX-Odd: 1\r\n 2\r\n\r\n", false),
		chunked("a trailer that frames", chunk+"0\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"+stolen, false),
		chunked("a trailer that sets a cookie", chunk+"0\r\nSet-Cookie: stolen\r\n\r\n", false),
		chunked("a trailer without end", chunk+"0\r\nX-Odd: "+strings.Repeat("y", 300_000)+"\r\n\r\n", false),
	}
}

// orderRules are about which answer is whose (RFC 9112, 9; RFC 9110, 15.2).
func orderRules() []rule {
	return []rule{
		{section: "9112 9.2", breach: "two answers", answer: another + stolen},
		{section: "9112 9.2", breach: "two answers to a POST", method: "POST", answer: another + stolen},
		{section: "9112 9.2", breach: "an answer and half of another", answer: another + stolen[:30]},
		{section: "9112 9.6", breach: "another answer behind its last", answer: head + "Connection: close\r\n" + length + plain + stolen},
		{section: "9112 9.6", breach: "an end that was not told of", answer: head + "Connection: keep-alive\r\n" + length + plain, ends: true},
		{section: "9110 15.2", breach: "an interim answer alone", answer: "HTTP/1.1 103 Early Hints\r\n\r\n", ends: true, refused: true},
		{section: "9110 15.2", breach: "an interim answer with a body", answer: "HTTP/1.1 103 Early Hints\r\n" + length + plain + another, ends: true},
		{section: "9110 15.2", breach: "an interim answer that nobody knows", answer: "HTTP/1.1 199 Odd\r\n\r\n" + another},
		{section: "9110 15.2", breach: "interim answers without end", answer: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 2000) + another},
		{section: "9110 15.2", breach: "interim answers behind the answer", answer: another + "HTTP/1.1 100 Continue\r\n\r\n" + stolen},
		{section: "9110 15.2.2", breach: "a switch that nobody asked for", answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n" + stolen, ends: true, refused: true},
		{section: "9110 15.2.2", breach: "a switch to nothing", answer: "HTTP/1.1 101 Switching Protocols\r\n\r\n" + stolen, ends: true, refused: true},
		{section: "9110 10.1.1", breach: "100 for a request that is there already", method: "POST", answer: "HTTP/1.1 100 Continue\r\n\r\n" + another},
		{section: "9110 7.6.1", breach: "Connection names the length", answer: head + "Connection: Content-Length\r\n" + length + plain + stolen},
		{section: "9110 7.6.1", breach: "Connection names the encoding", answer: head + "Connection: Transfer-Encoding\r\n" + chunks + "\r\n" + chunk + last + stolen},
		{section: "9110 7.6.1", breach: "Connection names itself", answer: head + "Connection: Connection, close\r\n" + length + plain + stolen},
		{section: "9110 7.8", breach: "an upgrade that is not under way", answer: head + "Connection: upgrade\r\nUpgrade: h2c\r\n" + length + plain},
	}
}

// meaningRules are about what statuses and fields say (RFC 9110).
func meaningRules() []rule {
	status := func(section, breach, line string, fields ...string) rule {
		text := "HTTP/1.1 " + line + "\r\n" + length
		for _, field := range fields {
			text += field + "\r\n"
		}
		return rule{section: section, breach: breach, answer: text + plain}
	}
	return []rule{
		status("9110 15.3.7", "a part without a range", "206 Partial Content"),
		status("9110 15.3.7", "a part that nobody asked for", "206 Partial Content", "Content-Range: bytes 0-7/100"),
		status("9110 14.4", "a range of another length", "206 Partial Content", "Content-Range: bytes 0-99/100"),
		status("9110 14.4", "a range that ends before it begins", "206 Partial Content", "Content-Range: bytes 9-2/100"),
		status("9110 14.4", "a range beyond the end", "206 Partial Content", "Content-Range: bytes 0-7/4"),
		status("9110 14.6", "parts without a boundary", "206 Partial Content", "Content-Type: multipart/byteranges"),
		status("9110 15.5.17", "no range, which nobody asked for", "416 Range Not Satisfiable", "Content-Range: bytes */8"),
		status("9110 15.4.5", "not modified since nothing", "304 Not Modified"),
		status("9110 15.5.13", "a condition that nobody made", "412 Precondition Failed"),
		status("9110 15.5.2", "401 without a challenge", "401 Unauthorized"),
		status("9110 15.5.6", "405 without Allow", "405 Method Not Allowed"),
		status("9110 15.5.8", "407 of no proxy", "407 Proxy Authentication Required"),
		status("9110 15.5.22", "426 without Upgrade", "426 Upgrade Required"),
		status("9110 15.4.3", "a redirect to nowhere", "302 Found"),
		status("9110 10.2.2", "a redirect to two places", "302 Found", "Location: /one", "Location: /two"),
		status("9110 8.8.3", "a tag without quotes", "200 OK", "ETag: odd"),
		status("9110 8.8.2", "modified in the future", "200 OK", "Last-Modified: Thu, 31 Dec 2099 23:59:59 GMT"),
		status("9110 5.6.7", "a date that is none", "200 OK", "Date: yesterday", "Expires: 0", "Last-Modified: -1"),
		status("9110 12.5.5", "Vary that names no field", "200 OK", "Vary: a b, ,;"),
		status("9110 8.4", "a coding that the body does not have", "200 OK", "Content-Encoding: gzip"),
		status("9110 8.3", "a media type that is none", "200 OK", "Content-Type: /"),
		status("9110 10.2.3", "retry never", "503 Service Unavailable", "Retry-After: never"),
		status("9110 6.6.2", "trailers that frame are told of", "200 OK", "Trailer: Content-Length, Transfer-Encoding"),
	}
}
