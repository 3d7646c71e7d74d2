package config

import (
	"fmt"
	"strings"
	"unicode"
)

// maxHeaderName is the longest name of a header rule, in bytes: Varnish's
// compiler takes no longer one.
const maxHeaderName = 126

// maxHeaderValue is the longest value of a header rule, in bytes.
const maxHeaderValue = 4096

// owned is a header field that rules cannot touch, and why. A name that ends
// in "*" stands for every name that begins so.
type owned struct{ name, reason string }

func hopByHop() []owned {
	const reason = "it describes one connection, and does not pass"
	return []owned{
		{"Connection", reason}, {"Keep-Alive", reason}, {"Proxy-Connection", reason}, {"TE", reason},
		{"Trailer", reason}, {"Transfer-Encoding", reason}, {"Upgrade", reason},
		{"Content-Length", "it follows from the body"},
		{"Sec-WebSocket-*", "it belongs to the WebSocket handshake"},
		{"X-Edge-*", "edgegen's tiers talk to each other with it"},
	}
}

func (b *block) checkHeaderName(name located, reserved []owned, verdict string) bool {
	if !isToken(name.text) {
		b.errorAt(name.place, `use letters, digits and "-"`, "%q is no name for a header field", name.text)
		return false
	}
	if len(name.text) > maxHeaderName {
		b.errorAt(name.place, "use a shorter one", "the name of a header field is longer than %d bytes", maxHeaderName)
		return false
	}
	lower := strings.ReplaceAll(strings.ToLower(name.text), "_", "-") // apps do not tell them apart
	for _, own := range reserved {
		prefix, family := strings.CutSuffix(strings.ToLower(own.name), "*")
		if lower == prefix || family && strings.HasPrefix(lower, prefix) {
			b.tellAt(name.place, "leave it out: "+own.reason, "%s %s", name.text, verdict)
			return false
		}
	}
	return true
}

func (b *block) checkHeaderValue(p pair) bool {
	value := p.value
	problem, remedy := "", ""
	switch {
	case value.text == "":
		problem, remedy = "is empty", "use remove to take a field away"
	case len(value.text) > maxHeaderValue:
		problem = fmt.Sprintf("is longer than %d bytes", maxHeaderValue)
	case strings.ContainsFunc(value.text, unicode.IsControl):
		problem, remedy = "holds a control character", "a header field is one line of text"
	case strings.TrimSpace(value.text) != value.text:
		problem, remedy = "begins or ends with a space", "leave the space out"
	default:
		return true
	}
	b.errorAt(value.place, remedy, "the value of %s %s", p.key.text, problem)
	return false
}

// isToken reports whether text is a token of RFC 9110, as names of header
// fields and cookies are.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return text != ""
}
