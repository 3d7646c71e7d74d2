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
