package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/site"
)

// remember keeps a site for the next load, where it is alone in its piece.
func (l *loader) remember(w written, decoded []site.Site) {
	if w.note == nil || w.note.spoilt {
		return
	}
	p := w.piece
	known := &remembered{note: *w.note, text: string(p.text), breaks: p.breaks, sites: l.shifter.moved(decoded, -p.line)}
	for i := range known.claims {
		known.claims[i].place = shifted(known.claims[i].place, -p.start)
	}
	for i := range known.warnings {
		known.warnings[i].place = shifted(known.warnings[i].place, -p.start)
	}
	l.keep(w.source, known)
}

// keep hands a remembered site on to the next load.
func (l *loader) keep(s *source, known *remembered) {
	if l.memory.sites[s.path] == nil {
		l.memory.sites[s.path] = map[string]*remembered{}
	}
	l.memory.sites[s.path][known.text] = known
}

// recall finds what an earlier load has decoded from a piece, if decoding the piece now
// would give the same.
func (l *loader) recall(s *source, p *piece) bool {
	known, ok := l.before.sites[s.path][string(p.text)]
	if !ok || !l.holds(known) {
		return false
	}
	p.known, p.breaks = known, known.breaks
	return true
}

// holds reports whether everything outside of the block that its decoding
// depended on is as it was.
func (l *loader) holds(known *remembered) bool {
	for _, before := range known.sights {
		if !l.look(before.path).looksLike(before.sight) {
			return false
		}
	}
	for _, before := range known.relied {
		if !l.still(before) {
			return false
		}
	}
	for _, used := range known.pairs {
		pair, err := l.pair(used.files)
		if err != nil || !bytes.Equal(pair.PEM, used.pem) || validityOf(pair, l.now()) != used.validity {
			return false
		}
	}
	return true
}

// parseStale parses the remembered pieces that name variables or locals whose values have
// changed. They parsed without an error before, so they do now.
func (l *loader) parseStale(s *source, pieces []*piece) {
	for _, p := range pieces {
		if p.known != nil && p.known.scope != "" && p.known.scope != l.scopeID {
			p.known = nil
			p.parse(s.name)
		}
	}
}

// replay repeats what decoding the piece did besides making its model.
func (l *loader) replay(s *source, p *piece) []site.Site {
	known := p.known
	for _, name := range known.claims {
		l.claim(located{name.text, shifted(name.place, p.start)})
	}
	l.files = append(l.files, known.files...)
	for _, secret := range known.secrets {
		l.secrets[secret] = true
	}
	for _, used := range known.pairs {
		// It was read a moment ago, when the block was recalled.
		if pair, err := l.pair(used.files); err == nil {
			l.certificates[used.files] = pair
		}
	}
	for _, w := range known.warnings {
		l.repeat(w.text, shifted(w.place, p.start))
	}
	l.keep(s, known)
	return l.shifter.moved(known.sites, p.line)
}

func shifted(place hcl.Range, by int) hcl.Range {
	place.Start.Byte += by
	place.End.Byte += by
	return place
}
