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

// setup is what a daemon's processes have in common.
func (e *Edge) setup(g *generation, engine site.Engine) native.Setup {
	return native.Setup{
		Edge:       g.loaded.Edge,
		Layout:     e.layout,
		Generation: g.output.Of(engine).Generation,
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

// place finds the line of the HCL that a process's message is about.
func (g *generation) place(process, line string) (site.Source, bool) {
	engine := native.EngineOf(process)
	rendered := g.output.Of(engine).Main().Data
	places := native.Locate(engine, line, rendered)
	if len(places) == 0 {
		return site.Source{}, false
	}
	return native.SourceOf(rendered, places[0].Line)
}

// reloadTime bounds how long a daemon may take to serve another generation.
const reloadTime = 15 * time.Second

// explain tells a refusal by a running daemon at the HCL line; any other error
// of a reload is told as it is.
func (g *generation) explain(engine site.Engine, err error) error {
	refusal := (*native.Refusal)(nil)
	if errors.As(err, &refusal) {
		return g.refusedBy(engine, strings.Join(refusal.Said, "\n"))
	}
	if err != nil {
		return fmt.Errorf("reload %s: %w", engine, err)
	}
	return nil
}

// refusedBy tells what a daemon said about its configuration at the HCL lines.
func (g *generation) refusedBy(engine site.Engine, said string) error {
	rendered := g.output.Of(engine).Main().Data
	return g.translate(engine, said, rendered, native.Locate(engine, said, rendered))
}

// translate turns a daemon's complaint about a rendered file into diagnostics
// at the HCL lines that the rendered lines came from.
func (g *generation) translate(daemon site.Engine, said string, rendered []byte, places []native.Position) error {
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
