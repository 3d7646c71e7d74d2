package importer

import (
	"fmt"
	"slices"
	"strings"

	"edgegen/internal/config"
)

// settle writes the tree so that it is a good site: what the language refuses is put
// into a comment, and the lines that it comes from are refused for that reason. name
// is the absolute path that the site would have. It is nil where nothing is left of it.
func settle(file *block, name string, keepPaths bool) ([]byte, error) {
	for {
		written := write(file)
		formatted, problems := config.Format(name, []byte(written.String()))
		if problems.HasErrors() {
			return nil, fmt.Errorf("write the site: %w", &config.Refused{Diagnostics: problems})
		}
		reader := config.NewReader(name, nil)
		reader.Hold(name, []byte(written.String()))
		_, problems = reader.Load()
		changed := false
		for _, one := range problems {
			if one.Severity == config.Error && !(keepPaths && strings.HasSuffix(one.Summary, "does not exist")) {
				changed = written.refuse(one) || changed
			}
		}
		switch {
		case !slices.ContainsFunc(file.all("site"), func(site *block) bool { return site.off == "" }):
			return nil, nil
		case !changed:
			return formatted, nil
		}
	}
}

// refuse puts what a problem is about into a comment. It reports whether that has
// changed anything.
func (t *text) refuse(problem config.Diagnostic) bool {
	if problem.Line < 1 || problem.Line > len(t.units) {
		return false
	}
	u := t.units[problem.Line-1]
	reason := problem.Summary
	if problem.Remedy != "" {
		reason += ": " + problem.Remedy
	}
	remedy := problem.Remedy
	if remedy == "" {
		remedy = "write it into the site by hand once that is mended"
	}
	if a := u.argument; a != nil && a.off == "" {
		a.off = reason
		loseAll(a.from, u.block.place()+a.name, problem.Summary, remedy)
		return true
	}
	if b := u.block; b.around != nil && b.off == "" {
		summary := problem.Summary
		if first := b.refused(); first != "" { // what is missing stood there
			summary, reason = first, first
		}
		b.off = reason
		b.lose(b.place(), summary, remedy)
		return true
	}
	return false
}

// refused is why the first thing in the block is in a comment, "" where nothing is.
func (b *block) refused() string {
	for _, a := range b.arguments {
		if a.off != "" {
			return a.off
		}
	}
	for _, one := range b.blocks {
		if one.off != "" {
			return one.off
		} else if why := one.refused(); why != "" {
			return why
		}
	}
	return ""
}

// lose tells all lines of the block that their meaning is not written there.
func (b *block) lose(place, why, remedy string) {
	b.everyLine(func(line *Line) { line.lose(place, why, remedy) })
}

func loseAll(lines []*Line, place, why, remedy string) {
	for _, line := range lines {
		line.lose(place, why, remedy)
	}
}
