package config

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// located is a string with its place.
type located struct {
	text  string
	place hcl.Range
}

// stringOf reads a string; name is what a message calls the value.
func (l *loader) stringOf(name string, expression hclsyntax.Expression) (located, bool) {
	expression = unwrap(expression)
	text, ok := literalString(expression)
	if !ok {
		l.wrongKind(name, expression, "a string", func(raw string) string { return strconv.Quote(raw) })
	}
	return located{text, expression.Range()}, ok
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

// stringsOf reads a list of strings.
func (l *loader) stringsOf(name string, expression hclsyntax.Expression) ([]located, bool) {
	list, ok := unwrap(expression).(*hclsyntax.TupleConsExpr)
	if !ok {
		l.wrongKind(name, unwrap(expression), "a list of strings", func(raw string) string { return "[" + raw + "]" })
		return nil, false
	}
	texts := []located{}
	for i, element := range list.Exprs {
		if text, one := l.stringOf(fmt.Sprintf("element %d of %s", i+1, name), element); one {
			texts = append(texts, text)
		} else {
			ok = false
		}
	}
	return texts, ok
}

// pair is a key of an object with its value.
type pair struct{ key, value located }

// pairsOf reads an object of strings. HCL would let the last of two equal
// keys win; here that is a problem.
func (l *loader) pairsOf(name string, expression hclsyntax.Expression) []pair {
	object, ok := unwrap(expression).(*hclsyntax.ObjectConsExpr)
	if !ok {
		l.wrongKind(name, unwrap(expression), `an object such as { NAME = "value" }`, nil)
		return nil
	}
	var pairs []pair
	seen := map[string]hcl.Range{}
	for _, item := range object.Items {
		key, ok := l.keyOf(name, item.KeyExpr)
		if !ok {
			continue
		}
		if first, again := seen[key.text]; again {
			l.errorAt(key.place, "keep one of them", "%q is twice in %s: first at %s", key.text, name, l.where(first))
			continue
		}
		seen[key.text] = key.place
		if value, ok := l.stringOf(fmt.Sprintf("%q in %s", key.text, name), item.ValueExpr); ok {
			pairs = append(pairs, pair{key, value})
		}
	}
	return pairs
}

func (l *loader) keyOf(name string, expression hclsyntax.Expression) (located, bool) {
	if keyword := hcl.ExprAsKeyword(expression); keyword != "" {
		return located{keyword, expression.Range()}, true
	}
	if key, ok := expression.(*hclsyntax.ObjectConsKeyExpr); ok {
		expression = key.Wrapped
	}
	return l.stringOf("a key of "+name, expression)
}

// numberOf reads a number that is an integer.
func (l *loader) numberOf(name string, expression hclsyntax.Expression) (*big.Int, hcl.Range, bool) {
	expression = unwrap(expression)
	place := expression.Range()
	sign := int64(1)
	if minus, ok := expression.(*hclsyntax.UnaryOpExpr); ok && minus.Op == hclsyntax.OpNegate {
		sign, expression = -1, unwrap(minus.Val)
	}
	literal, ok := expression.(*hclsyntax.LiteralValueExpr)
	if !ok || literal.Val.IsNull() || literal.Val.Type() != cty.Number {
		l.wrongKind(name, expression, "a number", nil)
		return nil, place, false
	}
	// A huge exponent would take a huge integer to write out.
	number := literal.Val.AsBigFloat()
	if !number.IsInt() || number.MantExp(nil) > 64 {
		l.errorAt(place, "", "%s must be a whole number", name)
		return nil, place, false
	}
	whole, _ := number.Int(nil)
	return whole.Mul(whole, big.NewInt(sign)), place, true
}

// flagOf reads true or false.
func (l *loader) flagOf(name string, expression hclsyntax.Expression) (bool, bool) {
	expression = unwrap(expression)
	if literal, ok := expression.(*hclsyntax.LiteralValueExpr); ok && !literal.Val.IsNull() && literal.Val.Type() == cty.Bool {
		return literal.Val.True(), true
	}
	l.wrongKind(name, expression, "true or false", nil)
	return false, false
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
	got, remedy := kindOf(expression)
	raw := ""
	if s, ok := l.sources[place.Filename]; ok {
		raw = s.text(place)
	}
	text, isText := literalString(expression)
	_, numeric := strconv.Atoi(text)
	quoted := strings.HasPrefix(want, "a number") && numeric == nil || strings.HasPrefix(want, "true") && (text == "true" || text == "false")
	switch {
	case remedy != "":
		l.errorAt(place, remedy, "%s: %s", name, got)
		return
	case isText && quoted:
		remedy = "write " + text + ", without the quotes"
	case correct != nil && (want == "a string") != isText && !strings.ContainsAny(raw, "\n{[") && len(raw) < 60:
		remedy = "write " + correct(raw)
	}
	l.errorAt(place, remedy, "%s must be %s, not %s", name, want, got)
}

// kindOf names an expression. The remedy is "" for a plain value, and else
// what to write in place of what the language does not have.
func kindOf(expression hclsyntax.Expression) (got, remedy string) {
	switch e := expression.(type) {
	case *hclsyntax.LiteralValueExpr:
		switch {
		case e.Val.IsNull():
			return "null is no value", "leave it out"
		case e.Val.Type() == cty.Bool:
			return fmt.Sprint(e.Val.True()), ""
		}
		return "a number", ""
	case *hclsyntax.TemplateExpr:
		if _, ok := literalString(e); ok {
			return "a string", ""
		}
		return templateKind()
	case *hclsyntax.TemplateWrapExpr:
		return templateKind()
	case *hclsyntax.TupleConsExpr:
		return "a list", ""
	case *hclsyntax.ObjectConsExpr:
		return "an object", ""
	case *hclsyntax.ScopeTraversalExpr:
		word := hcl.ExprAsKeyword(e)
		if word == "" {
			return "a site file has no variables", "write the value itself"
		}
		return fmt.Sprintf("the word %s stands without quotes", word), "write " + strconv.Quote(word)
	case *hclsyntax.FunctionCallExpr:
		return "a site file has no functions", "write the value itself"
	}
	return "a site file has no operators", "write the value itself"
}

func templateKind() (got, remedy string) {
	return `"${" and "%{" start a template, and a site file has no variables`, `write "$${" for a literal "${", and "%%{" for a literal "%{"`
}
