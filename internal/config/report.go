package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

func (l *loader) errorAt(place hcl.Range, remedy, format string, args ...any) {
	l.report(Error, place, remedy, format, args...)
}

func (l *loader) warnAt(place hcl.Range, remedy, format string, args ...any) {
	l.report(Warning, place, remedy, format, args...)
}

func (l *loader) report(severity Severity, place hcl.Range, remedy, format string, args ...any) {
	d := Diagnostic{Severity: severity, Summary: fmt.Sprintf(format, args...), Remedy: remedy, Instance: l.instance}
	if from, ok := l.origins[place]; ok && from.scope != nil {
		d.Values = from.valuesOf()
		if from.sensitive {
			d.Summary, d.Remedy = fmt.Sprintf("%s: the value is refused, and is not shown as it is sensitive", from.name), "what "+from.name+" takes is in docs/language.md, or printed by edgegen schema --reference"
		}
	}
	l.repeat(d, place)
}

// tellAt is errorAt of what is no secret, though it may stand beside one: no more is
// hidden than the texts that are.
func (l *loader) tellAt(place hcl.Range, remedy, format string, args ...any) {
	d := Diagnostic{Severity: Error, Summary: fmt.Sprintf(format, args...), Remedy: remedy, Instance: l.instance}
	if from, ok := l.origins[place]; ok && from.scope != nil {
		d.Values = from.valuesOf()
	}
	l.repeat(d, place)
}

// repeat reports a problem at a place, with nothing in it that is secret.
func (l *loader) repeat(d Diagnostic, place hcl.Range) {
	if s, ok := l.sources[place.Filename]; ok && len(l.diagnostics) < maxDiagnostics {
		s.locate(&d, place)
	}
	if len(l.secrets) > 0 {
		l.secrets.hideIn(&d)
	}
	l.note.report(d, place)
	if d.Instance == "" || l.first(d, place) {
		l.add(d)
	}
}

// problem tells problems from one another, whichever instance they are about.
type problem struct {
	place   hcl.Range
	summary string
}

// first reports whether a problem has not been reported for another instance
// of the same block. Else it is counted with that one.
func (l *loader) first(d Diagnostic, place hcl.Range) bool {
	key := problem{place, d.Summary}
	if at, again := l.repeated[key]; again {
		l.more[at]++
		if d.Severity == Error {
			l.errors++
		}
		return false
	}
	l.repeated[key] = len(l.diagnostics)
	return true
}

// where names a place inside a message.
func (l *loader) where(place hcl.Range) string {
	s, ok := l.sources[place.Filename]
	if !ok {
		return "another place"
	}
	l.note.spoil() // the line of something else is not the block's own
	return fmt.Sprintf("%s:%d", s.name, s.line(s.offset(place.Start.Byte)))
}
