// Package graph draws a site: which tiers a request passes for each route, and the
// apps that it comes to. What it draws is the same for the same site.
package graph

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"edgegen/internal/printable"
	"edgegen/internal/site"
)

// Picture is what there is to draw. Its texts can be printed, and tell nothing
// secret.
type Picture struct {
	Listeners []Listener
	Tiers     []Tier // from the outside in; one that is left out is not among them
	Sites     []Site
}

// Listener is where clients connect.
type Listener struct {
	Address string
	Leads   string // "https", "http", or "redirects to https"
}

// Tier is one of the columns that requests pass.
type Tier struct {
	Role   string
	Engine string
}

// Site is one canonical host.
type Site struct {
	Host  string
	Also  string // the other names, in a line; "" for none
	Lanes []Lane
	Apps  []App
}

// Lane is the way of the requests of one route, or of its WebSockets.
type Lane struct {
	Route     string
	WebSocket bool   // it passes by the web tier, unless nothing is stored
	Match     string // what a request has to be like besides; "" for anything
	Stored    string // what the cache may keep; "" where the answers say it
	Files     string // the directory; "" for none
	Redirect  string // the status, and where it leads; "" for none
	App       int    // its place among the apps; -1 for none
}

// App is a backend.
type App struct {
	Name    string
	Servers []string
	Note    string // "FastCGI", "run by edgegen"; "" for nothing
}

// drawer makes texts of what the model says.
type drawer struct {
	edge *site.Edge
	root string // paths below it are told from there on
}

// Of draws a site that is served by the engines. Paths below root, which is
// absolute, are told without it.
func Of(edge *site.Edge, engines site.Engines, root string) *Picture {
	d := drawer{edge, root}
	p := &Picture{}
	for _, l := range edge.Public() {
		p.Listeners = d.listener(p.Listeners, l, scheme(edge))
	}
	if !edge.Plain() {
		for _, l := range edge.HTTP {
			p.Listeners = d.listener(p.Listeners, l, "redirects to https")
		}
	}
	for _, role := range site.Tiers() {
		if engine := engines.Of(role); engine != site.Off {
			p.Tiers = append(p.Tiers, Tier{role, string(engine)})
		}
	}
	for i := range edge.Sites {
		p.Sites = append(p.Sites, d.site(&edge.Sites[i]))
	}
	return p
}

// Keep leaves one site in the picture, by its canonical host, and reports whether
// there is one.
func (p *Picture) Keep(host string) bool {
	p.Sites = slices.DeleteFunc(p.Sites, func(s Site) bool { return s.Host != host })
	return len(p.Sites) > 0
}

func scheme(edge *site.Edge) string {
	if edge.Plain() {
		return "http"
	}
	return "https"
}

// listener adds a listener, unless it is the other half of one.
func (d drawer) listener(all []Listener, l site.Listener, leads string) []Listener {
	address := l.Address.String()
	if l.Address.Addr().IsUnspecified() {
		address = fmt.Sprintf(":%d", l.Address.Port())
	}
	if l.Optional {
		return all
	}
	return append(all, Listener{address, leads})
}

func (d drawer) site(s *site.Site) Site {
	drawn := Site{Host: d.text(s.Host)}
	var also []string
	for _, alias := range s.Aliases {
		also = append(also, d.text(alias)+" (redirected)")
	}
	for _, host := range s.Hosts {
		also = append(also, d.text(host))
	}
	if s.Default {
		also = append(also, "every other host")
	}
	switch c := s.TLS.Clients; {
	case c.Asked() && c.Required:
		also = append(also, "clients show a certificate")
	case c.Asked():
		also = append(also, "clients may show a certificate")
	}
	drawn.Also = strings.Join(also, ", ")
	places := map[string]int{}
	for i := range s.Backends {
		places[s.Backends[i].Name] = i
		drawn.Apps = append(drawn.Apps, d.app(&s.Backends[i]))
	}
	for i := range s.Routes {
		drawn.Lanes = append(drawn.Lanes, d.lanes(&s.Routes[i], places)...)
	}
	return drawn
}

func (d drawer) app(b *site.Backend) App {
	a := App{Name: d.text(b.Name)}
	for _, server := range b.Servers {
		text := d.text(server.String())
		if server.Backup {
			text += " (backup)"
		}
		a.Servers = append(a.Servers, text)
	}
	var notes []string
	if b.FastCGI != nil {
		notes = append(notes, "FastCGI")
	}
	if b.Command != nil {
		notes = append(notes, "run by edgegen")
	}
	a.Note = strings.Join(notes, ", ")
	return a
}

// lanes are those of a route, the one of its WebSockets last.
func (d drawer) lanes(r *site.Route, places map[string]int) []Lane {
	lane := Lane{Route: d.text(r.Label()), App: -1}
	if r.Match != nil {
		lane.Match = d.text(matched(r.Match))
	}
	if r.Internal {
		lane.Match = "by X-Accel-Redirect alone"
	}
	if r.HasTTL && r.TTL > 0 && !d.edge.Uncached() {
		lane.Stored = "ttl " + short(r.TTL)
	}
	if r.Static != nil {
		lane.Files = d.path(r.Static.Root)
	}
	if r.Redirect != nil {
		lane.Redirect = fmt.Sprintf("%d %s", r.Redirect.Status, d.text(r.Redirect.To))
	}
	if place, found := places[r.Backend]; found && r.Backend != "" {
		lane.App = place
	}
	if !r.WebSocket {
		return []Lane{lane}
	}
	return []Lane{lane, {Route: lane.Route, WebSocket: true, Match: lane.Match, App: lane.App}}
}

// matched is a match block in a line.
func matched(m *site.Match) string {
	parts := []string{}
	if len(m.Methods) > 0 {
		parts = append(parts, strings.Join(m.Methods, " "))
	}
	for _, f := range m.Headers {
		parts = append(parts, f.Name+": "+f.Value)
	}
	for _, f := range m.Query {
		parts = append(parts, "?"+f.Name+"="+f.Value)
	}
	return strings.Join(parts, ", ")
}

// short is a duration without the parts that are zero.
func short(d time.Duration) string {
	text := d.String()
	text = strings.TrimSuffix(text, "m0s")
	if len(text) < len(d.String()) {
		text += "m"
	}
	if hours, whole := strings.CutSuffix(text, "h0m"); whole {
		return hours + "h"
	}
	return text
}

func (d drawer) path(path string) string {
	if below, err := filepath.Rel(d.root, path); err == nil && filepath.IsLocal(below) {
		path = below
	}
	return d.text(path)
}

func (d drawer) text(text string) string { return printable.Text(d.edge.Hide(text)) }
