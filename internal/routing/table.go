package routing

import (
	"fmt"
	"iter"
	"strings"

	"edgegen/internal/site"
)

// LongestPath is how many bytes the decoded path of a request may have where one of
// the site's routes is a regular expression; a longer one is answered 414. It bounds
// what PCRE2 can have to do: see shape.go.
const LongestPath = 2048

// Request is what a route is found by.
type Request struct {
	Method string
	Path   string // decoded, its slashes merged
	Query  string // as it was sent, without the "?"
	Header Header // nil for none
}

// Header is a request's header.
type Header interface {
	// Has reports whether there is a field of that name, whatever its case.
	Has(name string) bool
	// Values returns the values of the lines of that name, in their order.
	Values(name string) iter.Seq[string]
}

// Table holds the routes of one site. It is immutable, and may be used from any
// goroutine.
type Table struct {
	routes   []entry
	patterns bool
}

type entry struct {
	*site.Route
	pattern *Pattern
}

// NewTable prepares the routes of a site. It fails for a regular expression that
// Compile refuses, which no model from config holds.
func NewTable(s *site.Site) (*Table, error) {
	t := &Table{routes: make([]entry, len(s.Routes))}
	for i := range s.Routes {
		t.routes[i].Route = &s.Routes[i]
		if text := s.Routes[i].Pattern; text != "" {
			pattern, err := Compile(text)
			if err != nil {
				return nil, fmt.Errorf("site %s: route %q: %w", s.Host, s.Routes[i].Label(), err)
			}
			t.routes[i].pattern, t.patterns = pattern, true
		}
	}
	return t, nil
}

// TooLong reports a path that is longer than the site's regular expressions may be
// asked about.
func (t *Table) TooLong(path string) bool { return t.patterns && len(path) > LongestPath }

// Find returns the place in site.Site.Routes of the route that a request takes, or
// -1 where there is none.
func (t *Table) Find(q Request) int {
	subject := ""
	for i := range t.routes {
		r := &t.routes[i]
		if r.pattern != nil {
			if subject == "" {
				subject = subjectOf(q.Path)
			}
			if !r.pattern.matches(subject) {
				continue
			}
		} else if !covers(r.Route, q.Path) {
			continue
		}
		if r.Match == nil || holds(r.Match, q) {
			return i
		}
	}
	return -1
}

func covers(r *site.Route, path string) bool {
	switch {
	case r.Exact:
		return path == r.Path
	case r.Path == "/":
		return true
	}
	return r.Path != "" && strings.HasPrefix(path, r.Path) && (len(path) == len(r.Path) || path[len(r.Path)] == '/')
}
