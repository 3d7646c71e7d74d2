package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// stringsOf reads a list of strings. One that is written element by element has
// the place of each; any other, that of the whole.
func (b *block) stringsOf(name string, expression hclsyntax.Expression) ([]located, bool) {
	expression = unwrap(expression)
	list, ok := expression.(*hclsyntax.TupleConsExpr)
	switch {
	case !ok && isConstant(expression):
		b.wrongKind(name, expression, aList, func(raw string) string { return "[" + raw + "]" })
		return nil, false
	case !ok:
		return b.elementsOf(name, expression)
	}
	texts := []located{}
	for i, element := range list.Exprs {
		if text, one := b.stringOf(fmt.Sprintf("element %d of %s", i+1, name), element); one {
			texts = append(texts, text)
		} else {
			ok = false
		}
	}
	return texts, ok
}

func (b *block) elementsOf(name string, expression hclsyntax.Expression) ([]located, bool) {
	value, ok := b.value(name, expression)
	if !ok {
		return nil, false
	}
	value, place := unmarked(value), expression.Range()
	if !isSeveral(value) {
		b.errorAt(place, "", "%s must be %s, not %s", name, aList, kindOfValue(value))
		return nil, false
	}
	texts := []located{}
	for i, element := range value.AsValueSlice() {
		if text, one := b.textOf(fmt.Sprintf("element %d of %s", i+1, name), element, place); one {
			texts = append(texts, text)
		} else {
			ok = false
		}
	}
	return texts, ok
}

// isSeveral reports whether a value is a list, or what can be read as one.
func isSeveral(value cty.Value) bool {
	kind := value.Type()
	return !value.IsNull() && (kind.IsListType() || kind.IsSetType() || kind.IsTupleType())
}

// pair is a key of an object with its value.
type pair struct{ key, value located }

// pairsOf reads an object of strings. HCL would let the last of two equal
// keys win; here that is a problem. A value that is null is left out.
func (b *block) pairsOf(name string, expression hclsyntax.Expression) []pair {
	expression = unwrap(expression)
	object, ok := expression.(*hclsyntax.ObjectConsExpr)
	switch {
	case !ok && isConstant(expression):
		b.wrongKind(name, expression, anObject, nil)
		return nil
	case !ok:
		return b.attributesOf(name, expression)
	}
	var pairs []pair
	seen := map[string]hcl.Range{}
	for _, item := range object.Items {
		key, ok := b.keyOf(name, item.KeyExpr)
		if !ok {
			continue
		}
		if first, again := seen[key.text]; again {
			b.errorAt(key.place, "keep one of them", "%q is twice in %s: first at %s", key.text, name, b.where(first))
			continue
		}
		seen[key.text] = key.place
		called := fmt.Sprintf("%q in %s", key.text, name)
		if b.isNull(called, item.ValueExpr) {
			continue
		}
		if value, ok := b.stringOf(called, item.ValueExpr); ok {
			pairs = append(pairs, pair{key, value})
		}
	}
	return pairs
}

func (b *block) isNull(name string, expression hclsyntax.Expression) bool {
	if b.plain || !mayBeNull(expression) {
		return false
	}
	value, ok := b.value(name, expression)
	return ok && unmarked(value).IsNull()
}

func (b *block) attributesOf(name string, expression hclsyntax.Expression) []pair {
	value, ok := b.value(name, expression)
	if !ok {
		return nil
	}
	value, place := unmarked(value), expression.Range()
	if kind := value.Type(); value.IsNull() || !kind.IsMapType() && !kind.IsObjectType() {
		b.errorAt(place, "", "%s must be %s, not %s", name, anObject, kindOfValue(value))
		return nil
	}
	var pairs []pair
	for key, element := range value.Elements() {
		if element.IsNull() {
			continue
		}
		if text, ok := b.textOf(fmt.Sprintf("%q in %s", key.AsString(), name), element, place); ok {
			pairs = append(pairs, pair{located{key.AsString(), place}, text})
		}
	}
	return pairs
}

func (b *block) keyOf(name string, expression hclsyntax.Expression) (located, bool) {
	if keyword := hcl.ExprAsKeyword(expression); keyword != "" {
		return located{keyword, expression.Range()}, true
	}
	if key, ok := expression.(*hclsyntax.ObjectConsKeyExpr); ok {
		expression = key.Wrapped
	}
	return b.stringOf("a key of "+name, expression)
}
