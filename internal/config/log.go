package config

import (
	"slices"
	"strings"

	"edgegen/internal/site"
)

func readLogFields(b *block, a *argument, l *site.Log) {
	known := append(site.LogFields(), site.LogFieldsMore()...)
	written, _ := b.texts(a)
	for _, one := range written {
		switch {
		case !slices.Contains(known, one.text):
			b.errorAt(one.place, suggest(one.text, known), "%s cannot have %q", a.name, one.text)
		case slices.Contains(l.Fields, one.text):
			b.errorAt(one.place, "write it once", "%s has %q twice", a.name, one.text)
		default:
			l.Fields = append(l.Fields, one.text)
		}
	}
	if b.holds(a) && len(written) == 0 && !b.wrong(a) {
		b.errorAt(b.placeOf(a), "name one, or leave it out", "%s is empty: lines would say nothing", a.name)
	}
}

func readLogSample(b *block, a *argument, l *site.Log) { l.Omit = 1 - b.share(a) }

func readLogExclude(b *block, a *argument, l *site.Log) {
	written, _ := b.texts(a)
	for _, one := range written {
		if !strings.HasPrefix(one.text, "/") || strings.ContainsAny(one.text, "?#") {
			b.errorAt(one.place, `write a path such as "/healthz"`, "%q is no path", one.text)
			continue
		}
		l.Exclude = append(l.Exclude, one.text)
	}
	slices.Sort(l.Exclude)
	l.Exclude = slices.Compact(l.Exclude)
}

// checkLog checks that everything that the log block says has an effect.
func checkLog(b *block, l *site.Log) {
	if fields := b.row(&l.Fields); b.holds(fields) && l.Format == "combined" {
		b.errorAt(b.placeOf(fields), "leave it out", "%s has no effect: the combined format has fields of its own", fields.name)
	}
	if size := b.row(&l.MaxSize); b.holds(size) && (l.Access == "stdout" || l.Access == "off") {
		access := b.row(&l.Access)
		b.warnAt(b.placeOf(size), "leave it out, or name a file in "+access.name, "%s has no effect: %s = %q is no file", size.name, access.name, l.Access)
	}
}
