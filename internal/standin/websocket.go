package standin

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
)

// OpenWebSocket answers a handshake (RFC 6455, 4.2.2), and closes. It reports whether
// the request is one.
func OpenWebSocket(w http.ResponseWriter, r *http.Request) bool {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return false
	}
	const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + magic))
	w.Header().Set("Upgrade", "websocket")
	w.Header().Set("Connection", "Upgrade")
	w.Header().Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
	w.WriteHeader(http.StatusSwitchingProtocols)
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close() // there is nothing to say
	}
	return true
}
