package control

import (
	"errors"
	"fmt"
	"slices"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// raiseDescriptors lets this process, and what it starts, open as many files as
// the site's limits take.
func (e *Edge) raiseDescriptors() {
	limits := e.Serving().Loaded.Edge.Limits
	// This may leave stunnel a fortieth too few, which doctor tells.
	wanted, least := generation.Descriptors(limits.Connections, site.Builtin)
	if got, err := supervise.RaiseDescriptors(wanted); err != nil {
		e.options.Log.Warn("cannot raise the limit of open files", "error", err)
	} else if got < least {
		e.options.Log.Warn("the limit of open files is too low for limits.connections", "limit", got, "connections", limits.Connections)
	}
}

// raiseFurther is raiseDescriptors for a reload that raises limits.connections. It is
// called before the reload starts anything. The warnings are for whoever asked for the
// reload.
//
// A daemon keeps the limit that it was started with. One that the reload starts
// anew gets the new one; those that go on, as daemons do where they can, do not.
func (e *Edge) raiseFurther(was, next *generation.Generation) config.Diagnostics {
	limits := next.Loaded.Edge.Limits
	if limits.Connections <= was.Loaded.Edge.Limits.Connections {
		return nil
	}
	warn := func(summary, remedy string) config.Diagnostics {
		return config.Diagnostics{next.Loaded.Diagnose(limits.Source, config.Warning, summary, remedy)}
	}
	tls := next.Engines[site.TLSTier].Engine
	wanted, least := generation.Descriptors(limits.Connections, tls)
	before, unread := supervise.RaiseDescriptors(0) // raises nothing
	got, err := supervise.RaiseDescriptors(wanted)
	if err := errors.Join(unread, err); err != nil {
		return warn(err.Error(), "see that edgegen may raise the limit of open files")
	}
	if text, remedy := generation.TooFewDescriptors(got, limits.Connections, tls); text != "" {
		return warn("the limit of open files is "+text, remedy)
	}
	if before < least && slices.ContainsFunc(site.Tiers(), next.Native) {
		return warn(fmt.Sprintf("daemons that go on keep their limit of %d open files, too few for limits.connections = %d", before, limits.Connections),
			"stop the edge and start it again when it suits; until then they may not take that many")
	}
	return nil
}
