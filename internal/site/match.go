package site

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Match is what a request needs, besides the path, to take a route: it has to meet all of
// these.
type Match struct {
	Methods []string       // one of them, in the order of Methods(); nil for any
	Head    bool           // whether GET has brought HEAD along
	Headers []MatchedField // ordered by name, as are those of the query
	Query   []MatchedField
	Source  Source
}

// MatchedField is a header field or a parameter of the query, and the value that it
// has to have. "*" stands for any run of characters: in a field at either end of the
// value, in a parameter at its end.
type MatchedField struct {
	Name, Value string
	Source      Source
}

// Wild splits the value: the text between the stars, and whether there is one before
// it and one behind. The value "*" is any.
func (f MatchedField) Wild() (text string, before, behind bool) {
	text, behind = strings.CutSuffix(f.Value, "*")
	text, before = strings.CutPrefix(text, "*")
	return text, before, behind
}

// IsPrefix reports a route that matches its Path and everything below it.
func (r *Route) IsPrefix() bool { return r.Pattern == "" && !r.Exact }

// ByHeader reports a route whose Match looks at header fields, so that not all requests for
// one URL take it.
func (r *Route) ByHeader() bool { return r.Match != nil && len(r.Match.Headers) > 0 }

// Label is the route's label as it is written in HCL.
func (r *Route) Label() string {
	switch {
	case r.Pattern != "":
		return "~ " + r.Pattern
	case r.Exact:
		return "= " + r.Path
	}
	return r.Path
}

// MatchedBy names what tells the route from others with its label. It is the same for two
// routes that match the same requests.
func (r *Route) MatchedBy() string {
	if r.Match == nil {
		return ""
	}
	var out strings.Builder
	out.WriteString(strings.Join(r.Match.Methods, " "))
	for _, fields := range [][]MatchedField{r.Match.Headers, r.Match.Query} {
		out.WriteByte('\n')
		for _, f := range fields {
			out.WriteString(strings.ToLower(f.Name) + "\x00" + f.Value + "\x00")
		}
	}
	return out.String()
}

// longestSlug keeps the name of a route short.
const longestSlug = 24

// ID names a route among those of all sites, in letters, digits, "_" and ".". It depends
// neither on other routes nor on what the route does. So a tier that serves the next
// configuration understands a route that a tier with the last one has chosen.
func (r *Route) ID(host string) string {
	sum := sha256.Sum256([]byte(host + "\x00" + r.Label() + "\x00" + r.MatchedBy()))
	words := strings.FieldsFunc(strings.ToLower(r.Path+r.Pattern), func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	})
	slug := strings.Join(words, "_")
	if slug == "" {
		slug = "root"
	}
	return slug[:min(len(slug), longestSlug)] + "." + hex.EncodeToString(sum[:4])
}

// Sorted reports whether the site's paths alone, each with everything below it, say
// which route a request takes.
func (s *Site) Sorted() bool {
	return !slices.ContainsFunc(s.Routes, func(r Route) bool { return !r.IsPrefix() || r.Match != nil })
}

// HasPatterns reports whether a route of the site is a regular expression.
func (s *Site) HasPatterns() bool {
	return slices.ContainsFunc(s.Routes, func(r Route) bool { return r.Pattern != "" })
}
