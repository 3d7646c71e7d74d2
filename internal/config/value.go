package config

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// located is a string with its place.
type located struct {
	text  string
	place hcl.Range
}

// stringOf reads a string; name is what a message calls the value.
func (b *block) stringOf(name string, expression hclsyntax.Expression) (located, bool) {
	expression = unwrap(expression)
	if text, ok := literalString(expression); ok {
		return located{text, expression.Range()}, true
	}
	if isConstant(expression) {
		b.wrongKind(name, expression, aString, func(raw string) string { return strconv.Quote(raw) })
		return located{"", expression.Range()}, false
	}
	value, ok := b.value(name, expression)
	if !ok {
		return located{"", expression.Range()}, false
	}
	return b.textOf(name, value, expression.Range())
}

// What a message calls the kinds of values.
const (
	aString  = "a string"
	aList    = "a list of strings"
	anObject = `an object such as { NAME = "value" }`
	aNumber  = "a number"
	aFlag    = "true or false"
)

// textOf makes a string of a value.
func (b *block) textOf(name string, value cty.Value, place hcl.Range) (located, bool) {
	converted, ok := b.converted(name, value, cty.String, aString, place)
	if !ok {
		return located{"", place}, false
	}
	return located{converted.AsString(), place}, true
}

// converted makes a value of the kind that is wanted, as Terraform would: the
// text "5" is a number where one is asked for. Null is no value.
func (b *block) converted(name string, value cty.Value, kind cty.Type, want string, place hcl.Range) (cty.Value, bool) {
	value = unmarked(value)
	if value.IsNull() {
		b.errorAt(place, "leave it out", "%s is null", name)
		return value, false
	}
	converted, err := convert.Convert(value, kind)
	if err != nil {
		b.errorAt(place, "", "%s must be %s, not %s", name, want, kindOfValue(value))
		return value, false
	}
	return converted, true
}

func kindOfValue(value cty.Value) string {
	switch kind := value.Type(); {
	case kind.IsObjectType(), kind.IsMapType():
		return "an object"
	case kind.IsListType(), kind.IsTupleType():
		return "a list"
	default:
		return "a " + kind.FriendlyName()
	}
}

// stringOfValue makes a string of a value that is not null.
func stringOfValue(value cty.Value) (cty.Value, error) { return convert.Convert(value, cty.String) }

// isConstant reports whether an expression is what it says, so that there is
// nothing to evaluate.
func isConstant(expression hclsyntax.Expression) bool {
	switch e := expression.(type) {
	case *hclsyntax.LiteralValueExpr:
		return !e.Val.IsNull()
	case *hclsyntax.TupleConsExpr, *hclsyntax.ObjectConsExpr:
		return true
	case *hclsyntax.TemplateExpr:
		_, literal := literalString(e)
		return literal
	}
	return false
}

// literalString returns the text of a string or heredoc without templates.
func literalString(expression hclsyntax.Expression) (string, bool) {
	template, ok := expression.(*hclsyntax.TemplateExpr)
	if !ok {
		return "", false
	}
	var text strings.Builder
	for _, part := range template.Parts {
		literal, ok := part.(*hclsyntax.LiteralValueExpr)
		if !ok || literal.Val.IsNull() || literal.Val.Type() != cty.String {
			return "", false
		}
		text.WriteString(literal.Val.AsString())
	}
	return text.String(), true
}

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

// numberOf reads a number that is an integer.
func (b *block) numberOf(name string, expression hclsyntax.Expression) (*big.Int, hcl.Range, bool) {
	expression = unwrap(expression)
	place := expression.Range()
	value, ok := b.plainOf(name, expression, cty.Number, aNumber)
	if !ok {
		return nil, place, false
	}
	// A huge exponent would take a huge integer to write out.
	number := value.AsBigFloat()
	if !number.IsInt() || number.MantExp(nil) > 64 {
		b.errorAt(place, "", "%s must be a whole number", name)
		return nil, place, false
	}
	whole, _ := number.Int(nil)
	return whole, place, true
}

// flagOf reads true or false.
func (b *block) flagOf(name string, expression hclsyntax.Expression) (bool, bool) {
	value, ok := b.plainOf(name, unwrap(expression), cty.Bool, aFlag)
	return ok && value.True(), ok
}

// plainOf reads a number or a flag. A literal of another kind is refused, although a
// computed value would be converted.
func (b *block) plainOf(name string, expression hclsyntax.Expression, kind cty.Type, want string) (cty.Value, bool) {
	if literal, ok := expression.(*hclsyntax.LiteralValueExpr); ok && !literal.Val.IsNull() && literal.Val.Type() == kind {
		return literal.Val, true
	}
	if isConstant(expression) {
		b.wrongKind(name, expression, want, nil)
		return cty.NilVal, false
	}
	value, ok := b.value(name, expression)
	if !ok {
		return cty.NilVal, false
	}
	return b.converted(name, value, kind, want, expression.Range())
}

func unwrap(expression hclsyntax.Expression) hclsyntax.Expression {
	for {
		parentheses, ok := expression.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return expression
		}
		expression = parentheses.Expression
	}
}

// wrongKind reports a value that is not of the kind it must be. Where the
// value's own text, changed by correct, would do, the remedy says so.
func (l *loader) wrongKind(name string, expression hclsyntax.Expression, want string, correct func(raw string) string) {
	place := expression.Range()
	got, remedy := kindOf(expression), ""
	raw := ""
	if s, ok := l.sources[place.Filename]; ok {
		raw = s.text(place)
	}
	text, isText := literalString(expression)
	_, numeric := strconv.Atoi(text)
	switch {
	case isText && (want == aNumber && numeric == nil || want == aFlag && (text == "true" || text == "false")):
		remedy = "write " + text + ", without the quotes"
	case correct != nil && (want == aString) != isText && !strings.ContainsAny(raw, "\n{[") && len(raw) < 60:
		remedy = "write " + correct(raw)
	}
	l.errorAt(place, remedy, "%s must be %s, not %s", name, want, got)
}

// kindOf names a constant.
func kindOf(expression hclsyntax.Expression) string {
	switch e := expression.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.Type() == cty.Bool {
			return fmt.Sprint(e.Val.True())
		}
		return "a number"
	case *hclsyntax.TupleConsExpr:
		return "a list"
	case *hclsyntax.ObjectConsExpr:
		return "an object"
	}
	return "a string"
}
