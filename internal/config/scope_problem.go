package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// evaluationProblem puts a problem of HCL's evaluation into the form of the
// others.
func (l *loader) evaluationProblem(problem *hcl.Diagnostic, expression hclsyntax.Expression, s *scope) {
	place := expression.Range()
	if problem.Subject != nil {
		place = *problem.Subject
	}
	summary, remedy := lowerFirst(problem.Summary), strings.TrimSuffix(problem.Detail, ".")
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](problem); ok && call.FunctionCallError() != nil {
		summary, remedy = fmt.Sprintf("%s: %s", call.CalledFunctionName(), call.FunctionCallError()), ""
	}
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](problem); ok {
		summary, remedy = fmt.Sprintf("no function is called %q", call.CalledFunctionName()), suggestFunction(call.CalledFunctionName())
	}
	from := expression
	if inner, ok := problem.Expression.(hclsyntax.Expression); ok {
		from = inner
	}
	if problem.EvalContext != nil {
		s = &scope{context: problem.EvalContext, instance: s.instance}
	}
	if lacks, known, ok := lackingAttribute(from, s.context); ok {
		summary, remedy = lacks, known
	}
	if touchesSecret(from, s.context) || touchesSecret(expression, s.context) {
		summary, remedy = fmt.Sprintf("%s, and why is not shown as it is about a sensitive value", lowerFirst(problem.Summary)), ""
	}
	if _, known := l.origins[place]; !known {
		l.origins[place] = origin{expression: from, scope: s}
	}
	l.errorAt(place, remedy, "%s", summary)
}

// lackingAttribute finds an attribute that an expression names and its object does not
// have.
func lackingAttribute(expression hclsyntax.Expression, context *hcl.EvalContext) (summary, remedy string, found bool) {
	for _, reference := range expression.Variables() {
		for n := 1; n < len(reference); n++ {
			step, named := reference[n].(hcl.TraverseAttr)
			value, problems := reference[:n].TraverseAbs(context)
			if problems.HasErrors() {
				break
			}
			kind := unmarked(value).Type()
			if named && kind.IsObjectType() && !kind.HasAttribute(step.Name) {
				return fmt.Sprintf("%s has no %q", nameOfReference(reference[:n]), step.Name), suggest(step.Name, sortedNames(kind.AttributeTypes())), true
			}
		}
	}
	return "", "", false
}

func suggestFunction(name string) string {
	known := sortedNames(pureFunctions())
	if near, ok := nearest(name, append(known, fileFunctions()...)); ok {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "docs/language.md lists them"
}

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// valuesOf says what the names in an expression stand for, as
// `each.key is "blue"`.
func (o origin) valuesOf() []string {
	var said []string
	for _, reference := range o.expression.Variables() {
		value, problems := reference.TraverseAbs(o.scope.context)
		for problems.HasErrors() && len(reference) > 1 { // what it is that lacks the name
			reference = reference[:len(reference)-1]
			value, problems = reference.TraverseAbs(o.scope.context)
		}
		if problems.HasErrors() || len(reference) == 1 && reference.RootName() != eachRoot {
			continue
		}
		if one := nameOfReference(reference) + " " + describe(value); !slices.Contains(said, one) {
			said = append(said, one)
		}
	}
	slices.Sort(said)
	return said
}

func nameOfReference(reference hcl.Traversal) string {
	var name strings.Builder
	for _, step := range reference {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			name.WriteString(step.Name)
		case hcl.TraverseAttr:
			name.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			fmt.Fprintf(&name, "[%s]", literalOf(step.Key))
		}
	}
	return name.String()
}

// longValue bounds what a message shows of a value, in characters.
const longValue = 100

// fewNames is how many attributes of an object a message names.
const fewNames = 12

func describe(value cty.Value) string {
	switch kind := value.Type(); {
	case value.IsMarked():
		return "has a sensitive value"
	case !value.IsKnown():
		return "has no value"
	case value.IsNull():
		return "is null"
	case kind.IsPrimitiveType():
		text := literalOf(value)
		if shown := characters(text); len(shown) > longValue {
			text = strings.Join(shown[:longValue], "") + "…"
		}
		return "is " + text
	case kind.IsObjectType():
		if names := sortedNames(kind.AttributeTypes()); len(names) > 0 && len(names) <= fewNames {
			return "is an object with " + strings.Join(names, ", ")
		}
		return fmt.Sprintf("is an object with %s", counted(len(kind.AttributeTypes()), "attribute"))
	case value.CanIterateElements():
		return fmt.Sprintf("is a %s with %s", kind.FriendlyName(), counted(value.LengthInt(), "element"))
	default:
		return "is a " + kind.FriendlyName()
	}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// literalOf writes a plain value as it would stand in HCL.
func literalOf(value cty.Value) string {
	switch {
	case value.IsNull():
		return "null"
	case value.Type() == cty.String:
		return strconv.Quote(value.AsString())
	case value.Type() == cty.Number:
		return value.AsBigFloat().Text('f', -1)
	case value.Type() == cty.Bool:
		return strconv.FormatBool(value.True())
	}
	return "…"
}
