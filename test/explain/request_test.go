package explain

import (
	"fmt"
	"strings"
)

// request makes up a request, as HTTP/1.1 has it, without a body where it says
// nothing of one.
func (g *generated) request(n int) (head, body string) {
	method := g.one("GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "BREW")
	var lines []string
	if g.chance(25) {
		lines = append(lines, "Cookie: "+g.one("_ga=1", "seen=1; _gat=2", "session=1", "_ga=1; session=2", "", "_ga", ";"))
	}
	if g.chance(10) {
		lines = append(lines, "Cache-Control: "+g.one("no-cache", "no-store", "max-age=0", "private, no-store"))
	}
	if g.chance(10) {
		lines = append(lines, "Authorization: Basic eDp5")
	}
	if g.chance(15) && method != "HEAD" { // of which a daemon may make a part
		lines = append(lines, g.one("Range: bytes=0-2", "Range: bytes=99-", "If-None-Match: \"x\"", "If-Match: \"x\"", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"))
	}
	if g.chance(20) {
		lines = append(lines, "Accept-Encoding: "+g.one("gzip", "br, gzip", "identity", "gzip;q=0"))
	}
	if g.chance(20) {
		lines = append(lines, g.one("X-Forwarded-For: 198.51.100.7", "X-Forwarded-Host: evil.test", "Forwarded: for=198.51.100.7", "X-Real-IP: 1.2.3.4", "X-Original-URL: /x", "X_Forwarded_For: 9.9.9.9"))
	}
	if g.chance(15) {
		lines = append(lines, "X-Debug: 1", "X-Stage: mine")
	}
	if g.chance(15) {
		lines = append(lines, g.handshake()...)
	}
	if g.chance(5) {
		lines = append(lines, g.one("Connection: X-Custom", "Connection: Cookie", "Connection: X-Forwarded-For", "Expect: a-miracle"))
	}
	if (method == "POST" || method == "PUT" || g.chance(3)) && !strings.Contains(strings.Join(lines, "\n"), "websocket") {
		body = "hello"
		lines = append(lines, "Content-Length: 5")
	}
	head = fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n", method, g.target(n), g.host())
	for _, line := range lines {
		head += line + "\r\n"
	}
	return head + "\r\n", body
}

func (g *generated) host() string {
	host := g.one(g.hosts...)
	switch g.random.IntN(20) {
	case 0:
		host = strings.ToUpper(host) + "."
	case 1:
		host += ":8443"
	case 2:
		host = g.one("nobody.test", "1.2.3.4", "[::1]", "a_b.test")
	}
	return host
}

func (g *generated) target(n int) string {
	if g.chance(2) {
		return g.one("/healthz", "/healthz?x", "/%zz", "/a/../b", "/%2e%2e/x", "/a%00")
	}
	path := ""
	for range 1 + g.random.IntN(3) {
		path += g.one("/", "/", "/", "//", "/%61/") + g.one(words...)
	}
	if g.chance(20) {
		path += "/"
	}
	if g.chance(15) {
		path = "/"
	}
	if g.chance(5) {
		path = strings.Replace(path, "s", "%73", 1)
	}
	if g.chance(40) {
		path += fmt.Sprintf("?n=%d", n)
	}
	return path
}

func (g *generated) handshake() []string {
	lines := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"}
	switch g.random.IntN(8) {
	case 0:
		lines = lines[1:]
	case 1:
		lines = append(lines[:1:1], lines[2:]...)
	case 2:
		lines[2] = "Sec-WebSocket-Key: " + g.one("short", "")
	case 3:
		lines[3] = "Sec-WebSocket-Version: 8"
	case 4:
		lines = lines[:3]
	case 5:
		lines[1] = "Upgrade: h2c"
	}
	return lines
}
