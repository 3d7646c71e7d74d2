// Package config reads a site file: HCL text becomes the model of package
// site, or diagnostics that tell the person who wrote it what to change, all
// problems at once. It also holds the canonical layout of such files.
//
// The language is a table: language_*.go. A value may be an expression, which can
// name variables and locals and call functions; a literal is not converted into
// another kind.
package config

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// Load reads a file, or every *.hcl file in a directory in the order of their
// names; hidden files and directories below are left out. The result is never
// nil. Load reads the files that the HCL names as certificates and looks
// whether the others exist; it opens no socket and resolves no name.
func Load(path string) (*Loaded, Diagnostics) {
	return NewReader(path, nil).Load()
}

func newLoader(path string, now func() time.Time) *loader {
	l := &loader{now: now, language: language(), dynamicKind: dynamicLanguage(), shifter: shifter{}, claims: map[string]hcl.Range{}, sources: map[string]*source{}, certificates: map[pairFiles]certificate.Pair{}, shownRoot: filepath.Dir(path),
		seen: map[string]sight{}, memory: newMemory(), identification: sha256.New(), declared: map[string][]string{},
		origins: map[hcl.Range]origin{}, secrets: secrets{}, contents: map[string]fileRead{}, clientsRead: map[clientsFiles]clientsReading{},
		repeated: map[problem]int{}, more: map[int]int{}}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		l.shownRoot = path
	}
	absolute, err := filepath.Abs(l.shownRoot)
	if err != nil {
		l.fail(path, "", "%s", causeOf(err))
	}
	l.root, l.valueRoot = absolute, absolute
	return l
}

// finish parses and decodes what was read.
func (l *loader) finish(sources []*source) (*Loaded, Diagnostics) {
	return l.conclude(sources, l.parse(sources))
}

func (l *loader) conclude(sources []*source, parsed [][]*piece) (*Loaded, Diagnostics) {
	var edge *site.Edge
	if !l.diagnostics.HasErrors() {
		edge = l.decode(sources, parsed)
		edge.Secrets = l.secrets.longestFirst()
	}
	slices.Sort(l.files)
	for at, more := range l.more {
		if at < len(l.diagnostics) {
			l.diagnostics[at].Instance += fmt.Sprintf(" and %d more", more)
		}
	}
	diagnostics := l.diagnostics.sorted()
	if l.omitted > 0 {
		diagnostics = append(diagnostics, Diagnostic{Severity: l.worst, Summary: fmt.Sprintf("%d more problems are not shown", l.omitted)})
	}
	if diagnostics.HasErrors() {
		edge = nil
	}
	slices.Sort(l.environment)
	loaded := &Loaded{Edge: edge, Files: slices.Compact(l.files), Variables: l.declared[variableRoot], Environment: slices.Compact(l.environment), Root: l.root, sources: l.sources, certificates: l.certificates}
	if edge != nil {
		diagnostics = append(diagnostics, append(loaded.unheld(), loaded.doubts()...)...).sorted()
	}
	if diagnostics.HasErrors() {
		loaded.Edge = nil
	}
	return loaded, diagnostics
}
