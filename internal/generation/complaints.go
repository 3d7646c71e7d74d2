package generation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

// Place finds the line of the HCL that a process's message is about.
func (g *Generation) Place(process, line string) (site.Source, bool) {
	engine := native.EngineOf(process)
	rendered := g.Output.Of(engine).Main()
	places := native.Locate(engine, line, rendered)
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
	return g.refusal(engine, said, g.placed(engine, said))
}

// placed are the lines of an engine's files that it names.
func (g *Generation) placed(engine site.Engine, said string) (at []blamed) {
	for _, file := range g.Output.Of(engine).Files { // an included one says what it says by a template
		if at = blame(file, native.Locate(engine, said, file)); len(at) > 0 {
			break
		}
	}
	return at
}

// blamed is a line of a rendered file, and what a daemon says of it.
type blamed struct {
	file render.File
	line int
	text string
}

func blame(file render.File, places []native.Position) (at []blamed) {
	for _, place := range places {
		if !place.Warning {
			at = append(at, blamed{file, place.Line, place.Text})
		}
	}
	return at
}

// refusal turns a daemon's complaint into diagnostics at the HCL lines that the lines
// which it names came from, or those of the owner's text that it is about.
func (g *Generation) refusal(daemon site.Engine, said string, at []blamed) error {
	own, complaints := g.ownLines(daemon), native.Complaints(daemon, said)
	for i := range at {
		at[i] = own.meant(at[i])
	}
	for _, c := range complaints {
		at = append(at, own.about(c)...)
	}
	refused := &config.Refused{}
	for _, one := range at {
		d := g.diagnose(daemon, one)
		if !slices.ContainsFunc(refused.Diagnostics, func(o config.Diagnostic) bool { return o.Summary == d.Summary && o.File == d.File && o.Line == d.Line }) {
			refused.Diagnostics = append(refused.Diagnostics, d)
		}
	}
	if len(refused.Diagnostics) == 0 {
		var texts []string
		for _, c := range complaints {
			texts = append(texts, c.Text)
		}
		if texts == nil {
			texts = strings.Fields(strings.ReplaceAll(strings.TrimSpace(said), "\n", "; "))
		}
		refused.Diagnostics = append(refused.Diagnostics, config.Diagnostic{
			Severity: config.Error,
			Summary:  fmt.Sprintf("%s refuses its configuration: %s", daemon, strings.Join(texts, " ")),
		})
	}
	return refused
}

// diagnose tells a complaint about a line of a rendered file at the line that led to it.
func (g *Generation) diagnose(daemon site.Engine, one blamed) config.Diagnostic {
	at := one.file.Mention(one.line)
	if own := g.Templates.Place(one.file, one.line, fmt.Sprintf("%s refuses what this template makes: %s", daemon, one.text)); own != nil && !at.Raw {
		own.Remedy = fmt.Sprintf("see line %d of the rendered file (edgegen render --only %s --templates …)", one.line, daemon)
		return ofTemplate(own)
	}
	what := "what is rendered from this"
	if at.Raw {
		what = "this raw text"
	}
	return g.Loaded.Diagnose(at.Source, config.Error, fmt.Sprintf("%s refuses %s: %s", daemon, what, one.text),
		fmt.Sprintf("see line %d of the rendered file (edgegen render --only %s)", one.line, daemon))
}
