package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// repetition is a dynamic block on its way to the blocks that it stands for.
type repetition struct {
	each     cty.Value // what it is repeated over; cty.NilVal where that is wrong
	iterator string
	labels   hclsyntax.Expression
}

// instance is one block that a dynamic one stands for.
type instance struct {
	scope *scope
	place hcl.Range
}

// expand puts the blocks that dynamic ones stand for in their place.
func (b *block) expand() {
	written := b.body.Blocks
	for i, node := range written {
		if node.Type != b.dynamicKind.name {
			continue
		}
		whole := *b.body
		whole.Blocks = append([]*hclsyntax.Block(nil), written[:i]...)
		b.body, b.instances = &whole, map[*hclsyntax.Block]instance{}
		for _, node := range written[i:] {
			if node.Type != b.dynamicKind.name {
				whole.Blocks = append(whole.Blocks, node)
				continue
			}
			whole.Blocks = append(whole.Blocks, b.repeat(node)...)
		}
		return
	}
}

// repeat makes the blocks of one dynamic block.
func (b *block) repeat(node *hclsyntax.Block) []*hclsyntax.Block {
	opened := b.open(b.dynamicKind, node)
	r := &repetition{}
	opened.decode(r)
	if len(opened.labels) == 0 {
		return nil
	}
	kind := b.schema.child(opened.labels[0].text)
	if kind == nil {
		b.errorAt(opened.labels[0].place, b.remedyFor(opened.labels[0].text, b.schema.blockNames()), "%s has no block %q", b.schema.title, opened.labels[0].text)
		return nil
	}
	content := opened.content()
	if content == nil || r.each == cty.NilVal {
		b.findLacking(kind)
		return nil
	}
	if r.iterator == "" {
		r.iterator = kind.name
	}
	var made []*hclsyntax.Block
	for key, value := range r.each.Elements() {
		if r.each.Type().IsSetType() {
			key = value
		}
		s := b.scope.within(fmt.Sprintf("%s[%s]", kind.name, literalOf(unmarked(key))), map[string]cty.Value{
			r.iterator: cty.ObjectVal(map[string]cty.Value{"key": key, "value": value}),
		})
		one := &hclsyntax.Block{Type: kind.name, Body: content, TypeRange: node.TypeRange, OpenBraceRange: node.OpenBraceRange, CloseBraceRange: node.CloseBraceRange}
		if !b.label(one, kind, r.labels, opened, s) {
			continue
		}
		b.instances[one] = instance{s, node.DefRange()}
		made = append(made, one)
	}
	return made
}

// content is the body of the content block of a dynamic one; nil where it has
// none, which is reported.
func (b *block) content() *hclsyntax.Body {
	for _, node := range b.body.Blocks {
		if b.schema.child(node.Type) != nil {
			return node.Body
		}
	}
	b.errorAt(b.place, "add content { … } with what each of the blocks holds", "%s needs content", b.schema.title)
	return nil
}

// label gives an instance its labels. It is false where they have no value.
func (b *block) label(one *hclsyntax.Block, kind *schema, labels hclsyntax.Expression, dynamic *block, s *scope) bool {
	name := dynamic.row(&dynamic.model.(*repetition).labels).name
	switch {
	case labels == nil && kind.label == "":
		return true
	case labels == nil:
		b.errorAt(dynamic.place, fmt.Sprintf("add %s = [%s.key], say", name, kind.name), "%s needs a label", kind.title)
		return false
	}
	inner := *b
	inner.scope, inner.values = s, nil
	written, ok := inner.stringsOf(name, labels)
	for _, label := range written {
		ok = b.isOpen("a label", label) && ok
		one.Labels, one.LabelRanges = append(one.Labels, label.text), append(one.LabelRanges, label.place)
	}
	return ok
}

func readDynamicEach(b *block, a *argument, r *repetition) {
	if expression, ok := b.expression(a); ok {
		r.each = b.collection(a.name, expression, b.scope, true)
	}
}

func readIterator(b *block, a *argument, r *repetition) {
	expression, ok := b.expression(a)
	if !ok {
		return
	}
	if r.iterator = hcl.ExprAsKeyword(expression); r.iterator == "" {
		b.errorAt(expression.Range(), "write it without quotes", "%s must be a name", a.name)
	}
}

func readLabels(b *block, a *argument, r *repetition) { r.labels, _ = b.expression(a) }

// collection is what is repeated over: a map, an object, or a set of strings,
// and where lists are allowed, any list. It is cty.NilVal where it is none of
// these, which is reported.
func (b *block) collection(name string, expression hclsyntax.Expression, s *scope, lists bool) cty.Value {
	value, ok := b.evaluate(name, expression, s)
	if !ok {
		return cty.NilVal
	}
	fail := func(remedy, problem string) cty.Value {
		b.errorAt(expression.Range(), remedy, "%s %s", name, problem)
		return cty.NilVal
	}
	kind := value.Type()
	switch {
	case value.IsMarked():
		return fail("the names of the blocks would show it", "is sensitive")
	case value.IsNull():
		return fail("write {} or toset([]) for none", "is null")
	case kind.IsMapType(), kind.IsObjectType():
		return value
	case lists && (kind.IsListType() || kind.IsTupleType() || kind.IsSetType()):
		return value
	case kind.IsListType(), kind.IsTupleType():
		return fail("write toset(…) around it: what is repeated needs names that do not change", "must be a map or a set of strings, not a list")
	case kind.IsSetType() && convertible(value, cty.Set(cty.String)):
		converted, _ := convert.Convert(value, cty.Set(cty.String))
		return converted
	}
	if lists {
		return fail("", "must be a map, a set or a list, not a "+kind.FriendlyName())
	}
	return fail("", "must be a map or a set of strings, not a "+kind.FriendlyName())
}

func convertible(value cty.Value, kind cty.Type) bool {
	_, err := convert.Convert(value, kind)
	return err == nil
}

func unmarked(value cty.Value) cty.Value {
	plain, _ := value.UnmarkDeep()
	return plain
}

// openEach opens a block, once for each of what its for_each holds where it has
// one.
func (b *block) openEach(kind *schema, node *hclsyntax.Block) []*block {
	each := kind.each()
	if each == nil || node.Body.Attributes[each.name] == nil {
		return []*block{b.open(kind, node)}
	}
	value := b.collection(each.name, node.Body.Attributes[each.name].Expr, b.scope, false)
	if value == cty.NilVal {
		return nil
	}
	name := kind.name
	if len(node.Labels) > 0 {
		name += "." + node.Labels[0]
	}
	opened := make([]*block, 0, value.LengthInt())
	around := *b
	for key, element := range value.Elements() {
		if value.Type().IsSetType() {
			key = element
		}
		around.scope = b.scope.within(fmt.Sprintf("%s[%s]", name, literalOf(key)), map[string]cty.Value{
			eachRoot: cty.ObjectVal(map[string]cty.Value{"key": key, "value": element}),
		})
		one := around.open(kind, node)
		one.around = b
		opened = append(opened, one)
	}
	return opened
}
