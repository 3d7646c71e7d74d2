package control

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// setup is what the native processes have in common.
func (e *Edge) setup() native.Setup {
	return native.Setup{
		Edge:       e.loaded.Edge,
		Layout:     e.layout,
		Generation: e.output.Generation,
		Credential: e.who.daemons,
		Message:    e.message,
		Access:     e.access.line,
	}
}

// message logs what a process said.
func (e *Edge) message(name string, line []byte) {
	level, text := native.Judge(name, string(line))
	e.options.Log.Log(context.Background(), level, text, "from", name)
}

// webSockets are the descriptors that nginx inherits.
func (e *Edge) webSockets() []*os.File {
	return append(slices.Clone(e.inner), e.public.http...)
}

// check has the daemons look at their files before any is started. stunnel has
// no way to; its file holds nothing that has not been looked at here.
func (e *Edge) check(ctx context.Context, found *findings) error {
	s := e.setup()
	var said strings.Builder
	collect := func(line []byte) { fmt.Fprintf(&said, "%s\n", line) }

	if e.native(RoleWeb) {
		exit, err := supervise.Once(ctx, native.NginxCheck(e.engines[RoleWeb].daemon, s, e.webSockets(), collect), e.state.instance)
		if err != nil {
			return fmt.Errorf("check nginx.conf: %w", err)
		}
		if exit.Code != 0 {
			e.translate(found, "nginx", said.String(), e.output.Nginx.Data, native.LocateNginx(said.String(), "nginx.conf"))
		}
		said.Reset()
	}
	if e.native(RoleCache) {
		exit, err := supervise.Once(ctx, native.VarnishCheck(e.engines[RoleCache].daemon, s, collect), e.state.instance)
		if err != nil {
			return fmt.Errorf("check default.vcl: %w", err)
		}
		if exit.Code != 0 {
			e.translate(found, "varnish", said.String(), e.output.VCL.Data, native.LocateVCC(said.String(), "default.vcl"))
		}
	}
	return found.refusal()
}

// translate turns a daemon's complaint about a rendered file into diagnostics
// at the HCL lines that the rendered lines came from.
func (e *Edge) translate(found *findings, daemon, said string, rendered []byte, places []native.Position) {
	for _, place := range places {
		if place.Warning {
			continue
		}
		source, _ := native.SourceOf(rendered, place.Line)
		found.all = append(found.all, e.loaded.Diagnose(source, config.Error,
			fmt.Sprintf("%s refuses what is rendered from this: %s", daemon, place.Text),
			fmt.Sprintf("see line %d of the rendered file (edgegen render --only %s)", place.Line, daemon)))
	}
	if !found.all.HasErrors() {
		found.all = append(found.all, config.Diagnostic{
			Severity: config.Error,
			Summary:  fmt.Sprintf("%s refuses its configuration: %s", daemon, strings.TrimSpace(said)),
		})
	}
}
