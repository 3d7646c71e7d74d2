// Package fields is the head of a request and of an answer where HTTP is spoken in
// lists of fields: what is the same in HTTP/2 (RFC 9113, 8) and HTTP/3 (RFC 9114, 4).
//
// Requests are read as strictly as package wire reads those of HTTP/1.1.
package fields

import (
	"errors"
	"fmt"
	"strings"

	"edgegen/internal/dataplane/wire"
)

// Request is what a stream's field section says.
type Request struct {
	Method    string
	Scheme    string
	Authority string // :authority, or else Host
	Path      string // :path; "" for a CONNECT without Protocol
	Protocol  string // :protocol of an extended CONNECT (RFC 8441 and 9220)
	// Header is without Host and Content-Length. Its names are lower case.
	Header wire.Header
	Length int64 // of the body that is to come; -1 where it is not said
	// Fault wraps what package wire says of a request that may not be served:
	// ErrMalformed or ErrHeadTooLarge. The other fields are then as far as
	// they were read.
	Fault error
}

// Wire is the request as the tiers know requests, without its body.
func (r *Request) Wire() wire.Request {
	return wire.Request{Method: r.Method, Target: r.Path, Host: r.Authority, Minor: 1, Header: r.Header, Length: r.Length}
}

// Reader makes a Request of the fields of a section. Reset begins one; the zero value
// takes none.
type Reader struct {
	Request
	seen    pseudo
	regular bool // a field that is no pseudo-header has come
	host    string
	hosts   int
	lengths int
	cookie  int   // 1 + the index of the cookies that are joined
	size    int64 // as HTTP/1.1 would write it
	limit   int64
}

// pseudo is a set of pseudo-headers.
type pseudo uint8

const (
	pseudoMethod pseudo = 1 << iota
	pseudoScheme
	pseudoAuthority
	pseudoPath
	pseudoProtocol
)

func malformed(why string) error { return fmt.Errorf("%w: %s", wire.ErrMalformed, why) }

// Reset begins a section, of at most limit bytes as HTTP/1.1 would write them. The
// header's memory is used for the fields.
func (h *Reader) Reset(limit int64, header wire.Header) {
	*h = Reader{limit: limit}
	h.Header, h.Length = header[:0], -1
}

// Over reports that the section is larger than its limit: what follows need not be read.
func (h *Reader) Over() bool { return h.size > h.limit }

// Limit is the largest size of the section, in bytes.
func (h *Reader) Limit() int64 { return h.limit }

// Add takes one field. What it finds wrong first is kept in Fault.
func (h *Reader) Add(name, value string) {
	h.size += int64(len(name) + len(value) + 4)
	if h.size > h.limit || len(h.Header) >= wire.MaxFields {
		h.Fault = wire.ErrHeadTooLarge
	}
	if h.Fault != nil {
		return
	}
	if strings.HasPrefix(name, ":") {
		h.Fault = h.addPseudo(name, value)
		return
	}
	h.regular = true
	h.Fault = h.addField(name, value)
}

func (h *Reader) addPseudo(name, value string) error {
	if h.regular {
		return malformed("pseudo-header after a field")
	}
	var which pseudo
	switch name {
	case ":method":
		which, h.Method = pseudoMethod, value
	case ":scheme":
		which, h.Scheme = pseudoScheme, value
	case ":authority":
		which, h.Authority = pseudoAuthority, value
	case ":path":
		which, h.Path = pseudoPath, value
	case ":protocol":
		which, h.Protocol = pseudoProtocol, value
	default:
		return malformed("unknown pseudo-header")
	}
	if h.seen&which != 0 {
		return malformed("second " + name)
	}
	h.seen |= which
	return nil
}

func (h *Reader) addField(name, value string) error {
	if !fieldName(name) {
		return malformed("field name")
	}
	if !fieldValue(value) {
		return malformed("field value")
	}
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return malformed("field of a connection")
	case "te":
		if !wire.EqualFold(value, "trailers") {
			return malformed("te")
		}
	case "host":
		h.hosts++
		h.host = value
		return nil
	case "content-length":
		n, ok := wire.Digits(value)
		if h.lengths++; !ok || h.lengths > 1 {
			return malformed("content length")
		}
		h.Length = n
		return nil
	case "cookie":
		if h.cookie > 0 { // RFC 9113 8.2.3
			f := &h.Header[h.cookie-1]
			f.Value += "; " + value
			return nil
		}
		h.cookie = len(h.Header) + 1
	}
	h.Header.Add(name, value)
	return nil
}

// fieldName reports whether a name is a token without capitals.
func fieldName(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return wire.Token(name)
}

// fieldValue reports whether a value has neither control bytes nor space
// around it.
func fieldValue(value string) bool {
	if value == "" {
		return true
	}
	for i := 0; i < len(value); i++ {
		if c := value[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return !space(value[0]) && !space(value[len(value)-1])
}

func space(c byte) bool { return c == ' ' || c == '\t' }

// Finish checks the section as a whole; ended tells that no body follows.
func (h *Reader) Finish(ended bool) {
	if ended && h.lengths == 0 {
		h.Length = 0
	}
	if h.Fault == nil {
		h.Fault = h.check(ended)
	}
}

func (h *Reader) check(ended bool) error {
	if ended && h.Length > 0 {
		return malformed("content length without a body")
	}
	if h.seen&pseudoMethod == 0 || !wire.Token(h.Method) {
		return malformed("method")
	}
	if err := h.target(); err != nil {
		return err
	}
	if h.hosts > 1 {
		return malformed("host")
	}
	if h.seen&pseudoAuthority == 0 {
		h.Authority = h.host
	} else if h.hosts == 1 && !wire.EqualFold(h.host, h.Authority) {
		return malformed("host differs from :authority")
	}
	if !wire.Authority(h.Authority) {
		return malformed("host")
	}
	return nil
}

// target checks the pseudo-headers that say what is wanted (RFC 9113 8.3.1, 8.5
// and RFC 8441 4).
func (h *Reader) target() error {
	given := h.seen & (pseudoScheme | pseudoPath | pseudoProtocol)
	if h.Method == "CONNECT" && given&pseudoProtocol == 0 {
		if given != 0 || h.seen&pseudoAuthority == 0 {
			return malformed("CONNECT")
		}
		return nil
	}
	if given&pseudoProtocol != 0 && (h.Method != "CONNECT" || !wire.Token(h.Protocol)) {
		return malformed("protocol")
	}
	if given&pseudoScheme == 0 || h.Scheme != "https" && h.Scheme != "http" {
		return malformed("scheme")
	}
	if h.Path == "*" && h.Method == "OPTIONS" {
		return nil
	}
	if !strings.HasPrefix(h.Path, "/") || !wire.ValidTarget(h.Path) {
		return malformed("path")
	}
	return nil
}

// Trailers checks a section that ends a body. What it says is dropped.
func (h *Reader) Trailers() error {
	if h.seen != 0 && h.Fault == nil {
		return malformed("pseudo-header in trailers")
	}
	if errors.Is(h.Fault, wire.ErrHeadTooLarge) {
		return malformed("trailers too large")
	}
	return h.Fault
}
