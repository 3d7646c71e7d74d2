// Package generation makes of a site everything that an edge needs before it
// starts or changes a process: the engine of each tier, listeners, certificates,
// what is private, and the rendered files. Nothing here outlives an error but
// listeners, which the caller of Make closes.
package generation

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"edgegen/internal/backends"
	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/engines"
	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// Generation is one configuration of the edge and everything that was made of
// it. It is not changed once it is there.
type Generation struct {
	Number       int // as in the status, from 1
	Path         string
	Loaded       *config.Loaded
	Meaning      string // names the model and its certificates
	Model        string // names the model alone: Edge.Meaning, which takes a while where sites are many
	Engines      map[string]Chosen
	Pairs        [][]certificate.Pair // of each site, that which is preferred first; none where nobody ends TLS
	Certificates [][]tls.Certificate  // the same pairs
	Backends     *backends.Plan       // those that are looked after; nil until they are
	Private      site.Private         // what is never served as a file
	Public       *Sockets
	Templates    *render.Templates
	Output       *render.Output // for the tiers that daemons serve
	// TicketSecret is what the keys of session tickets follow from, at all edges that have
	// it in common; "" where this one has its own.
	TicketSecret string
}

// Native reports whether a daemon serves the tier.
func (g *Generation) Native(role string) bool { return engines.IsDaemon(g.Engines[role].Engine) }

// Fronted reports whether the daemon that ends TLS reads HTTP too, and is the web tier.
func (g *Generation) Fronted() bool { return len(g.Engines[site.WebTier].Besides) > 0 }

// Maker makes the generations of one edge. Its fields are what all of them share.
type Maker struct {
	Selection Selection
	Version   string // of edgegen
	StateDir  string
	Layout    render.Layout
	Who       statedir.User
	Watch     *backends.Watch
	Templates *render.Templates // in the place of those of the program; nil for none
}

// Make makes a generation of a site that was loaded, next to the one that
// is served; was is nil at the start. All problems of one kind are reported
// together. The caller closes the listeners that the pool had to open where there
// is an error.
func (m *Maker) Make(ctx context.Context, loaded *config.Loaded, path string, was *Generation, p *Pool, found *config.Findings) (g *Generation, err error) {
	g = &Generation{Number: 1, Path: path, Loaded: loaded, Templates: m.Templates}
	if was != nil {
		g.Number = was.Number + 1
	}
	m.Selection.Templates = g.Templates.Engines()
	if g.Engines, err = choose(ctx, loaded.Edge, m.Selection, was, found); err != nil {
		return nil, err
	}
	keepUser(loaded.Edge, was, found)
	if err := found.Refusal(); err != nil {
		return nil, err
	}
	judgeAddresses(loaded, found)
	warnUnreadable(m.Who, loaded.Edge, found)
	g.Public = p.listen(loaded.Edge, found)
	if err := found.Refusal(); err != nil {
		return nil, err
	}
	if g.Pairs, err = certificates(ctx, loaded, m.StateDir, was); err != nil {
		return nil, err
	}
	if was != nil {
		was.refuseInvalid(g, time.Now(), found)
		if err := found.Refusal(); err != nil {
			return nil, err
		}
	}
	if g.Certificates, err = served(g.Pairs, was); err != nil {
		return nil, err
	}
	g.Model = loaded.Edge.Meaning()
	if g.TicketSecret, err = ticketSecret(ctx, loaded.Edge, m.StateDir); err != nil {
		// The edges resume each other's sessions a reload later.
		found.Add(loaded.Edge.ACME.StoreSource, config.Warning, "the keys of session tickets are this edge's own: "+err.Error(), "see that the store is there, and reload")
		err = nil
	}
	g.Meaning = g.name()
	g.Private = privateOf(loaded, m.StateDir, m.Layout.Run)
	hidden := unserved(loaded.Edge, g.Private)
	warnPrivate(loaded, hidden, found)
	if g.Backends, err = prepared(ctx, m.Watch, loaded.Edge); err != nil {
		return g, err
	}
	g.Output, err = RenderFor(loaded, path, g.Pairs, render.Input{Edge: relayed(loaded.Edge, m.Layout), Layout: m.Layout, Tiers: g.Tiers(), Version: m.Version, Standby: true, Brotli: g.Engines[site.WebTier].Daemon.Module(native.BrotliModule), InC: g.Engines[site.CacheTier].Daemon.TakesC(), Filters: g.Engines[site.CacheTier].Daemon.TakesFilters(), Unserved: hidden, Templates: g.Templates, Tickets: g.Tickets()})
	return g, err
}

// Tiers are the engines that serve.
func (g *Generation) Tiers() site.Engines {
	return site.Engines{TLS: g.Engines[site.TLSTier].Engine, Cache: g.Engines[site.CacheTier].Engine, Web: g.Engines[site.WebTier].Engine}
}

// name names the model and its certificates.
func (g *Generation) name() string {
	sum := sha256.New()
	sum.Write([]byte(g.Model))
	for _, pair := range slices.Concat(g.Pairs...) {
		sum.Write(pair.PEM)
	}
	sum.Write([]byte(g.TicketSecret))
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// RenderFor renders a generation, of which in says all but what was loaded: where it
// names no Edge, that is the one. A value that a daemon's language cannot hold is refused at its HCL line.
func RenderFor(loaded *config.Loaded, path string, pairs [][]certificate.Pair, in render.Input) (*render.Output, error) {
	in.Origin = origin(path)
	if in.Edge == nil {
		in.Edge = loaded.Edge
	}
	for _, of := range pairs {
		var texts [][]byte
		for _, pair := range of {
			texts = append(texts, pair.PEM)
		}
		in.PEM = append(in.PEM, texts)
	}
	output, err := render.Render(in)
	if bad := (*render.ValueError)(nil); errors.As(err, &bad) {
		return nil, &config.Refused{Diagnostics: config.Diagnostics{loaded.Diagnose(bad.Source, config.Error, bad.Error(), "change the value")}}
	}
	if about := (*render.TemplateError)(nil); errors.As(err, &about) {
		return nil, &config.Refused{Diagnostics: config.Diagnostics{ofTemplate(about)}}
	}
	return output, err
}

// ofTemplate tells an error of somebody's own template.
func ofTemplate(e *render.TemplateError) config.Diagnostic {
	d := config.Diagnostic{Severity: config.Error, Summary: e.What, Remedy: e.Remedy, File: e.Path, Line: e.Line, EndLine: e.Line, Snippet: e.Text}
	if e.Line > 0 {
		d.Column, d.EndColumn = 1+len(e.Text)-len(strings.TrimLeft(e.Text, " \t")), 1+utf8.RuneCountInString(e.Text)
	}
	return d
}
