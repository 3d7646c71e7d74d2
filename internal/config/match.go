package config

import (
	"slices"
	"strings"
	"unicode"

	"edgegen/internal/site"
)

func readMatchMethods(b *block, a *argument, m *site.Match) { m.Methods = b.methods(a) }

func readMatchHead(b *block, a *argument, m *site.Match) { m.Head = !b.holds(a) || b.flag(a) }

// unmatched are the header fields by which no route may be chosen.
func unmatched() []owned {
	const forwarded = "what it says of the client is set by the edge"
	return append(hopByHop(), owned{"Host", "a site has hosts of its own"},
		owned{"Forwarded", forwarded}, owned{"X-Forwarded-*", forwarded}, owned{"X-Real-IP", forwarded}, owned{"X-Request-Id", forwarded})
}

// readMatchHeaders reads fields of a request's header.
func readMatchHeaders(b *block, a *argument, m *site.Match) {
	reserved := unmatched()
	m.Headers = b.matched(a, func(p pair) bool {
		switch {
		case !b.checkHeaderName(p.key, reserved, "is nothing to choose a route by"):
			return false
		case p.value.text == "":
			b.errorAt(p.value.place, `write "*" for any value`, "the value of %s is empty", p.key.text)
			return false
		case !b.checkHeaderValue(p):
			return false
		}
		middle := strings.TrimPrefix(strings.TrimSuffix(p.value.text, "*"), "*")
		return b.starsIn(p, middle, `"*" can stand at either end of it`)
	})
	for i := 1; i < len(m.Headers); i++ {
		if compareNames(m.Headers[i-1].Name, m.Headers[i].Name) == 0 {
			b.errorAt(b.placeOf(a), "keep one of them", "%s is named twice", m.Headers[i].Name)
		}
	}
}

// checkMatch checks that a match block asks for something.
func checkMatch(b *block, m *site.Match) {
	if !m.Head {
		m.Methods = slices.DeleteFunc(m.Methods, func(one string) bool { return one == "HEAD" })
	}
	if !b.has(&m.Methods) && !b.has(&m.Headers) && !b.has(&m.Query) {
		b.errorAt(b.place, `add headers = { "X-Beta" = "1" }, say`, "%s asks for nothing", b.schema.title)
	}
}

// readMatchQuery reads parameters of a query.
func readMatchQuery(b *block, a *argument, m *site.Match) {
	m.Query = b.matched(a, func(p pair) bool {
		for _, text := range []located{p.key, p.value} {
			if len(text.text) > maxQueryText || strings.ContainsFunc(text.text, unicode.IsControl) {
				b.errorAt(text.place, "", "%q is too long, or holds a control character", text.text)
				return false
			}
		}
		if p.key.text == "" {
			b.errorAt(p.key.place, "name the parameter", "the name of a parameter is empty")
			return false
		}
		return b.starsIn(p, strings.TrimSuffix(p.value.text, "*"), `"*" can stand at the end of it`)
	})
}

// maxQueryText is how many bytes a name or a value of a parameter may have.
const maxQueryText = 200

func (b *block) starsIn(p pair, text, remedy string) bool {
	if strings.Contains(text, "*") {
		b.errorAt(p.value.place, remedy, "the value of %s holds \"*\" within", p.key.text)
		return false
	}
	return true
}

// matched reads names and values, ordered by name.
func (b *block) matched(a *argument, good func(pair) bool) []site.MatchedField {
	var fields []site.MatchedField
	for _, p := range b.pairs(a) {
		if good(p) {
			fields = append(fields, site.MatchedField{Name: p.key.text, Value: p.value.text, Source: b.sourceOf(p.key.place)})
		}
	}
	slices.SortFunc(fields, func(x, y site.MatchedField) int { return compareNames(x.Name, y.Name) })
	return fields
}
