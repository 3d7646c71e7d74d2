// Package doctor looks at a machine, and tells what an edge would find on it.
package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
)

// Level says how a line of a Report is meant.
type Level string

// The levels.
const (
	LevelOK      Level = "ok"
	LevelNote    Level = "note"    // a fact that asks for nothing
	LevelWarning Level = "warning" // the edge serves, but not all of it or not for long
	LevelProblem Level = "problem" // the edge does not start, or clients refuse it
)

// Report is what `edgegen doctor --json` prints.
type Report struct {
	OK       bool    `json:"ok"` // no problem; there may be warnings
	Problems int     `json:"problem_count"`
	Warnings int     `json:"warning_count"`
	Groups   []Group `json:"groups"` // none is empty
}

// Group holds the lines about one thing.
type Group struct {
	Name  string `json:"name"` // "engines", "compiler" and so on
	Lines []Line `json:"lines"`
}

// Line is one finding.
type Line struct {
	Level   Level  `json:"level"`
	Subject string `json:"subject"` // a word or two, as "tls"
	Text    string `json:"text"`
	Remedy  string `json:"remedy"` // what to do about it; may be ""
}

// Options say what Doctor looks at.
type Options struct {
	Site     string // "" looks at the machine alone
	Given    []config.Given
	StateDir string
	Select   generation.Selection
	All      bool // shows the differences of every engine, not of the chosen ones alone
}

// Examine looks at what the machine has and what an edge of the site would find
// on it. It starts nothing that stays, changes nothing, and disturbs no edge
// that runs. A site that is refused is part of the report; the error is a
// *Refused where there is none at the path.
func Examine(ctx context.Context, o Options) (Report, error) {
	x := &examination{options: o, now: time.Now(), loaded: &config.Loaded{}, edge: bareEdge()}
	var err error
	if x.dir, err = filepath.Abs(o.StateDir); err != nil {
		return Report{}, fmt.Errorf("find the state directory: %w", err)
	}
	siteLines, err := x.load(ctx)
	if err != nil {
		return Report{}, err
	}
	x.findRunning(ctx)

	engines := x.examineEngines(ctx) // first, since the rest depends on the choice
	users := x.examineUser()
	groups := []Group{
		{"site", siteLines},
		{"engines", engines},
		{"compiler", x.examineCompiler(ctx)},
		{"listeners", x.examineListeners()},
		{"user", users},
		{"descriptors", x.examineDescriptors()},
		{"certificates", x.examineCertificates()},
		{"backends", x.examineBackends(ctx)},
		{"members", x.examineMembers(ctx)},
		{"state directory", x.examineState()},
		{"differences", x.examineDifferences()},
	}
	return reportOf(groups), ctx.Err()
}

// reportOf counts, and leaves out what is empty.
func reportOf(groups []Group) Report {
	report := Report{Groups: []Group{}}
	for _, group := range groups {
		for _, line := range group.Lines {
			switch line.Level {
			case LevelProblem:
				report.Problems++
			case LevelWarning:
				report.Warnings++
			}
		}
		if len(group.Lines) > 0 {
			report.Groups = append(report.Groups, group)
		}
	}
	report.OK = report.Problems == 0
	return report
}

// examination is a Doctor at work.
type examination struct {
	options Options
	dir     string // the state directory
	now     time.Time
	loaded  *config.Loaded
	edge    *site.Edge // the site's, or a bare one
	hasSite bool       // edge is the site's

	running *api.Status // what the edge of the state directory says of itself; nil where none answers
	asked   error       // why none answers
	chosen  map[string]generation.Chosen
	who     statedir.User
}

// bareEdge stands for a site that says nothing.
func bareEdge() *site.Edge {
	return &site.Edge{
		Engine: site.Engines{TLS: site.Auto, Cache: site.Auto, Web: site.Auto},
		Sites:  make([]site.Site, 1),
	}
}

// load reads the site. Its warnings are validate's to show, but for those that
// are about this machine, which the other groups find again.
func (x *examination) load(ctx context.Context) ([]Line, error) {
	if x.options.Site == "" {
		return []Line{{LevelNote, "none", "what depends on a site is left out", "name one: edgegen doctor SITE"}}, nil
	}
	loaded, diagnostics, err := generation.Load(ctx, x.options.Site, x.options.Given)
	if _, gone := os.Stat(x.options.Site); gone != nil && err != nil {
		return nil, err
	}
	x.loaded = loaded
	if loaded.Edge != nil {
		x.edge, x.hasSite = loaded.Edge, true
	}
	var lines []Line
	warnings := 0
	for _, d := range diagnostics {
		if d.Severity == config.Warning {
			warnings++
			continue
		}
		lines = append(lines, Line{LevelProblem, "refused", placed(d), d.Remedy})
	}
	if x.hasSite {
		level, text := LevelOK, count(len(x.edge.Sites), "site")
		if warnings > 0 {
			level, text = LevelNote, fmt.Sprintf("%s, %s that edgegen validate shows", text, count(warnings, "warning"))
		}
		lines = append(lines, Line{level, "site", x.options.Site + ": " + text, ""})
	}
	return lines, nil
}

// placed is a diagnostic in one line.
func placed(d config.Diagnostic) string {
	switch {
	case d.File == "":
		return d.Summary
	case d.Line == 0:
		return d.File + ": " + d.Summary
	}
	return fmt.Sprintf("%s:%d: %s", d.File, d.Line, d.Summary)
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
