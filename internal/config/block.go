package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"edgegen/internal/site"
)

// block is a block that is being decoded. A block that the file does not have is decoded
// as one without content, in which every value is the default, so that no decoder needs a
// case for it.
type block struct {
	*loader
	schema  *schema
	around  *block    // the block that holds it; nil for the outermost
	place   hcl.Range // its header; the zero range where the file has no such block
	labels  []located
	body    *hclsyntax.Body
	node    *hclsyntax.Block
	model   any                     // what it is decoded into
	refused bool                    // it is left out of the list of its kind
	named   map[string]*block       // the names of the blocks in it, by kind, that must differ
	wrongs  map[string]bool         // the arguments that an error was reported for
	servers map[site.Server]located // those that a backend has named so far
	// listening are what blocks in it listen on.
	listening []entry

	scope     *scope
	plain     bool // nothing in it has to be evaluated
	values    map[hclsyntax.Expression]evaluated
	instances map[*hclsyntax.Block]instance // the blocks in it that dynamic ones stand for
	nulls     map[string]bool               // the arguments whose value is null, which count as left out
	lacking   map[*schema]bool              // kinds of which it would hold more, but for an error
}

// present reports whether the file has the block.
func (b *block) present() bool { return b.place.Filename != "" }

// source is the place of the block for the model.
func (b *block) source() site.Source { return b.sourceOf(b.place) }

func (l *loader) sourceOf(place hcl.Range) site.Source {
	s, ok := l.sources[place.Filename]
	if !ok {
		return site.Source{}
	}
	return site.Source{File: s.name, Line: s.line(s.offset(place.Start.Byte))}
}

// open checks the names in a block against its schema.
func (b *block) open(kind *schema, node *hclsyntax.Block) *block {
	inner := &block{loader: b.loader, schema: kind, around: b, place: node.DefRange(), body: node.Body, node: node, scope: b.scope, plain: b.plain}
	if one, ok := b.instances[node]; ok {
		inner.scope, inner.place = one.scope, one.place
	}
	defer inner.enter()()
	inner.checkLabel(node)
	if !inner.plain {
		inner.expand()
		inner.findNulls()
	}
	inner.checkNames()
	return inner
}

// enter makes messages say which instance they are about, until the caller calls the
// function that it returns.
func (b *block) enter() (leave func()) {
	before := b.loader.instance
	if b.scope != nil {
		b.loader.instance = b.scope.instance
	}
	return func() { b.loader.instance = before }
}

// findNulls looks for arguments whose value is null: they count as left out.
func (b *block) findNulls() {
	if b.schema.free {
		return
	}
	for _, attribute := range sortedAttributes(b.body) {
		a := b.schema.argument(attribute.Name)
		if a == nil || a.raw {
			continue
		}
		if literal, ok := unwrap(attribute.Expr).(*hclsyntax.LiteralValueExpr); ok && !literal.Val.IsNull() {
			continue
		}
		if !mayBeNull(attribute.Expr) {
			continue
		}
		value, ok := b.value(a.name, attribute.Expr)
		if !ok {
			b.findWrong(a)
			continue
		}
		if unmarked(value).IsNull() {
			if b.nulls == nil {
				b.nulls = map[string]bool{}
			}
			b.nulls[a.name] = true
		}
	}
}

func mayBeNull(expression hclsyntax.Expression) bool {
	switch unwrap(expression).(type) {
	case *hclsyntax.TemplateExpr, *hclsyntax.TupleConsExpr, *hclsyntax.ObjectConsExpr, *hclsyntax.ForExpr, *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr:
		return false
	}
	return true
}

func (b *block) checkLabel(node *hclsyntax.Block) {
	switch {
	case b.schema.label == "" && len(node.Labels) > 0:
		b.errorAt(node.LabelRanges[0], fmt.Sprintf("write %s { … }", b.schema.name), "%s takes no label", b.schema.name)
	case b.schema.label != "" && len(node.Labels) == 0:
		b.errorAt(node.TypeRange, fmt.Sprintf("write %s %q { … }", b.schema.name, b.schema.label), "%s needs a label", b.schema.title)
	case b.schema.label != "" && len(node.Labels) > 1:
		b.errorAt(node.LabelRanges[1], "write a block for each", "%s takes one label", b.schema.title)
	}
	for i, label := range node.Labels {
		b.labels = append(b.labels, located{label, node.LabelRanges[i]})
	}
}

// findLacking notes that the block would hold more of a kind, but for an error.
func (b *block) findLacking(kind *schema) {
	if b.lacking == nil {
		b.lacking = map[*schema]bool{}
	}
	b.lacking[kind] = true
}

// one opens the only block of a kind, or stands in for it.
func (b *block) one(kind *schema) *block {
	for _, found := range b.all(kind) {
		return found
	}
	return &block{loader: b.loader, schema: kind, around: b, body: &hclsyntax.Body{}, scope: b.scope, plain: true}
}

// all opens the blocks of a kind: those that may not be repeated, only once,
// because the second has been reported.
func (b *block) all(kind *schema) []*block {
	var found []*block
	for _, node := range b.body.Blocks {
		if node.Type == kind.name {
			found = append(found, b.openEach(kind, node)...)
			if !kind.many {
				break
			}
		}
	}
	return found
}

// find is the header of the first block of a kind.
func (b *block) find(kind *schema) (place hcl.Range, found bool) {
	for _, node := range b.body.Blocks {
		if node.Type == kind.name {
			return node.DefRange(), true
		}
	}
	return hcl.Range{}, false
}

// alone claims a name among the blocks of a kind that stand side by side. If another
// block has the name, this one is refused, and the other is returned.
func (b *block) alone(name string) (taken *block) {
	beside := b.around
	if beside.named == nil {
		beside.named = map[string]*block{}
	}
	key := b.schema.name + " " + name
	if taken = beside.named[key]; taken != nil {
		b.refused = true
		return taken
	}
	beside.named[key] = b
	return nil
}

// entry is one element of http or https, or another address to listen on. It may stand
// for two listeners.
type entry struct {
	argument  string
	text      string
	place     hcl.Range // the zero range for a default
	listeners []site.Listener
}
