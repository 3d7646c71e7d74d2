package routing

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

// holds reports whether a request is what a route asks for beside its path.
func holds(m *site.Match, q Request) bool {
	if m.Methods != nil && !slices.Contains(m.Methods, q.Method) {
		return false
	}
	for _, f := range m.Headers {
		if q.Header == nil || !q.Header.Has(f.Name) || !hasValue(f, valueOf(q.Header, f.Name)) {
			return false
		}
	}
	for _, f := range m.Query {
		if !hasParameter(f, q.Query) {
			return false
		}
	}
	return true
}

// valueOf is the value of a field: of all its lines, as one (RFC 9110, 5.3; RFC 6265,
// 4.2.1 for cookies).
func valueOf(h Header, name string) string {
	between, value, first := ", ", "", true
	if strings.EqualFold(name, "Cookie") {
		between = "; "
	}
	for line := range h.Values(name) {
		if !first {
			value += between
		}
		value, first = value+line, false
	}
	return value
}

func hasValue(f site.MatchedField, value string) bool {
	text, before, behind := f.Wild()
	switch {
	case before && behind:
		return strings.Contains(value, text)
	case before:
		return strings.HasSuffix(value, text)
	case behind:
		return strings.HasPrefix(value, text)
	}
	return value == text
}

// hasParameter reports whether one of the parameters of a query, which may stand
// there several times, has the name and the value.
func hasParameter(f site.MatchedField, query string) bool {
	if query == "" {
		return false
	}
	text, _, behind := f.Wild()
	for parameter := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		if decoded(name) != f.Name {
			continue
		}
		if value = decoded(value); value == text || behind && strings.HasPrefix(value, text) {
			return true
		}
	}
	return false
}

// decoded is a name or a value of a query as it is meant: "+" is a space, "%41" an A.
// What is no escape becomes a byte that no name and no value has.
func decoded(text string) string {
	if !strings.ContainsAny(text, "%+") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+':
			out = append(out, ' ')
		case c != '%':
			out = append(out, c)
		case i+2 < len(text) && digit(text[i+1]) >= 0 && digit(text[i+2]) >= 0:
			out = append(out, byte(digit(text[i+1])<<4|digit(text[i+2])))
			i += 2
		default:
			out = append(out, 0)
		}
	}
	return string(out)
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
