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
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/certificate"
	"edgegen/internal/site"
)

// Loaded is what was read, also where the site was refused.
type Loaded struct {
	// Edge is the model; nil where the diagnostics hold an error.
	Edge *site.Edge
	// Files are the absolute paths of every file the site is made of, sorted: the HCL
	// files, certificates and keys, whether they could be read or not. To learn of
	// changes of the site, watch these, and Root.
	Files []string
	// Variables are the names of the site's variables, sorted.
	Variables []string
	// Root is the directory that the names in site.Source are relative to.
	Root string

	sources      map[string]*source
	certificates map[pairFiles]certificate.Pair
}

// Pairs returns the certificates that were read for a site, which its tls block
// names by files; false for one that names none, or where one was refused.
func (l *Loaded) Pairs(tls site.TLS) ([]certificate.Pair, bool) {
	var pairs []certificate.Pair
	for i := range tls.Certificates {
		pair, ok := l.certificates[pairFiles{tls.Certificates[i], tls.Keys[i]}]
		if !ok {
			return nil, false
		}
		pairs = append(pairs, pair)
	}
	return pairs, len(pairs) > 0
}

// Load reads a file, or every *.hcl file in a directory in the order of their
// names; hidden files and directories below are left out. The result is never
// nil. Load reads the files that the HCL names as certificates and looks
// whether the others exist; it opens no socket and resolves no name.
func Load(path string) (*Loaded, Diagnostics) {
	return NewReader(path, nil).Load()
}

// Diagnose makes a diagnostic for a later stage: a port that is in use, a
// line that a daemon refuses. The zero Source, and one of a file that was not
// loaded, makes one without a snippet.
func (l *Loaded) Diagnose(at site.Source, severity Severity, summary, remedy string) Diagnostic {
	d := Diagnostic{Severity: severity, Summary: l.hide(summary), Remedy: l.hide(remedy), File: at.File}
	s, ok := l.sources[at.File]
	if !ok {
		return d
	}
	d.File = s.shown
	text := s.lineText(at.Line)
	if at.Line < 1 || at.Line > len(s.lines) {
		return d
	}
	trimmed := strings.TrimLeft(text, " \t")
	d.Line, d.EndLine, d.Snippet = at.Line, at.Line, l.hide(text)
	d.Column = 1 + len(text) - len(trimmed)
	d.EndColumn = 1 + len(characters(strings.TrimRight(text, " \t")))
	d.Byte = s.lines[at.Line-1] + len(text) - len(trimmed)
	d.EndByte = d.Byte + len(strings.TrimRight(trimmed, " \t"))
	return d
}

func (l *Loaded) hide(text string) string {
	if l.Edge == nil {
		return text
	}
	return l.Edge.Hide(text)
}

// loader collects what a load finds. A decoder reports a problem to it and
// goes on with a default, so that one load shows all problems.
type loader struct {
	root        string // absolute
	shownRoot   string // as the user gave it
	now         func() time.Time
	language    *schema
	dynamicKind *schema // of the blocks that stand for others
	shifter     shifter
	claims      map[string]hcl.Range // the names of sites, and where they are
	given       []Given
	texts       map[string][]byte // texts that are read instead of files, by the absolute paths of these
	scope       *scope            // of what stands in the files themselves
	// scopeID names the values of all variables and locals. It is the same where their
	// blocks, the given values, and what they rely on are the same, and "" until they
	// have their values.
	scopeID        string
	identification hash.Hash
	declared       map[string][]string // the names of variables and locals, sorted
	origins        map[hcl.Range]origin
	secrets        secrets
	contents       map[string]fileRead
	clientsRead    map[clientsFiles]clientsReading
	instance       string          // that is being decoded
	without        []without       // sites that have no tls block
	repeated       map[problem]int // the index of a problem that is about an instance
	more           map[int]int     // how many more instances a problem is about
	errors         int             // how many were reported
	sources        map[string]*source
	diagnostics    Diagnostics
	omitted        int      // diagnostics beyond the limit
	worst          Severity // of those; a site is not refused for its warnings
	files          []string
	certificates   map[pairFiles]certificate.Pair
	seen           map[string]sight
	before         memory // of the load before; it is not written to
	memory         memory // of this load
	decoded        bool   // the memory is whole
	note           *note  // of the site block that is being decoded; nil for none
}

// maxDiagnostics keeps a hopeless file from flooding the terminal.
const maxDiagnostics = 200

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
	l.root = absolute
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
	loaded := &Loaded{Edge: edge, Files: slices.Compact(l.files), Variables: l.declared[variableRoot], Root: l.root, sources: l.sources, certificates: l.certificates}
	if edge != nil {
		diagnostics = append(diagnostics, append(loaded.unheld(), loaded.doubts()...)...).sorted()
	}
	if diagnostics.HasErrors() {
		loaded.Edge = nil
	}
	return loaded, diagnostics
}

// fail reports a problem of a whole file.
func (l *loader) fail(shown, remedy, format string, args ...any) {
	l.add(Diagnostic{Severity: Error, Summary: fmt.Sprintf(format, args...), Remedy: remedy, File: shown})
}

func (l *loader) add(d Diagnostic) {
	if d.Severity == Error {
		l.errors++
	}
	if len(l.diagnostics) >= maxDiagnostics {
		if l.omitted++; l.omitted == 1 || d.Severity == Error {
			l.worst = d.Severity
		}
		return
	}
	l.diagnostics = append(l.diagnostics, d)
}

// causeOf is an error of os without the path, which the message has already.
func causeOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Restored is the result of an earlier load that was kept: the model, and the
// pairs in the order of its sites. It knows no files, so that diagnostics about
// it have no snippet.
func Restored(edge *site.Edge, pairs [][]certificate.Pair) *Loaded {
	l := &Loaded{Edge: edge, certificates: map[pairFiles]certificate.Pair{}}
	for i, of := range pairs {
		tls := edge.Sites[i].TLS
		for n, pair := range of {
			l.certificates[pairFiles{tls.Certificates[n], tls.Keys[n]}] = pair
		}
	}
	return l
}
