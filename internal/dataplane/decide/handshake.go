package decide

import (
	"encoding/base64"
	"net/http"

	"edgegen/internal/dataplane/wire"
)

// Upgrade is what a request's hop-by-hop fields say about switching.
type Upgrade struct {
	Protocol   string // Upgrade
	Connection bool   // Connection names it
}

// ReadUpgrade reads the fields.
func ReadUpgrade(h wire.Header) Upgrade {
	if !h.Has("Upgrade") {
		return Upgrade{}
	}
	return Upgrade{Protocol: h.Joined("Upgrade"), Connection: h.Contains("Connection", "upgrade")}
}

// WantsWebSocket reports whether a request on a route with websocket is meant as a
// handshake: it asks for an upgrade, or it has a field that only handshakes have.
func (q *Question) WantsWebSocket() bool {
	return q.Tunnel || q.Upgrade.Protocol != "" && containsToken(q.Upgrade.Protocol, "websocket") ||
		q.Header.Has("Sec-WebSocket-Key") || q.Header.Has("Sec-WebSocket-Version")
}

func containsToken(list, token string) bool {
	for member := range wire.List(list) {
		if wire.EqualFold(member, token) {
			return true
		}
	}
	return false
}

// OnlyWebSocket reports a field that only a handshake has.
func OnlyWebSocket(name string) bool {
	return len(name) > 14 && wire.EqualFold(name[:14], "Sec-WebSocket-")
}

// Flaw is what is wrong with a handshake; its text says so.
type Flaw string

// The flaws. Sound is a handshake without one.
const (
	Sound            Flaw = ""
	NotByGet         Flaw = "a handshake is a GET"
	OldProtocol      Flaw = "a handshake is of HTTP/1.1"
	HasBody          Flaw = "a handshake has no body"
	NotToWebSocket   Flaw = "Upgrade does not say websocket"
	NotNominated     Flaw = "Connection does not name upgrade"
	KeyMissing       Flaw = "Sec-WebSocket-Key is missing"
	KeyTwice         Flaw = "Sec-WebSocket-Key is there twice"
	KeyMalformed     Flaw = "Sec-WebSocket-Key is not 16 bytes in base64"
	VersionMissing   Flaw = "Sec-WebSocket-Version is missing"
	VersionTwice     Flaw = "Sec-WebSocket-Version is there twice"
	VersionNotKnown  Flaw = "Sec-WebSocket-Version is not 13"
	TunnelHasNoFrame Flaw = "the CONNECT says how long its body is"
)

// turn is what becomes of a handshake with the flaw.
func (f Flaw) turn() Turn {
	switch f {
	case Sound:
		return WebSocket
	case VersionNotKnown:
		return OtherVersion
	}
	return BadHandshake
}

// Handshake checks a handshake (RFC 6455 4.2.1).
func (q *Question) Handshake() Flaw {
	if q.Tunnel {
		return q.tunnelHandshake()
	}
	h := q.Header
	switch {
	case q.Method != http.MethodGet:
		return NotByGet
	case q.Protocol != "HTTP/1.1":
		return OldProtocol
	case q.Length != 0:
		return HasBody
	case !wire.EqualFold(q.Upgrade.Protocol, "websocket"):
		return NotToWebSocket
	case !q.Upgrade.Connection:
		return NotNominated
	}
	switch h.Count("Sec-WebSocket-Key") {
	case 0:
		return KeyMissing
	case 1:
	default:
		return KeyTwice
	}
	if flaw := oneVersion(h); flaw != Sound {
		return flaw
	}
	key, err := base64.StdEncoding.Strict().DecodeString(h.Get("Sec-WebSocket-Key"))
	if err != nil || len(key) != 16 {
		return KeyMalformed
	}
	return knownVersion(h)
}

// tunnelHandshake checks the CONNECT of a WebSocket (RFC 8441 5). It has no key, and
// a body, which is the WebSocket.
func (q *Question) tunnelHandshake() Flaw {
	if q.Length >= 0 {
		return TunnelHasNoFrame
	}
	if flaw := oneVersion(q.Header); flaw != Sound {
		return flaw
	}
	return knownVersion(q.Header)
}

func oneVersion(h wire.Header) Flaw {
	switch h.Count("Sec-WebSocket-Version") {
	case 0:
		return VersionMissing
	case 1:
		return Sound
	}
	return VersionTwice
}

func knownVersion(h wire.Header) Flaw {
	if h.Get("Sec-WebSocket-Version") != "13" {
		return VersionNotKnown
	}
	return Sound
}
