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
)

// Request is what is asked about.
type Request struct {
	Method string
	URL    string // as it was given
	Head   string // what a client sends, with the empty line at its end
	HTTPS  bool   // to a listener that speaks TLS, or to whoever ends it in front of the edge
	Name   string // that TLS is asked for
	Port   int    // of the URL
	// Named tells that the URL has the port, and not the scheme alone.
	Named bool
	Peer  netip.Addr // who connects; the zero address is a client somewhere
	// Proxied tells that somebody who is trusted has named Peer in a PROXY header.
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

// Ask makes a request of a method and a URL, as a browser or curl would. Fields are
// "Name: value"; one that names Host takes the place of the URL's, and nothing is
// added to what is given.
func Ask(method, url string, fields []string) (Request, error) {
	r := Request{Method: method, URL: url, HTTPS: true, Port: 443}
	scheme, rest, has := strings.Cut(url, "://")
	switch {
	case !has:
		rest = url
	case wire.EqualFold(scheme, "http"), wire.EqualFold(scheme, "ws"):
		r.HTTPS, r.Port = false, 80
	case !wire.EqualFold(scheme, "https") && !wire.EqualFold(scheme, "wss"):
		return r, fmt.Errorf("the URL %q is of the scheme %q: write http:// or https://", url, scheme)
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
		return r, fmt.Errorf("the URL %q names no host: write https://HOST/PATH", url)
	}
	name, port := wire.SplitPort(host)
	if port != "" {
		r.Port, _ = strconv.Atoi(port) // Authority has looked
		r.Named = true
	}
	r.Name = strings.ToLower(strings.TrimSuffix(name, "."))
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\n", method, target)
	if !names(fields, "Host") {
		fmt.Fprintf(&head, "Host: %s\r\n", host)
	}
	for _, field := range fields {
		if !strings.Contains(field, ":") {
			return r, fmt.Errorf("the header %q has no colon: write 'Name: value'", field)
		}
		head.WriteString(field + "\r\n")
	}
	head.WriteString("\r\n")
	r.Head = head.String()
	return r, nil
}

func names(fields []string, name string) bool {
	for _, field := range fields {
		if before, _, _ := strings.Cut(field, ":"); wire.EqualFold(strings.TrimSpace(before), name) {
			return true
		}
	}
	return false
}
