package wire

import (
	"io"
	"strings"
)

// Request is a request on its way between the tiers.
type Request struct {
	Method string
	Target string // origin form, as the client sent it; "*" for OPTIONS
	Host   string // the authority, as the client sent it; "" in HTTP/1.0 without one
	Minor  int    // HTTP/1.x; an HTTP/2 request counts as 1
	// Header is without Host and Content-Length, which Host and Length hold.
	Header Header
	Length int64     // bytes of Body; -1 where it is chunked
	Body   io.Reader // nil where there is none
}

// ParseRequest reads a head into req, reusing its Header. It leaves Body to
// the caller, who makes it from Length.
func ParseRequest(head string, req *Request) error {
	line, rest, ok := strings.Cut(head, "\r\n")
	if !ok {
		return malformed("request line")
	}
	header, err := fields(rest, req.Header[:0])
	if err != nil {
		return err
	}
	*req = Request{Header: header}
	if err := req.line(line); err != nil {
		return err
	}
	if err := req.framing(); err != nil {
		return err
	}
	return req.authority()
}

func (req *Request) line(line string) error {
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !Token(method) {
		return malformed("method")
	}
	target, version, ok := strings.Cut(rest, " ")
	if !ok || target == "" {
		return malformed("request line")
	}
	if !ValidTarget(target) {
		return malformed("request target")
	}
	switch version {
	case "HTTP/1.1":
		req.Minor = 1
	case "HTTP/1.0":
	default:
		return malformed("version")
	}
	req.Method, req.Target = method, target
	return nil
}

// ValidTarget reports whether a request target has no byte that could end it
// somewhere else for another reader.
func ValidTarget(target string) bool {
	for i := 0; i < len(target); i++ {
		if target[i] <= ' ' || target[i] == 0x7f || target[i] == '#' {
			return false
		}
	}
	return target != ""
}

// framing finds the body's length, and refuses what leaves a doubt.
func (req *Request) framing() error {
	length, coding := req.Header.Count("Content-Length"), req.Header.Count("Transfer-Encoding")
	switch {
	case length > 1, coding > 1, length > 0 && coding > 0:
		return malformed("ambiguous length")
	case coding == 1:
		if req.Minor == 0 || !EqualFold(req.Header.Get("Transfer-Encoding"), "chunked") {
			return malformed("transfer coding")
		}
		req.Length = -1
		req.Header.Del("Transfer-Encoding")
	case length == 1:
		n, ok := Digits(req.Header.Get("Content-Length"))
		if !ok {
			return malformed("content length")
		}
		req.Length = n
		req.Header.Del("Content-Length")
	}
	return nil
}

// authority settles the host: that of an absolute target goes before the
// field (RFC 9112 3.2.2).
func (req *Request) authority() error {
	switch n := req.Header.Count("Host"); {
	case n > 1, n == 0 && req.Minor == 1:
		return malformed("host")
	case n == 1:
		req.Host = req.Header.Get("Host")
		req.Header.Del("Host")
		if !Authority(req.Host) {
			return malformed("host")
		}
	}
	if req.Target[0] == '/' || req.Method == "CONNECT" || req.Method == "OPTIONS" && req.Target == "*" {
		return nil
	}
	scheme, rest, ok := strings.Cut(req.Target, "://")
	if !ok || !EqualFold(scheme, "http") && !EqualFold(scheme, "https") {
		return malformed("request target")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	req.Host, req.Target = rest[:end], rest[end:]
	if !Authority(req.Host) {
		return malformed("host")
	}
	if req.Target == "" || req.Target[0] != '/' {
		req.Target = "/" + req.Target
	}
	return nil
}

// Authority reports whether s is a host name or address with an optional
// port, and nothing else: no user, no path, no percent-encoding.
func Authority(s string) bool {
	host, port := SplitPort(s)
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
		for i := 0; i < len(host); i++ {
			if c := host[i]; c != ':' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
	} else {
		for i := 0; i < len(host); i++ {
			if c := host[i]; !letter(c) && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
				return false
			}
		}
	}
	if port != "" {
		if n, ok := Digits(port); !ok || n > 65535 {
			return false
		}
	}
	return host != ""
}

// SplitPort parts a host from its port, "" where there is none.
func SplitPort(s string) (host, port string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.IndexByte(s[i:], ']') >= 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}
