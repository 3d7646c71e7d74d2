package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// match is what a request has to be like to take a rule, in the words of the language.
type match struct {
	kind    pathKind
	path    string // or a regular expression
	methods []string
	headers []field // ordered by name, as are those of the query
	query   []field
}

type field struct{ name, value string }

// pathKind is a way to match paths. They are in the order in which a site looks at them.
type pathKind int

const (
	exactPath pathKind = iota
	patternPath
	prefixPath
)

// label is that of the match's route.
func (m match) label() string {
	switch m.kind {
	case exactPath:
		return "= " + m.path
	case patternPath:
		return "~ " + m.path
	}
	return m.path
}

// key is the same for matches that the same requests take.
func (m match) key() string {
	return fmt.Sprintf("%q %q %q %q", m.label(), m.methods, m.headers, m.query)
}

// conditional reports whether more than the path decides.
func (m match) conditional() bool { return len(m.methods)+len(m.headers)+len(m.query) > 0 }

// readMatch reads a match. The error says why it cannot be one.
func readMatch(spec gatewayv1.HTTPRouteMatch) (m match, err error) {
	kind, path := gatewayv1.PathMatchPathPrefix, "/"
	if spec.Path != nil {
		kind, path = *or(spec.Path.Type, &kind), *or(spec.Path.Value, &path)
	}
	switch kind {
	case gatewayv1.PathMatchExact:
		m.kind, m.path = exactPath, path
	case gatewayv1.PathMatchPathPrefix:
		m.kind, m.path = prefixPath, cmp.Or(strings.TrimRight(path, "/"), "/")
	case gatewayv1.PathMatchRegularExpression:
		m.kind, m.path = patternPath, "^(?:"+path+")$"
	default:
		return m, fmt.Errorf("paths are not matched by %s", kind)
	}
	if spec.Method != nil {
		m.methods = []string{string(*spec.Method)}
	}
	for _, h := range spec.Headers {
		if m.headers, err = matched(m.headers, "header", string(h.Name), h.Value, h.Type == nil || *h.Type == gatewayv1.HeaderMatchExact, strings.ToLower); err != nil {
			return m, err
		}
	}
	for _, q := range spec.QueryParams {
		if m.query, err = matched(m.query, "query parameter", string(q.Name), q.Value, q.Type == nil || *q.Type == gatewayv1.QueryParamMatchExact, func(s string) string { return s }); err != nil {
			return m, err
		}
	}
	return m, nil
}

// matched adds a field to those that have to be there. Of two with one name the first
// counts.
func matched(fields []field, what, name, value string, exact bool, same func(string) string) ([]field, error) {
	switch {
	case !exact:
		return nil, fmt.Errorf("the %s %s cannot be matched by a regular expression: write an exact value", what, name)
	case strings.Contains(value, "*"):
		return nil, fmt.Errorf("the value of the %s %s holds \"*\", which stands for any run of characters", what, name)
	case slices.ContainsFunc(fields, func(f field) bool { return same(f.name) == same(name) }):
		return fields, nil
	}
	fields = append(fields, field{name, value})
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(same(a.name), same(b.name)) })
	return fields, nil
}

// or is a pointer, or where that is nil, another one.
func or[T any](a, b *T) *T {
	if a == nil {
		return b
	}
	return a
}
