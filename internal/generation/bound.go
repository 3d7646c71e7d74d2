package generation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"edgegen/internal/config"
	"edgegen/internal/engines"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// Bond is why one daemon alone can serve a tier: there is something in its own language
// for it. The zero value binds to none.
type Bond struct {
	Daemon site.Engine
	Why    string // as "raw text for nginx"
	At     site.Source
}

// bond is what binds a tier to a daemon.
func (s Selection) bond(edge *site.Edge, role string) Bond {
	for _, name := range engines.For(role) {
		if text := edge.RawFor(name); len(text) > 0 {
			return Bond{name, fmt.Sprintf("raw text for %s", name), text.Source()}
		}
		if slices.Contains(s.Templates, name) {
			return Bond{Daemon: name, Why: fmt.Sprintf("a template of your own for %s", name)}
		}
	}
	return Bond{}
}

// breaks tells of an engine that cannot be the one that the tier is bound to.
func (b Bond) breaks(role string, wanted site.Engine, found *config.Findings) bool {
	if b.Daemon == "" || wanted == b.Daemon || wanted == site.Auto {
		return false
	}
	what := fmt.Sprintf("the %s tier is %s", role, wanted)
	if wanted == site.Off {
		what = fmt.Sprintf("the %s tier is left out", role)
	}
	found.Add(b.At, config.Error, fmt.Sprintf("there is %s, and %s", b.Why, what),
		fmt.Sprintf("write %s = %q in the engine block, or take it out", role, b.Daemon))
	return true
}

// missing tells of a daemon that the machine does not have.
func (b Bond) missing(err error, found *config.Findings) error {
	lacks := (*native.FindError)(nil)
	if b.Daemon == "" || !errors.As(err, &lacks) {
		return err
	}
	found.Add(b.At, config.Error, fmt.Sprintf("there is %s, and %s", b.Why, err), "no builtin tier knows it: install the daemon, or take it out")
	return nil
}

// bound chooses the daemon that a tier is bound to.
func (s Selection) bound(ctx context.Context, b Bond, edge *site.Edge, role, reason string, found *config.Findings) (Chosen, error) {
	c := Chosen{Role: role, Engine: b.Daemon, Reason: reason, Bond: b}
	if refused(edge, role, b.Daemon, b, found) {
		return c, nil
	}
	daemon, _ := engines.Named(b.Daemon)
	var err error
	if c.Daemon, err = find(ctx, b.Daemon); err == nil && daemon.Compiles {
		err = lacksCompiler(c.Daemon)
	}
	return c, b.missing(err, found)
}
