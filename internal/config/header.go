package config

import (
	"cmp"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
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

// requestNames are what the edge itself says to a backend (F1, F2, F5).
func requestNames() []owned {
	const address = "it tells the backend who the client is, and is set from the connection"
	names := append(hopByHop(),
		owned{"Host", "the backend sees the host as the client sent it"},
		owned{"Forwarded", address}, owned{"X-Forwarded-*", address}, owned{"X-Real-IP", address},
		owned{"X-Request-Id", "it is made for each request"})
	for _, name := range site.CertNames() {
		names = append(names, owned{name, "it tells the backend of the client's certificate"})
	}
	return names
}

// responseNames are what the edge itself says to a client.
func responseNames() []owned {
	const coding = "it describes the body as it is sent"
	return append(hopByHop(),
		owned{"X-Cache", "it tells what the cache did"},
		owned{"Date", "it is set when the response is made"}, owned{"Age", "the cache counts it"},
		owned{"Content-Encoding", coding}, owned{"Content-Range", coding})
}

// headerRules decodes the rules of a block. Names are compared without regard
// to case, and a name stands in one of them once.
func (b *block) headerRules(rules *site.HeaderRules, names func() []owned) {
	if !b.present() {
		return
	}
	reserved := names()
	seen := map[string]hcl.Range{}
	claim := func(name located) bool {
		if !b.checkHeaderName(name, reserved, "cannot be changed here") {
			return false
		}
		key := textproto.CanonicalMIMEHeaderKey(name.text)
		if first, again := seen[key]; again {
			b.errorAt(name.place, "keep one of them; set replaces what stood there", "%s is named twice: first at %s", name.text, b.where(first))
			return false
		}
		seen[key] = name.place
		return true
	}
	for _, p := range b.pairs(b.row(&rules.Set)) {
		if claim(p.key) && b.checkHeaderValue(p) {
			rules.Set = append(rules.Set, site.Header{Name: p.key.text, Value: p.value.text, Source: b.sourceOf(p.key.place)})
		}
	}
	removed, _ := b.texts(b.row(&rules.Remove))
	for _, name := range removed {
		if claim(name) {
			rules.Remove = append(rules.Remove, site.HeaderName{Name: name.text, Source: b.sourceOf(name.place)})
		}
	}
	slices.SortFunc(rules.Set, func(x, y site.Header) int { return compareNames(x.Name, y.Name) })
	slices.SortFunc(rules.Remove, func(x, y site.HeaderName) int { return compareNames(x.Name, y.Name) })
}

func compareNames(x, y string) int { return cmp.Compare(strings.ToLower(x), strings.ToLower(y)) }

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
