package config

import "github.com/hashicorp/hcl/v2"

// without is a site that has no tls block.
type without struct {
	place    hcl.Range
	instance string
}

// lacksTLS notes a site without a tls block. Whether it needs one depends on the edge
// block.
func (l *loader) lacksTLS(place hcl.Range) {
	l.without = append(l.without, without{place, l.instance})
	if l.note != nil {
		l.note.spoilt = true
	}
}

// needTLS reports the sites without a tls block.
func (l *loader) needTLS() {
	around := l.instance
	for _, site := range l.without {
		l.instance = site.instance
		l.errorAt(site.place, "add tls { certificate = …  key = … }, or tls { self_signed = true } to try it out", "the site has no tls block")
	}
	l.instance = around
}
