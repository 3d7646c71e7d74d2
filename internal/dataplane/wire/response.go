package wire

import (
	"io"
	"strconv"
	"strings"
)

// Response is a response on its way between the tiers.
type Response struct {
	Status int
	// Header is without Content-Length, which Length holds.
	Header Header
	Length int64 // of the representation, also where Body is nil; -1 unknown
	// Body is nil where there is none: 204, 304, and any answer to HEAD. A
	// body that ends early returns an error other than io.EOF. Whoever has
	// the response closes it.
	Body io.ReadCloser
	// Forms are those of the representation, where it is kept and Body is all of it,
	// or would be but for a HEAD; nil elsewhere.
	Forms Forms
}

// Forms are a body in content codings, each made once.
type Forms interface {
	// Known returns the form in a coding if it has been made.
	Known(coding string) ([]byte, bool)
	// In returns it, and makes it where need be.
	In(coding string, encode func() ([]byte, error)) ([]byte, error)
}

// Close closes the body, if there is one.
func (r *Response) Close() {
	if r.Body != nil {
		r.Body.Close()
		r.Body = nil
	}
}

// ResponseHead is what the head of a server's response says.
type ResponseHead struct {
	Status  int
	Header  Header
	Length  int64 // -1 where no Content-Length is given
	Chunked bool
	Keep    bool // the connection may be used again
}

// ParseResponse reads a head that ReadHead approved of.
func ParseResponse(head string, h Header) (ResponseHead, error) {
	out := ResponseHead{Length: -1}
	line, rest, ok := strings.Cut(head, "\r\n")
	if !ok || len(line) < 12 || line[:7] != "HTTP/1." || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return out, malformed("status line")
	}
	status, ok := Digits(line[9:12])
	if !ok || status < 100 || line[7] != '0' && line[7] != '1' {
		return out, malformed("status line")
	}
	out.Status = int(status)
	if h == nil {
		h = make(Header, 0, 16)
	}
	var err error
	if out.Header, err = fields(rest, h[:0]); err != nil {
		return out, err
	}
	if len(out.Header) > MaxFields {
		return out, malformed("too many field lines")
	}
	out.Keep = line[7] == '1' && !out.Header.Contains("Connection", "close") ||
		out.Header.Contains("Connection", "keep-alive")
	return out, out.framing()
}

func (h *ResponseHead) framing() error {
	lengths := h.Header.Count("Content-Length")
	if h.Header.Has("Transfer-Encoding") {
		coding := h.Header.Joined("Transfer-Encoding")
		h.Chunked = EqualFold(coding, "chunked")
		if lengths > 0 || !h.Chunked && knownCoding(coding) {
			return malformed("transfer coding")
		}
		h.Header.Del("Transfer-Encoding")
		return nil // in a coding that nobody knows, as "identity", up to the close
	}
	if lengths == 0 {
		return nil
	}
	for v := range h.Header.Values("Content-Length") {
		n, ok := Digits(v)
		if !ok || h.Length >= 0 && n != h.Length {
			return malformed("content length")
		}
		h.Length = n
	}
	h.Header.Del("Content-Length")
	return nil
}

// knownCoding reports that one of the transfer codings of RFC 9112 7 is in the list:
// the body means something else than its bytes.
func knownCoding(list string) bool {
	for coding := range List(list) {
		switch strings.TrimPrefix(strings.ToLower(coding), "x-") {
		case "chunked", "compress", "deflate", "gzip":
			return true
		}
	}
	return false
}

// HasBody reports whether a response to that method and of that status has a
// body at all (RFC 9112 6.3).
func HasBody(method string, status int) bool {
	return method != "HEAD" && status >= 200 && status != 204 && status != 304
}

// AppendFields appends field lines as they stand in a message.
func AppendFields(b []byte, h Header) []byte {
	for i := range h {
		b = append(b, h[i].Name...)
		b = append(b, ": "...)
		b = append(b, h[i].Value...)
		b = append(b, "\r\n"...)
	}
	return b
}

// AppendChunk appends data as one chunk; data must not be empty.
func AppendChunk(b, data []byte) []byte {
	b = strconv.AppendInt(b, int64(len(data)), 16)
	b = append(b, "\r\n"...)
	b = append(b, data...)
	return append(b, "\r\n"...)
}

// LastChunk ends a chunked body.
const LastChunk = "0\r\n\r\n"
