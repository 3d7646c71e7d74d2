package explain

import (
	"fmt"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/wire"
)

// written is a request that can be sent over any version of HTTP.
type written struct {
	method, host, target string
	header               wire.Header // as it was given
	handshake            bool        // what makes it one is to be added
}

// anyKey is a Sec-WebSocket-Key as good as any (RFC 6455, 1.3).
const anyKey = "dGhlIHNhbXBsZSBub25jZQ=="

// head is what is sent over HTTP/1.1, which knows no pseudo-headers.
func (w written) head() string {
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\n", w.method, w.target)
	if !w.header.Has("Host") {
		fmt.Fprintf(&head, "Host: %s\r\n", w.host)
	}
	for _, f := range w.header {
		if !strings.HasPrefix(f.Name, ":") {
			head.WriteString(f.Name + ":" + f.Value + "\r\n")
		}
	}
	if w.handshake {
		head.WriteString("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + anyKey + "\r\n")
	}
	head.WriteString("\r\n")
	return head.String()
}

// fields are what is sent over HTTP/2 and HTTP/3. A Host stands in :authority, as a
// browser or curl would have it, unless that is given as well.
func (w written) fields() wire.Header {
	method, protocol := w.method, ""
	if w.handshake && method == http.MethodGet { // RFC 8441, 4
		method, protocol = http.MethodConnect, "websocket"
	}
	all := wire.Header{{Name: ":method", Value: method}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: w.host}, {Name: ":path", Value: w.target}}
	if protocol != "" {
		all = append(all, wire.Field{Name: ":protocol", Value: protocol})
	}
	for _, f := range w.header {
		if f.Name = strings.ToLower(strings.TrimSpace(f.Name)); strings.HasPrefix(f.Name, ":") {
			all.Set(f.Name, wire.TrimSpace(f.Value))
		}
	}
	for _, f := range w.header {
		name, value := strings.ToLower(f.Name), wire.TrimSpace(f.Value)
		switch {
		case strings.HasPrefix(name, ":"):
		case name == "host" && !w.header.Has(":authority"):
			all.Set(":authority", value)
		default:
			all = append(all, wire.Field{Name: name, Value: value})
		}
	}
	if w.handshake {
		all = append(all, wire.Field{Name: "sec-websocket-version", Value: "13"})
	}
	return all
}
