package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"edgegen/internal/site"
)

// Evaluate loads a site and returns it as HCL without variables, expressions
// and repetitions: what each argument that is written says. Sensitive values
// are not shown. The text is nil where the diagnostics hold an error.
func (r *Reader) Evaluate() ([]byte, Diagnostics) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.loader()
	sources := l.read(r.path)
	parsed := l.parse(sources)
	_, problems := l.conclude(sources, parsed)
	if problems.HasErrors() {
		return nil, problems
	}
	var out bytes.Buffer // each block is written by itself: hclwrite looks through a file for each that is added
	for i, pieces := range parsed {
		around := &block{loader: l, schema: l.language, scope: l.scope, body: joined(pieces), place: hcl.Range{Filename: sources[i].name}}
		for _, kind := range []*schema{l.language.edge(), l.language.site()} {
			for _, b := range around.all(kind) {
				file := hclwrite.NewEmptyFile()
				b.print(file.Body())
				if out.Len() > 0 {
					out.WriteByte('\n')
				}
				out.Write(layOut(file.Bytes()))
			}
		}
	}
	return out.Bytes(), problems
}

// print writes a block with what its arguments say.
func (b *block) print(to *hclwrite.Body) {
	var labels []string
	for _, label := range b.labels {
		labels = append(labels, label.text)
	}
	if len(to.Attributes())+len(to.Blocks()) > 0 {
		to.AppendNewline()
	}
	written := to.AppendNewBlock(b.schema.name, labels).Body()
	for i := range b.schema.arguments {
		a := &b.schema.arguments[i]
		if expression, ok := b.expression(a); ok && a.kind != eachKind {
			written.SetAttributeValue(a.name, b.shown(a, expression))
		}
	}
	for _, kind := range b.schema.blocks {
		for _, inner := range b.all(kind) {
			inner.print(written)
		}
	}
}

// shown is the value of an expression, with what is sensitive left out.
func (b *block) shown(a *argument, expression hclsyntax.Expression) cty.Value {
	value, ok := b.value(a.name, expression)
	if !ok {
		return cty.NullVal(cty.DynamicPseudoType) // no such site is printed
	}
	shown, err := cty.Transform(value, func(_ cty.Path, part cty.Value) (cty.Value, error) {
		if part.IsMarked() {
			return cty.StringVal(site.Hidden), nil
		}
		return part, nil
	})
	if err != nil {
		return cty.StringVal(site.Hidden)
	}
	return shown
}
