package config

import (
	"cmp"
	"net/textproto"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

// headersLanguage is a block of rules for the fields of one of the two messages. Reserved
// are the fields that it cannot touch.
func headersLanguage(name, words string, by tier, reserved func() []owned, of func(*site.Route) *site.HeaderRules) *schema {
	return &schema{name: name, title: "a " + name + " block", words: words,
		arguments: []argument{
			{name: "set", kind: objectKind, by: by,
				words: "fields that are set, in place of what stood there", example: `{ "X-Frame-Options" = "DENY" }`,
				into: in(func(r *site.HeaderRules) *[]site.Header { return &r.Set }), read: later},
			{name: "default", kind: objectKind, by: by,
				words: "fields that are set where a message has none of that name; an answer of 304 gets none of them, as it speaks of one that the client has", example: `{ "Referrer-Policy" = "same-origin" }`,
				into: in(func(r *site.HeaderRules) *[]site.Header { return &r.Default }), read: later},
			{name: "add", kind: objectKind, by: by,
				words: "fields that get a value more, behind what stands there, with a comma between them", example: `{ "Vary" = "X-Language" }`,
				into: in(func(r *site.HeaderRules) *[]site.Header { return &r.Add }), read: later},
			{name: "remove", kind: listKind, by: by,
				words: "fields that are taken away", example: `["X-Powered-By"]`,
				into: in(func(r *site.HeaderRules) *[]site.HeaderName { return &r.Remove }), read: later},
		},
		home:  within(of),
		check: checks(func(b *block, r *site.HeaderRules) { b.headerRules(r, reserved) }),
	}
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
			b.errorAt(name.place, "keep one of them: set replaces what stands there, and default does not", "%s is named twice: first at %s", name.text, b.where(first))
			return false
		}
		seen[key] = name.place
		return true
	}
	for _, written := range []*[]site.Header{&rules.Set, &rules.Default, &rules.Add} {
		for _, p := range b.pairs(b.row(written)) {
			if claim(p.key) && b.checkHeaderValue(p) && (written != &rules.Add || b.isList(p.key)) {
				*written = append(*written, site.Header{Name: p.key.text, Value: p.value.text, Source: b.sourceOf(p.key.place)})
			}
		}
		slices.SortFunc(*written, func(x, y site.Header) int { return compareNames(x.Name, y.Name) })
	}
	removed, _ := b.texts(b.row(&rules.Remove))
	for _, name := range removed {
		if claim(name) {
			rules.Remove = append(rules.Remove, site.HeaderName{Name: name.text, Source: b.sourceOf(name.place)})
		}
	}
	slices.SortFunc(rules.Remove, func(x, y site.HeaderName) int { return compareNames(x.Name, y.Name) })
}

// isList refuses fields that have one value, or values that no comma parts.
func (b *block) isList(name located) bool {
	single := slices.ContainsFunc([]string{"Authorization", "Content-Disposition", "Content-Type", "Cookie", "If-Modified-Since", "If-Range", "If-Unmodified-Since", "Location", "Range",
		"Referer", "Retry-After", "Server", "Set-Cookie", "User-Agent"}, func(one string) bool { return strings.EqualFold(one, name.text) })
	if single || (site.Header{Name: name.text}).ForSuccess() {
		b.errorAt(name.place, "write it under set", "%s takes no value more", name.text)
		return false
	}
	return true
}

func compareNames(x, y string) int { return cmp.Compare(strings.ToLower(x), strings.ToLower(y)) }

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
