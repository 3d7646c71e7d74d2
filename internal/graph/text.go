package graph

import (
	"embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"text/template"

	"edgegen/internal/site"
)

// Format is a language that a picture can be written in.
type Format string

// The formats: for Markdown, for Graphviz, and as an image.
const (
	Mermaid Format = "mermaid"
	DOT     Format = "dot"
	SVG     Format = "svg"
)

// Formats lists them, the default first.
func Formats() []Format { return []Format{Mermaid, DOT, SVG} }

//go:embed *.tmpl
var templates embed.FS

// Write writes the picture. The error is the writer's.
func (p *Picture) Write(to io.Writer, format Format) error {
	if !slices.Contains(Formats(), format) {
		return fmt.Errorf("graph: no format is called %q", format)
	}
	parsed, err := template.New("").Funcs(template.FuncMap{"mermaid": mermaidText, "dot": dotText, "xml": html.EscapeString}).ParseFS(templates, "*.tmpl")
	if err != nil {
		return err
	}
	var data any = p
	if format == SVG {
		data = p.layOut()
	}
	return parsed.ExecuteTemplate(to, string(format)+".tmpl", data)
}

// First is the outermost tier.
func (p *Picture) First() Tier { return p.Tiers[0] }

// Hop is the way from a tier to the next.
type Hop struct{ From, To Tier }

// Hops lists them from the outside in.
func (p *Picture) Hops() (all []Hop) {
	for i := 1; i < len(p.Tiers); i++ {
		all = append(all, Hop{p.Tiers[i-1], p.Tiers[i]})
	}
	return all
}

// Before is the tier that a lane leaves the tiers from.
func (p *Picture) Before(l Lane) Tier {
	at := slices.IndexFunc(p.Tiers, func(t Tier) bool { return t.Role == site.CacheTier })
	if l.WebSocket && at >= 0 {
		return p.Tiers[at]
	}
	return p.Tiers[len(p.Tiers)-1]
}

// Lines are what is to be said of a tier.
func (t Tier) Lines() []string { return []string{t.Engine, t.Role} }

// Lines are what is to be said of a listener.
func (l Listener) Lines() []string { return []string{l.Address, l.Leads} }

// Lines are what is to be said of a site.
func (s Site) Lines() []string {
	if s.Also == "" {
		return []string{s.Host}
	}
	return []string{s.Host, s.Also}
}

// Lines are what is to be said of a lane besides where it comes from and leads.
func (l Lane) Lines() []string {
	said := []string{l.Route}
	for _, text := range []string{l.Match, l.Stored, prefixed("files ", l.Files), l.Redirect} {
		if text != "" {
			said = append(said, text)
		}
	}
	if l.WebSocket {
		said = append(said, "WebSocket")
	}
	return said
}

// Lines are what is to be said of an app.
func (a App) Lines() []string {
	said := append([]string{a.Name}, a.Servers...)
	if a.Note != "" {
		said = append(said, a.Note)
	}
	return said
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// mermaidText is a quoted label. Mermaid writes characters by number between "#"
// and ";", and reads HTML and Markdown in labels.
func mermaidText(lines []string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		var out strings.Builder
		for _, c := range line {
			if strings.ContainsRune("\"#<>&`*_~\\;|{}[]()", c) {
				fmt.Fprintf(&out, "#%d;", c)
			} else {
				out.WriteRune(c)
			}
		}
		escaped[i] = out.String()
	}
	return `"` + strings.Join(escaped, "<br/>") + `"`
}

// dotText is a quoted label of Graphviz.
func dotText(lines []string) string {
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(line)
	}
	return `"` + strings.Join(escaped, `\n`) + `"`
}
