package config

import (
	"slices"

	"edgegen/internal/site"
)

// moved returns a copy of a site that stands so many lines further down. It
// shares nothing with the site but strings and lists of strings.
func moved(s site.Site, lines int) site.Site {
	move := func(at *site.Source) {
		if at.File != "" {
			at.Line += lines
		}
	}
	move(&s.Source)
	move(&s.TLS.Source)
	move(&s.Cache.Source)
	s.Maintenance = copied(s.Maintenance)
	if s.Maintenance != nil {
		move(&s.Maintenance.Source)
	}
	s.Backends = slices.Clone(s.Backends)
	for i := range s.Backends {
		backend := &s.Backends[i]
		move(&backend.Source)
		backend.Env = slices.Clone(backend.Env)
		backend.Servers = slices.Clone(backend.Servers)
		for j := range backend.Servers {
			move(&backend.Servers[j].Source)
		}
	}
	s.Routes = slices.Clone(s.Routes)
	for i := range s.Routes {
		moveRoute(&s.Routes[i], move)
	}
	return s
}

func moveRoute(r *site.Route, move func(*site.Source)) {
	move(&r.Source)
	move(&r.BackendSource)
	move(&r.WebSocketSource)
	move(&r.StreamSource)
	move(&r.CacheSource)
	r.Static, r.Redirect = copied(r.Static), copied(r.Redirect)
	if r.Static != nil {
		move(&r.Static.Source)
	}
	if r.Redirect != nil {
		move(&r.Redirect.Source)
	}
	for _, rules := range []*site.HeaderRules{&r.RequestHeaders, &r.ResponseHeaders} {
		rules.Set, rules.Remove = slices.Clone(rules.Set), slices.Clone(rules.Remove)
		for i := range rules.Set {
			move(&rules.Set[i].Source)
		}
		for i := range rules.Remove {
			move(&rules.Remove[i].Source)
		}
	}
}

func copied[T any](value *T) *T {
	if value == nil {
		return nil
	}
	another := *value
	return &another
}
