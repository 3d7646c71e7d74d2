package config

import (
	"github.com/hashicorp/hcl/v2"

	"edgegen/internal/certificate"
)

// note is what decoding a site block depended on and did, besides making its model. The
// methods do nothing on nil.
type note struct {
	claims   []located
	warnings []warning
	files    []string
	sights   []lookedAtPath
	pairs    []usedPair
	relied   []reliedOn
	secrets  []string
	scope    string // what the variables and locals were known by; "" where none was named
	spoilt   bool   // the block has an error, or a message about another place
}

type warning struct {
	text  Diagnostic // without its place
	place hcl.Range
}

type lookedAtPath struct {
	path string
	sight
}

type usedPair struct {
	files    pairFiles
	pem      []byte
	validity validity
}

func (n *note) claim(name located) {
	if n != nil {
		n.claims = append(n.claims, name)
	}
}

func (n *note) report(d Diagnostic, place hcl.Range) {
	if n != nil {
		n.spoilt = n.spoilt || d.Severity == Error
		text := Diagnostic{Severity: d.Severity, Summary: d.Summary, Remedy: d.Remedy, Instance: d.Instance, Values: d.Values}
		n.warnings = append(n.warnings, warning{text, place})
	}
}

func (n *note) spoil() {
	if n != nil {
		n.spoilt = true
	}
}

func (n *note) madeOf(path string) {
	if n != nil {
		n.files = append(n.files, path)
	}
}

func (n *note) look(path string, found sight) {
	if n != nil {
		n.sights = append(n.sights, lookedAtPath{path, found})
	}
}

func (n *note) use(files pairFiles, pair certificate.Pair, dates validity) {
	if n != nil {
		n.pairs = append(n.pairs, usedPair{files, pair.PEM, dates})
	}
}

func (n *note) rely(on reliance) {
	if n != nil {
		n.relied = append(n.relied, reliedOn{on.kind, on.name, on.sum()})
	}
}

func (n *note) keepSecret(text string) {
	if n != nil {
		n.secrets = append(n.secrets, text)
	}
}

// depend notes the scopeID of the variables and locals, of which the block has named one,
// or may have.
func (n *note) depend(scope string) {
	if n != nil {
		n.scope = scope
	}
}
