package site

import "strings"

// Redirect answers with a Location.
type Redirect struct {
	To     string // an absolute path or an http or https URL, in which {1} and {name} stand for captures
	Status int    // 301, 302, 303, 307 or 308
	Path   string // "keep" or "drop": what becomes of the path below the route's
	Query  string // "keep" or "drop": what becomes of the query of a request
	Source Source
}

// KeepsQuery reports whether the query of a request goes along.
func (r *Redirect) KeepsQuery() bool { return r.Query == "keep" }

// KeepsPath reports whether what is below the route's path goes along.
func (r *Redirect) KeepsPath() bool { return r.Path == "keep" }

// Captures reports whether the redirect of a route names captures of its regular
// expression.
func (r *Route) Captures() bool {
	return r.Pattern != "" && r.Redirect != nil && strings.Contains(r.Redirect.To, "{")
}

// Varies reports whether it depends on the path of a request where the route's redirect
// leads.
func (r *Route) Varies() bool { return r.Redirect != nil && r.Redirect.KeepsPath() || r.Captures() }

// Around is To in two parts, between which the query of a request is added, and
// the character that joins it to the first.
func (r *Redirect) Around() (before, joint, after string) { return around(r.To) }

func around(to string) (before, joint, after string) {
	before, joint = to, "?"
	if i := strings.IndexByte(before, '#'); i >= 0 {
		before, after = before[:i], before[i:]
	}
	if strings.Contains(before, "?") {
		joint = "&"
	}
	return before, joint, after
}

// Location is where a request with a query, "" for none, is led.
func (r *Redirect) Location(query string) string { return r.LocationOf(r.To, query) }

// LocationOf is the same for a To in which everything has been put in its place.
func (r *Redirect) LocationOf(to, query string) string {
	if !r.KeepsQuery() {
		return to
	}
	return WithQuery(to, query)
}

// WithQuery adds a query, which may be "", to that of a target, before its fragment.
func WithQuery(to, query string) string {
	if query == "" {
		return to
	}
	before, joint, after := around(to)
	return before + joint + query + after
}

// AroundPath is To in two parts, between which a path is added.
func (r *Redirect) AroundPath() (before, after string) {
	before = r.To
	if i := strings.IndexAny(before, "?#"); i >= 0 {
		before, after = before[:i], before[i:]
	}
	return before, after
}

// Below is To with a path, which is "" or begins with a slash, behind its own.
func (r *Redirect) Below(path string) string {
	before, after := r.AroundPath()
	if path != "" {
		before = strings.TrimSuffix(before, "/")
	}
	return before + path + after
}

// Rewrite changes the target that the client sent into the one that the app sees. Either
// Pattern and Replacement are set, or one of the others is.
type Rewrite struct {
	StripPrefix string // "" or "/a/b": taken off a path that is there or below
	AddPrefix   string // likewise: put in front of the path
	Pattern     string // a regular expression of the decoded path
	Replacement string // what takes the place of a path that matches, with captures as in Redirect.To
	Source      Source
}
