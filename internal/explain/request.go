package explain

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Request is what is asked about.
type Request struct {
	Method string
	URL    string // as it was given
	Head   string // what a client sends over HTTP/1.1, with the empty line at its end
	// Protocol is the version that the client would rather speak, by the name that the
	// language has for it; "" is HTTP/1.1. Fields are what it sends then, pseudo-headers
	// first, and Body tells that a body follows of which they say nothing.
	Protocol string
	Fields   wire.Header
	Body     bool
	HTTPS    bool   // to a listener that speaks TLS, or to whoever ends it in front of the edge
	Name     string // that TLS is asked for
	Port     int    // of the URL
	// Named tells that the URL has the port, and not the scheme alone.
	Named bool
	Peer  netip.Addr // who connects; the zero address is a client somewhere
	// Proxied tells that a trusted peer has named Peer in a PROXY header.
	Proxied bool
	// Announced has Send say by a PROXY header that it comes from Peer.
	Announced bool
	TLS       uint16 // the version that is agreed upon; 0 where it does not matter
	// Client is the certificate that the client shows where it is asked for one; the zero
	// value for none. Only what is sent needs the key.
	Client tls.Certificate
}

// Somewhere is the address of a client of whom nothing is known (RFC 5737).
func Somewhere() netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, 1}) }

// Asked is a request as somebody writes it down.
type Asked struct {
	Method, URL string
	// Fields are "Name: value". One that names Host takes the place of the URL's, and
	// over HTTP/2 one may name a pseudo-header.
	Fields   []string
	Protocol string // as in Request
}

// Ask makes a request as a browser or curl would. To what is given nothing is added,
// but for a URL of ws or wss what makes it a handshake, where Fields have nothing of
// one.
func Ask(a Asked) (Request, error) {
	r := Request{Method: a.Method, URL: a.URL, Protocol: a.Protocol, HTTPS: true, Port: 443}
	scheme, rest, has := strings.Cut(a.URL, "://")
	handshake := false
	switch {
	case !has:
		rest = a.URL
	case wire.EqualFold(scheme, "http"), wire.EqualFold(scheme, "ws"):
		r.HTTPS, r.Port = false, 80
	case !wire.EqualFold(scheme, "https") && !wire.EqualFold(scheme, "wss"):
		return r, fmt.Errorf("the URL %q is of the scheme %q: write http:// or https://", a.URL, scheme)
	}
	if has {
		handshake = wire.EqualFold(scheme, "ws") || wire.EqualFold(scheme, "wss")
	}
	switch a.Protocol {
	case "", site.HTTP1, site.HTTP2, site.HTTP3:
	default:
		return r, fmt.Errorf("no version of HTTP is called %q: write h1, h2 or h3", a.Protocol)
	}
	rest, _, _ = strings.Cut(rest, "#") // which no client sends
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, target := rest[:end], decide.EncodeTarget(rest[end:])
	if target == "" || target[0] != '/' {
		target = "/" + target
	}
	if strings.Contains(host, "@") {
		return r, errors.New("the URL names a user: write --header 'Authorization: …' instead")
	}
	if !wire.Authority(host) {
		return r, fmt.Errorf("the URL %q names no host: write https://HOST/PATH", a.URL)
	}
	name, port := wire.SplitPort(host)
	if port != "" {
		r.Port, _ = strconv.Atoi(port) // Authority has looked
		r.Named = true
	}
	r.Name = strings.ToLower(strings.TrimSuffix(name, "."))
	header, err := given(a.Fields)
	if err != nil {
		return r, err
	}
	w := written{method: a.Method, host: host, target: target, header: header, handshake: handshake && !shakes(header)}
	r.Head = w.head()
	if r.Streams() {
		r.Fields = w.fields()
	}
	return r, nil
}

// Streams reports whether the client would rather speak a version of HTTP in which a
// request is a list of fields.
func (r *Request) Streams() bool { return r.Protocol == site.HTTP2 || r.Protocol == site.HTTP3 }

// line is the method and the target as they are sent over a version of HTTP.
func (r *Request) line(spoken string) (method, target string) {
	if spoken != "HTTP/1.1" {
		return r.Fields.Get(":method"), r.Fields.Get(":path")
	}
	method, rest, _ := strings.Cut(r.Head, " ")
	target, _, _ = strings.Cut(rest, " ")
	return method, target
}

// Target is what is asked for over a version of HTTP.
func (r *Request) Target(spoken string) string {
	_, target := r.line(spoken)
	return target
}

// given takes "Name: value" apart. A name may begin with the colon of a pseudo-header.
func given(lines []string) (wire.Header, error) {
	var header wire.Header
	for _, line := range lines {
		at := strings.IndexByte(strings.TrimPrefix(line, ":"), ':')
		if at < 0 {
			return nil, fmt.Errorf("the header %q has no colon: write 'Name: value'", line)
		}
		at += len(line) - len(strings.TrimPrefix(line, ":"))
		header = append(header, wire.Field{Name: line[:at], Value: line[at+1:]})
	}
	return header, nil
}

// shakes reports whether somebody has written down a part of a handshake.
func shakes(header wire.Header) bool {
	for _, f := range header {
		if wire.EqualFold(f.Name, "Upgrade") || wire.EqualFold(f.Name, ":protocol") || decide.OnlyWebSocket(f.Name) {
			return true
		}
	}
	return false
}
