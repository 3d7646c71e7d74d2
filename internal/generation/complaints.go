package generation

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"edgegen/internal/render"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// Place finds the line of the HCL that a process's message is about.
func (g *Generation) Place(process, line string) (site.Source, bool) {
	engine := native.EngineOf(process)
	rendered := g.Output.Of(engine).Main()
	places := native.Locate(engine, line, rendered.Data)
	if len(places) == 0 {
		return site.Source{}, false
	}
	return rendered.Source(places[0].Line)
}

// Explain tells a refusal by a running daemon at the HCL line; any other error
// of a reload is told as it is.
func (g *Generation) Explain(engine site.Engine, err error) error {
	refusal := (*native.Refusal)(nil)
	if errors.As(err, &refusal) {
		return g.RefusedBy(engine, strings.Join(refusal.Said, "\n"))
	}
	if err != nil {
		return fmt.Errorf("reload %s: %w", engine, err)
	}
	return nil
}

// RefusedBy tells what a daemon said about its configuration at the HCL lines.
func (g *Generation) RefusedBy(engine site.Engine, said string) error {
	rendered := g.Output.Of(engine).Main()
	places := native.Locate(engine, said, rendered.Data)
	if len(places) == 0 && engine == site.Nginx {
		for _, included := range g.Output.Of(engine).Files { // they say what they say by a template
			if places = native.LocateNginx(said, path.Base(included.Name)); len(places) > 0 {
				return g.translate(engine, said, included, places)
			}
		}
	}
	return g.translate(engine, said, rendered, places)
}

// translate turns a daemon's complaint about a rendered file into diagnostics
// at the HCL lines that the rendered lines came from.
func (g *Generation) translate(daemon site.Engine, said string, rendered render.File, places []native.Position) error {
	refused := &config.Refused{}
	for _, place := range places {
		if place.Warning {
			continue
		}
		at := rendered.Mention(place.Line)
		if own := g.Templates.Place(rendered, place.Line, fmt.Sprintf("%s refuses what this template makes: %s", daemon, place.Text)); own != nil && !at.Raw {
			own.Remedy = fmt.Sprintf("see line %d of the rendered file (edgegen render --only %s --templates …)", place.Line, daemon)
			refused.Diagnostics = append(refused.Diagnostics, ofTemplate(own))
			continue
		}
		what := "what is rendered from this"
		if at.Raw {
			what = "this raw text"
		}
		refused.Diagnostics = append(refused.Diagnostics, g.Loaded.Diagnose(at.Source, config.Error,
			fmt.Sprintf("%s refuses %s: %s", daemon, what, place.Text),
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

// ExplainVCL turns a complaint about one of the VCL files into diagnostics.
func (g *Generation) ExplainVCL(said string) error {
	for _, file := range g.Output.Of(site.Varnish).VCLFiles() {
		if places := native.LocateVCC(said, path.Base(file.Name)); len(places) > 0 {
			return g.translate(site.Varnish, said, file, places)
		}
	}
	return g.translate(site.Varnish, said, render.File{}, nil)
}
