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
	leader  *leader
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
		leads, err := leaderOf(&s.Routes[i], t.routes[i].pattern)
		if err != nil {
			return nil, fmt.Errorf("site %s: route %q: %w", s.Host, s.Routes[i].Label(), err)
		}
		t.routes[i].leader = leads
	}
	return t, nil
}

// TooLong reports a path that is longer than the site's regular expressions may be
// asked about.
func (t *Table) TooLong(path string) bool { return t.patterns && len(path) > LongestPath }

// Find returns the place in site.Site.Routes of the route that a request takes, or
// -1 where there is none.
func (t *Table) Find(q Request) int { return t.FindFrom(0, q) }

// FindFrom is Find as if the routes before first were not there.
func (t *Table) FindFrom(first int, q Request) int {
	subject := ""
	for i := first; i < len(t.routes); i++ {
		r := &t.routes[i]
		if r.pattern != nil && subject == "" {
			subject = subjectOf(q.Path)
		}
		if r.fits(q.Path, subject) && (r.Match == nil || holds(r.Match, q)) {
			return i
		}
	}
	return -1
}

// Within returns the place of the route that is site.Route.Internal and holds a path, the
// first of them; -1 where there is none.
func (t *Table) Within(path string) int {
	subject := ""
	for i := range t.routes {
		r := &t.routes[i]
		if !r.Internal {
			continue
		}
		if r.pattern != nil && subject == "" {
			subject = subjectOf(path)
		}
		if r.fits(path, subject) {
			return i
		}
	}
	return -1
}

// Passed are the places of the routes before the one that a request takes, or of all
// where it takes none, whose path fits and whose Match does not hold.
func (t *Table) Passed(q Request) (passed []int) {
	subject, taken := subjectOf(q.Path), t.Find(q)
	for i := range t.routes {
		if i == taken {
			break
		}
		if t.routes[i].fits(q.Path, subject) {
			passed = append(passed, i)
		}
	}
	return passed
}

// fits reports whether a path is one of the entry's. The subject is what an expression
// is asked about.
func (e *entry) fits(path, subject string) bool {
	if e.pattern != nil {
		return e.pattern.matches(subject)
	}
	return covers(e.Route, path)
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
