package render

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"edgegen/internal/site"
)

// vclTest is one condition of a route's match, other than the method.
type vclTest struct {
	Header string // whose value is tested; with neither Is nor Fits it only has to be there
	Is     string // the required value; "" for none
	Fits   string // a regular expression for the value; "" for none
	Source site.Source
}

// vclPatience is how long the cache tier waits for the web tier, for an app with timeouts of
// its own.
type vclPatience struct {
	First, Begin, Silence string
	Source                site.Source
}

func patienceOf(backend *site.Backend, t site.Timeouts) *vclPatience {
	if !backend.Timeout.Own() {
		return nil
	}
	t = backend.Timeout.Over(t)
	return &vclPatience{vclDuration(cacheFirstByte(t)), vclDuration(firstByteAlone(t)), vclDuration(t.BetweenBytes), backend.Timeout.Source}
}

func vclRouteOf(s *site.Site, route *site.Route, t site.Timeouts) vclRoute {
	r := vclRoute{Route: *route, Name: route.ID(s.Host), Pattern: pathPattern(route)}
	r.Lead = leadOf(route)
	if backend, ok := s.BackendByName(route.Backend); ok {
		r.Host, r.Patience = backend.Host, patienceOf(backend, t)
	}
	if m := route.Match; m != nil {
		if m.Methods != nil {
			r.Methods = methodsOf(m.Methods).Pattern
		}
		for _, f := range m.Headers {
			r.Tests = append(r.Tests, headerTest(f))
		}
		for _, f := range m.Query {
			r.Tests = append(r.Tests, vclTest{Header: site.NotePrefix + "Query", Fits: queryPattern(f), Source: f.Source})
		}
	}
	return r
}

// Size is how many bytes the body of a request may have.
func (r vclRoute) Size(l site.Limits) int64 { return cmp.Or(r.BodySize, l.BodySize) }

// SizeSource is the line of the HCL that sets Size.
func (r vclRoute) SizeSource(l site.Limits) site.Source {
	if r.BodySize > 0 {
		return r.BodySizeSource
	}
	return l.Source
}

// choose notes the headers and the query that a route's match needs.
func (v *vclData) choose(route vclRoute) {
	if route.Match == nil {
		return
	}
	v.Variants = v.Variants || route.ByHeader()
	v.Queries = v.Queries || len(route.Match.Query) > 0
	for _, f := range route.Match.Headers {
		if !slices.ContainsFunc(v.Collected, func(name string) bool { return strings.EqualFold(name, f.Name) }) && !strings.EqualFold(f.Name, "Cookie") {
			v.Collected = append(v.Collected, f.Name)
		}
	}
}

// pathPattern matches the paths of a route, decoded; "" where none is needed.
func pathPattern(r *site.Route) string {
	switch {
	case r.Pattern != "":
		return r.Pattern
	case r.Exact || r.Path == "/":
		return ""
	}
	return "^" + regexp.QuoteMeta(r.Path) + `(?:/|\z)`
}

func headerTest(f site.MatchedField) vclTest {
	text, before, behind := f.Wild()
	test := vclTest{Header: f.Name, Source: f.Source}
	switch literal := regexp.QuoteMeta(text); {
	case !before && !behind:
		test.Is = text
	case text == "":
		// The header only has to be there.
	case before && behind:
		test.Fits = literal
	case before:
		test.Fits = literal + "$"
	default:
		test.Fits = "^" + literal
	}
	return test
}

// queryPattern matches a query, with "&" in front, that has the parameter with the value,
// however both are percent-encoded.
func queryPattern(f site.MatchedField) string {
	text, _, behind := f.Wild()
	name, value := "&"+spellingsOf(f.Name, "%&+#="), spellingsOf(text, "%&+#")
	switch {
	case text == "" && behind:
		return name + "(?:[=&]|$)"
	case behind:
		return name + "=" + value
	case text == "":
		return name + "=?(?:&|$)"
	}
	return name + "=" + value + "(?:&|$)"
}

// spellingsOf matches a text in a query, in which each byte may be percent-encoded. The bytes
// in encoded always have to be.
func spellingsOf(text, encoded string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		escaped := "%" + hexClass(c>>4) + hexClass(c&15)
		switch {
		case c == ' ':
			escaped = `(?:\+|` + escaped + ")"
		case strings.IndexByte(encoded, c) < 0:
			escaped = "(?:" + regexp.QuoteMeta(string([]byte{c})) + "|" + escaped + ")"
		}
		out.WriteString(escaped)
	}
	return out.String()
}

// hexClass matches a digit in either case.
func hexClass(digit byte) string {
	if digit < 10 {
		return fmt.Sprint(digit)
	}
	return fmt.Sprintf("[%c%c]", 'A'+digit-10, 'a'+digit-10)
}
