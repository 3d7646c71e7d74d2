package render

import (
	"regexp"

	"edgegen/internal/site"
)

// nginxInstead is what nginx serves for the paths that a regular expression matches, where
// the cache tier tells of a route that is not there any more: in the middle of a reload it
// decides by the configuration of before, and a request that it has decided on may take
// long to come. Builtin web tiers do the same (dataplane/decide/way.go).
type nginxInstead struct {
	Pattern string
	ID      string // "" where only the cache tier could say whether the request may come in
	Source  site.Source
}

// insteadOf lists those of a site, in the order in which its routes are looked at.
func insteadOf(s *site.Site) []nginxInstead {
	var all []nginxInstead
	for i := range s.Routes {
		r := &s.Routes[i]
		one := nginxInstead{Pattern: pathPattern(r), Source: r.Source}
		switch {
		case r.Exact:
			one.Pattern = "^" + regexp.QuoteMeta(r.Path) + `\z`
		case r.Path == "/":
			one.Pattern = "^"
		}
		if decidedByPath(r) {
			one.ID = r.ID(s.Host)
		}
		all = append(all, one)
	}
	return all
}

// decidedByPath reports whether whoever asks for a path of the route is served, and whether
// nginx can do that without more notes.
func decidedByPath(r *site.Route) bool {
	return r.Match == nil && !r.Internal && !r.Access.Gated() && !r.Access.ByAddress() && r.Methods == nil && r.Rewrite == nil && !r.Varies()
}
