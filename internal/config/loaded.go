package config

import (
	"strings"

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
	// Environment are the names of what the site asks of the environment, sorted.
	Environment []string
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
