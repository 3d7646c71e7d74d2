package site

import (
	"slices"
	"strings"
)

// The names of header fields that an untrusted client must not send, or that an app takes
// for another field. All engines read them here. They are spelt as their inventors spell
// them.

// ForwardedNames are the fields, beyond those that the edge sets itself, in which
// proxies are known to say whom or what they forward. A client's are dropped; a
// trusted proxy's reach the app, and are part of what an answer is stored under.
func ForwardedNames() []string {
	var names []string
	for _, last := range []string{"By", "Client-Ip", "Ip", "Port", "Prefix", "Path", "Context", "Scheme", "Protocol", "Ssl",
		"Server", "Uri", "Url", "Method", "User", "Email", "Groups", "Preferred-Username", "Access-Token",
		"Client-Cert", "Tls-Client-Cert"} {
		names = append(names, "X-Forwarded-"+last)
	}
	return append(names, targetNames[:]...)
}

// targetNames are those that tell an app what was asked for, in place of the
// request line and Host.
var targetNames = [...]string{"X-Original-URL", "X-Original-URI", "X-Original-Host", "X-Original-Method", "X-Original-Proto", "X-Rewrite-URL",
	"X-Host", "X-HTTP-Host-Override", "X-HTTP-Destinationurl", "X-Scheme", "X-Url-Scheme", "Front-End-Https"}

// IsTargetName reports whether a name, in any case, is one of the ForwardedNames
// that do not begin with X-Forwarded-.
func IsTargetName(name string) bool { return holds(targetNames[:], name) }

// SenderNames are those in which content delivery networks and older proxies say
// who the client is, besides the ones that the edge sets itself. A client's are
// dropped; a trusted proxy's reach the app, as X-Forwarded-For does.
func SenderNames() []string { return slices.Clone(senderNames[:]) }

var senderNames = [...]string{"Client-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP", "X-ProxyUser-IP", "X-Forwarded", "Forwarded-For",
	"X-Original-Forwarded-For", "CF-Connecting-IP", "CF-Connecting-IPv6", "Fastly-Client-IP", "X-Azure-ClientIP", "X-Remote-IP", "X-Remote-Addr", "X-Originating-IP"}

// IsSenderName reports whether a name, in any case, is one of the SenderNames.
func IsSenderName(name string) bool { return holds(senderNames[:], name) }

// The fields in which an app is told of the certificate that a client has shown.
const (
	CertSubject     = "X-Client-Cert-Subject"     // whose it is (RFC 4514); bytes that are no printable ASCII are escaped
	CertFingerprint = "X-Client-Cert-Fingerprint" // SHA-256 of it, in hex
	CertVerify      = "X-Client-Cert-Verify"      // CertVerified, or CertNone
)

// The values of CertVerify. A client whose certificate is not good does not come in.
const (
	CertVerified = "SUCCESS"
	CertNone     = "NONE"
)

// CertNames are these fields. A client's are dropped; those of a trusted proxy, which
// may have ended TLS, reach the app of a site that asks for no certificate itself.
func CertNames() []string { return slices.Clone(certNames[:]) }

var certNames = [...]string{CertSubject, CertFingerprint, CertVerify}

// IsCertName reports whether a name, in any case, is one of the CertNames.
func IsCertName(name string) bool { return holds(certNames[:], name) }

// ClientNames are the fields, besides those that begin with X-Forwarded-, that say who a
// client is or what it asked for. None of them reaches an app from an untrusted client.
func ClientNames() []string {
	return slices.Concat(ownClientNames[:], targetNames[:], senderNames[:], certNames[:])
}

// ownClientNames are those in which the edge itself tells an app of a client.
var ownClientNames = [...]string{"X-Real-IP", "X-Request-Id", "Forwarded"}

// IsClientName reports whether a name, in any case, is one of the ClientNames.
func IsClientName(name string) bool {
	return holds(ownClientNames[:], name) || IsTargetName(name) || IsSenderName(name) || IsCertName(name)
}

// MethodNames are the fields that tell an app to act as if another method had been
// asked for. None of them reaches it with a GET or HEAD, whose answer the cache may
// give to others.
func MethodNames() []string { return slices.Clone(methodNames[:]) }

var methodNames = [...]string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}

// IsMethodName reports whether a name, in any case, is one of the MethodNames.
func IsMethodName(name string) bool { return holds(methodNames[:], name) }

// HyphenatedNames are the fields of HTTP itself that many apps do not tell from
// the same names with "_": those that frame a message, that describe its body, or
// that choose an answer. Spelled with "_" none reaches an app.
func HyphenatedNames() []string { return slices.Clone(hyphenatedNames[:]) }

var hyphenatedNames = [...]string{"Content-Length", "Content-Type", "Content-Encoding", "Content-Range", "Content-MD5", "Transfer-Encoding",
	"Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range",
	"Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Max-Forwards", "User-Agent", "HTTP2-Settings",
	"Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}

// IsHyphenatedName reports whether a name, in any case and with "-", is one of the
// HyphenatedNames.
func IsHyphenatedName(name string) bool { return holds(hyphenatedNames[:], name) }

// endToEndNames are the fields that a client's Connection must not name: they are
// for the app, or for the cache, and are not one connection's (RFC 9110, 7.6.1).
// Varnish has the same list.
var endToEndNames = [...]string{"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Age", "Allow", "Authorization", "Cache-Control",
	"Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-MD5", "Content-Range", "Content-Type", "Cookie", "Date", "ETag",
	"Expect", "Expires", "From", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Last-Modified", "Location",
	"Max-Forwards", "Pragma", "Proxy-Authenticate", "Proxy-Authorization", "Range", "Referer", "Retry-After", "Server", "Set-Cookie", "User-Agent", "Vary",
	"Via", "Warning", "WWW-Authenticate"}

// IsEndToEndName reports whether a name, in any case, is end-to-end: a client's
// Connection must not name it.
func IsEndToEndName(name string) bool { return holds(endToEndNames[:], name) }

// HandoverNames are the fields in which an app asks the server before it to send a
// file or another answer in its place. Nothing is done about any but X-Accel-Redirect,
// where a site has an internal route, and since they name inner paths no client sees
// them.
func HandoverNames() []string { return slices.Clone(handoverNames[:]) }

var handoverNames = [...]string{"X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Mapping",
	"X-Sendfile", "X-Sendfile-Type", "X-Sendfile2", "X-LIGHTTPD-send-file", "X-LiteSpeed-Location"}

// IsHandoverName reports whether a name, in any case, is one of the HandoverNames.
func IsHandoverName(name string) bool { return holds(handoverNames[:], name) }

// holds compares as field names do, without regard to case.
func holds(names []string, name string) bool {
	for _, n := range names {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
