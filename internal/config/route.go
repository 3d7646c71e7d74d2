package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// checkRoutes puts a site's routes in order, longest path first, and looks at
// all of them together.
func (b *block) checkRoutes(s *siteDraft) {
	route := b.kindIn(&s.Routes)
	if _, any := b.find(route); !any && !b.lacking[route] {
		b.warnAt(b.place, `add route "/" { … }`, "the site has no route: it answers everything with 404")
	}
	slices.SortStableFunc(s.Routes, compareRoutes)
	for i, r := range s.Routes {
		readable := r.Path+r.Pattern != ""
		if i > 0 && readable && s.Routes[i-1].Match == nil && r.Match != nil && s.Routes[i-1].Label() == r.Label() {
			b.errorAt(b.named[routeName(route, &r)].place, "write it before the other",
				"route %q is never taken: the one at %s has the same path and asks for nothing else", r.Label(), b.where(b.named[routeName(route, &s.Routes[i-1])].place))
		}
	}
	for i := range s.Backends {
		s.Backends[i].HandsOver = s.HandsOver()
		s.Backends[i].Compressed = slices.ContainsFunc(s.Routes, func(r site.Route) bool { return r.Compress != nil && r.Backend == s.Backends[i].Name })
	}
	b.checkLoops(s, route)
}

// checkLoops reports redirects that lead back to their own route.
func (b *block) checkLoops(s *siteDraft, route *schema) {
	var table *routing.Table
	for i := range s.Routes {
		r := &s.Routes[i]
		if r.Redirect == nil || r.Match != nil || r.Captures() {
			continue
		}
		if table == nil {
			var err error
			if table, err = routing.NewTable(&s.Site); err != nil {
				return // the expression has been reported
			}
		}
		if redirectsToItself(table, i, r.Redirect) {
			remedy := "lead to a path that it does not cover"
			if r.IsPrefix() {
				remedy = "a route covers every path below its own"
			}
			b.errorAt(b.named[routeName(route, r)].place, remedy,
				"route %q redirects to %s, which it covers itself: that never ends", r.Label(), r.Redirect.To)
		}
	}
}

// compareRoutes orders routes as they are looked at: exact paths, regular expressions
// as they are written, then the longest path first.
func compareRoutes(x, y site.Route) int {
	if c := cmp.Compare(rank(x), rank(y)); c != 0 || x.Pattern != "" {
		return c
	}
	return cmp.Or(cmp.Compare(len(y.Path), len(x.Path)), cmp.Compare(x.Path, y.Path))
}

func rank(r site.Route) int {
	switch {
	case r.Exact:
		return 0
	case r.Pattern != "":
		return 1
	}
	return 2
}

// routeName is what block.named knows a route by.
func routeName(route *schema, r *site.Route) string { return route.name + " " + routeKey(r) }

// routeKey tells a route from the others of its site.
func routeKey(r *site.Route) string {
	if r.Match == nil {
		return r.Label()
	}
	return r.Label() + "\x00" + r.MatchedBy()
}

// readBackend reads the name of one of the site's backends, which are decoded
// before its routes.
func readBackend(b *block, a *argument, r *site.Route) {
	name, _ := b.siteBackend(a, b.around)
	r.Backend = name.text
}

// siteBackend reads the name of a backend of the site, whose block is given.
func (b *block) siteBackend(a *argument, of *block) (name located, ok bool) {
	name, ok = b.text(a)
	if !ok {
		return name, false
	}
	var known []string
	draft := of.model.(*siteDraft)
	if of.lacking[of.kindIn(&draft.Backends)] {
		return name, true // it may be among those that could not be read
	}
	for _, backend := range draft.Backends {
		known = append(known, backend.Name)
	}
	slices.Sort(known)
	switch {
	case slices.Contains(known, name.text) && name.text != "":
	case len(known) == 0:
		b.errorAt(name.place, fmt.Sprintf("add backend %q { servers = [ … ] } to the site", name.text), "no backend is called %q: the site has none", name.text)
	default:
		b.errorAt(name.place, suggest(name.text, known), "no backend is called %q", name.text)
	}
	return name, true
}

// readMethods reads the methods that a route takes.
func readMethods(b *block, a *argument, r *site.Route) {
	r.Methods = b.methods(a)
	if slices.Equal(r.Methods, site.UsualMethods()) {
		r.Methods = nil
	}
	if r.WebSocket && len(r.Methods) > 0 && !slices.Contains(r.Methods, "GET") {
		b.errorAt(b.placeOf(a), `add "GET", which every WebSocket begins with`, "no WebSocket can be opened without GET")
	}
}

// methods reads a list of methods, in the order of site.Methods.
func (b *block) methods(a *argument) []string {
	written, ok := b.texts(a)
	if ok && len(written) == 0 && b.holds(a) {
		b.errorAt(b.placeOf(a), "name the methods that the route takes, or leave "+a.name+" out", "%s is empty", a.name)
	}
	taken := map[string]bool{}
	for _, name := range written {
		switch {
		case name.text == "TRACE" || name.text == "CONNECT":
			b.errorAt(name.place, "leave it out: it is for proxies", "no route can take %s", name.text)
		case !slices.Contains(site.Methods(), name.text):
			b.errorAt(name.place, suggest(strings.ToUpper(name.text), site.Methods()), "%q is no method that a route can take", name.text)
		case taken[name.text]:
			b.errorAt(name.place, "keep one of them", "%s is named twice", name.text)
		}
		taken[name.text] = true
	}
	taken["HEAD"] = taken["HEAD"] || taken["GET"]
	var methods []string
	for _, name := range site.Methods() {
		if taken[name] {
			methods = append(methods, name)
		}
	}
	return methods
}

// checkRoute checks that no other route of the site has the path, that the route does
// something, that a route which redirects does nothing else, and that arguments about an
// app stand on a route with one.
func checkRoute(b *block, r *site.Route) {
	if r.Path+r.Pattern != "" {
		if first := b.alone(routeKey(r)); first != nil {
			b.errorAt(b.labels[0].place, "", "a second route %q: the first is at %s", r.Label(), b.where(first.place))
		}
	}
	backend, redirect := b.row(&r.Backend), b.kindIn(&r.Redirect)
	if _, redirects := b.find(redirect); redirects {
		b.checkRedirects(redirect)
		return
	}
	if _, serves := b.find(b.kindIn(&r.Static)); !serves && !b.holds(backend) {
		b.errorAt(b.place, "add static { … }, backend = … or redirect { … }", "the route does nothing")
	}
	if r.Internal {
		b.checkInside()
	}
	checkScriptRoute(b, r)
	for _, asked := range []struct {
		field   *bool
		purpose string
	}{{&r.WebSocket, "connect to"}, {&r.Stream, "send bodies to"}} {
		if row := b.row(asked.field); *asked.field && !b.holds(backend) {
			b.errorAt(b.placeOf(row), "add "+backend.name+" = …", "%s = true needs a %s to %s", row.name, backend.name, asked.purpose)
		}
	}
}

// checkInside reports arguments about clients on a route that no client reaches.
func (b *block) checkInside() {
	remedy := "write it on the routes that clients ask for: their apps lead here"
	for i := range b.schema.arguments {
		if a := &b.schema.arguments[i]; !a.inside && b.holds(a) {
			b.errorAt(b.placeOf(a), remedy, "no client reaches an internal route: %s does nothing there", a.name)
		}
	}
	for _, kind := range b.schema.blocks {
		if place, found := b.find(kind); found && !kind.inside {
			b.errorAt(place, remedy, "no client reaches an internal route: %s does nothing there", kind.name)
		}
	}
}

// checkRedirects reports arguments that have no effect beside a redirect.
func (b *block) checkRedirects(redirect *schema) {
	remedy := "a redirect answers every request of its route: keep one of the two"
	for i := range b.schema.arguments {
		if a := &b.schema.arguments[i]; a.serves && b.holds(a) {
			b.errorAt(b.placeOf(a), remedy, "%s stands beside %s", a.name, redirect.name)
		}
	}
	for _, kind := range b.schema.blocks {
		if place, found := b.find(kind); found && kind.serves {
			b.errorAt(place, remedy, "%s stands beside %s", kind.name, redirect.name)
		}
	}
}
