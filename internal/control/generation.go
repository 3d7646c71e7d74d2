package control

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"edgegen/internal/certificate"
	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// generation is one configuration of the edge and everything that was made of
// it. It is not changed once it is there.
type generation struct {
	number       int // as in the status, from 1
	path         string
	loaded       *config.Loaded
	meaning      string // names the model and its certificates
	engines      map[string]chosen
	pairs        []certificate.Pair
	certificates []tls.Certificate // the same pairs
	private      site.Private      // what is never served as a file
	public       *sockets
	output       *render.Output // for the tiers that daemons serve
}

// native reports whether a daemon serves the tier.
func (g *generation) native(role string) bool { return g.engines[role].engine != site.Builtin }

// generate makes a generation of a site that was loaded, next to the one that
// is served; was is nil at the start. All problems of one kind are reported
// together. Listeners that had to be opened are the pool's, also where there is
// an error.
func (e *Edge) generate(ctx context.Context, loaded *config.Loaded, path string, was *generation, p *pool, found *findings) (g *generation, err error) {
	g = &generation{number: 1, path: path, loaded: loaded}
	if was != nil {
		g.number = was.number + 1
	}
	if g.engines, err = choose(ctx, loaded.Edge, e.options.Select, was, found); err != nil {
		return nil, err
	}
	e.keepUser(loaded.Edge, was, found)
	if err := found.refusal(); err != nil {
		return nil, err
	}
	e.who.warnUnreadable(loaded.Edge, found)
	g.public = p.listen(loaded.Edge, found)
	if err := found.refusal(); err != nil {
		return nil, err
	}
	if g.pairs, err = certificates(loaded, AuthorityDir(e.state.dir), was); err != nil {
		return nil, err
	}
	if was != nil {
		was.refuseExpired(g, found)
		if err := found.refusal(); err != nil {
			return nil, err
		}
	}
	if g.certificates, err = served(g.pairs, was); err != nil {
		return nil, err
	}
	g.meaning = g.name()
	g.private = privateOf(loaded, e.state.dir, e.layout.Run)
	hidden := unserved(loaded.Edge, g.private)
	warnPrivate(loaded, hidden, found)
	g.output, err = renderFor(loaded, path, g.pairs, render.Input{Layout: e.layout, Tiers: g.tiers(), Version: e.options.Version, Standby: true, Unserved: hidden})
	return g, err
}

// tiers are the engines that serve.
func (g *generation) tiers() site.Engines {
	return site.Engines{TLS: g.engines[RoleTLS].engine, Cache: g.engines[RoleCache].engine, Web: g.engines[RoleWeb].engine}
}

// name names the model and its certificates.
func (g *generation) name() string {
	sum := sha256.New()
	sum.Write([]byte(g.loaded.Edge.Meaning()))
	for _, pair := range g.pairs {
		sum.Write(pair.PEM)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// dir is where the files of a generation stand.
func (e *Edge) dir(g *generation) string {
	return filepath.Join(generationsIn(e.layout), fmt.Sprint(g.number))
}

// renderFor renders a generation, of which in says all but what was loaded; a
// value that a daemon's language cannot hold is refused at its HCL line.
func renderFor(loaded *config.Loaded, path string, pairs []certificate.Pair, in render.Input) (*render.Output, error) {
	in.Edge, in.Origin = loaded.Edge, origin(path)
	for _, pair := range pairs {
		in.PEM = append(in.PEM, pair.PEM)
	}
	output, err := render.Render(in)
	if bad := (*render.ValueError)(nil); errors.As(err, &bad) {
		return nil, &Refused{config.Diagnostics{loaded.Diagnose(bad.Source, config.Error, bad.Error(), "change the value")}}
	}
	return output, err
}
