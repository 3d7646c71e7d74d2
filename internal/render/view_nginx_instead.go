package render

import (
	"regexp"

	"edgegen/internal/site"
)

// nginxInstead is the route that nginx takes by the path alone, if the cache tier names a
// route that does not exist any more. That happens in the middle of a reload, when the cache
// tier still has the configuration from before, or when a request takes long to arrive.
// Builtin web tiers do the same (dataplane/decide/way.go).
type nginxInstead struct {
	Pattern string
	ID      string // of the route; "" if the path alone does not decide
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

// decidedByPath reports whether every request for a path of the route is served, and whether
// nginx can serve it without notes of the cache tier.
func decidedByPath(r *site.Route) bool {
	return r.Match == nil && !r.Internal && !r.Access.Gated() && !r.Access.ByAddress() && r.Methods == nil && r.Rewrite == nil && !r.Varies()
}
