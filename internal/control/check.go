package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// setup is what the native processes have in common.
func (e *Edge) setup(g *generation) native.Setup {
	return native.Setup{
		Edge:       g.loaded.Edge,
		Layout:     e.layout,
		Generation: g.output.Generation,
		Credential: e.who.daemons,
		Message:    e.message,
		Access:     e.access.Record,
	}
}

// message logs what a process said. Where it speaks of a line of a rendered
// file the line of the HCL that it came from is named too.
func (e *Edge) message(name string, line []byte) {
	level, text := native.Judge(name, string(line))
	if common, crowd := native.OfACrowd(name, text); crowd {
		e.repeated.hear(e.options.Log, level, common, name)
		return
	}
	if g := e.serving(); g != nil && g.output != nil {
		if at, ok := g.place(name, string(line)); ok {
			text = fmt.Sprintf("%s (%s:%d)", text, at.File, at.Line)
		}
	}
	e.options.Log.Log(context.Background(), level, text, "from", name)
}

// place finds the line of the HCL that a daemon's message is about.
func (g *generation) place(name, line string) (site.Source, bool) {
	var rendered []byte
	var places []native.Position
	switch name {
	case "nginx":
		rendered, places = g.output.Nginx.Data, native.LocateNginx(line, "nginx.conf")
	case "stunnel":
		rendered, places = g.output.Stunnel.Data, native.LocateStunnel(line, "stunnel.conf")
	}
	if len(places) == 0 {
		return site.Source{}, false
	}
	return native.SourceOf(rendered, places[0].Line)
}

// reloadTime bounds how long a daemon may take to serve another generation.
const reloadTime = 15 * time.Second

// explain tells a refusal by a running daemon at the HCL line; any other error
// of a reload is told as it is.
func (g *generation) explain(daemon string, err error) error {
	refusal := (*native.Refusal)(nil)
	if errors.As(err, &refusal) {
		said := strings.Join(refusal.Said, "\n")
		if daemon == "nginx" {
			return g.translate(daemon, said, g.output.Nginx.Data, native.LocateNginx(said, "nginx.conf"))
		}
		places := append(native.LocateStunnel(said, "stunnel.conf"), native.LocateService(said, g.output.Stunnel.Data)...)
		return g.translate(daemon, said, g.output.Stunnel.Data, places)
	}
	if err != nil {
		return fmt.Errorf("reload %s: %w", daemon, err)
	}
	return nil
}

// translate turns a daemon's complaint about a rendered file into diagnostics
// at the HCL lines that the rendered lines came from.
func (g *generation) translate(daemon, said string, rendered []byte, places []native.Position) error {
	refused := &Refused{}
	for _, place := range places {
		if place.Warning {
			continue
		}
		source, _ := native.SourceOf(rendered, place.Line)
		refused.Diagnostics = append(refused.Diagnostics, g.loaded.Diagnose(source, config.Error,
			fmt.Sprintf("%s refuses what is rendered from this: %s", daemon, place.Text),
			fmt.Sprintf("see line %d of the rendered file (edgegen render --only %s)", place.Line, daemon)))
	}
	if len(refused.Diagnostics) == 0 {
		refused.Diagnostics = append(refused.Diagnostics, config.Diagnostic{
			Severity: config.Error,
			Summary:  fmt.Sprintf("%s refuses its configuration: %s", daemon, strings.Join(strings.Fields(strings.ReplaceAll(strings.TrimSpace(said), "\n", "; ")), " ")),
		})
	}
	return refused
}
