package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// scope is what the expressions of a block may name: the variables, locals and
// functions of the site, and within for_each and dynamic blocks what is
// repeated. It is not changed once a block has it.
type scope struct {
	context  *hcl.EvalContext
	instance string // which of those that one block stands for, as site["blue"]; "" for none
}

// within is the scope of one instance, which can also name what is given.
func (s *scope) within(instance string, names map[string]cty.Value) *scope {
	inner := &scope{context: s.context.NewChild(), instance: instance}
	if s.instance != "" {
		inner.instance = s.instance + "." + instance
	}
	inner.context.Variables = names
	return inner
}

// knows reports whether a name stands for something.
func (s *scope) knows(name string) bool {
	for context := s.context; context != nil; context = context.Parent() {
		if _, ok := context.Variables[name]; ok {
			return true
		}
	}
	return false
}

// names lists what the scope can name, sorted.
func (s *scope) names() []string {
	known := map[string]bool{}
	for context := s.context; context != nil; context = context.Parent() {
		for name := range context.Variables {
			known[name] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// evaluated is the value of an expression; ok is false where it has none, which
// has been reported.
type evaluated struct {
	value cty.Value
	ok    bool
}

// origin is where the value at a place came from, for messages about it.
type origin struct {
	expression hclsyntax.Expression
	scope      *scope
	sensitive  bool
	name       string // of the argument
}

// value evaluates an expression, once in a block.
func (b *block) value(name string, expression hclsyntax.Expression) (cty.Value, bool) {
	if known, again := b.values[expression]; again {
		return known.value, known.ok
	}
	value, ok := b.evaluate(name, expression, b.scope)
	if b.values == nil {
		b.values = map[hclsyntax.Expression]evaluated{}
	}
	b.values[expression] = evaluated{value, ok}
	return value, ok
}

// evaluate evaluates an expression in a scope, and reports why it has no value. An
// expression that depends on something that has been reported has no value either, and is
// not reported again.
func (l *loader) evaluate(name string, expression hclsyntax.Expression, s *scope) (cty.Value, bool) {
	l.note.depend(l.scopeID)
	place := expression.Range()
	l.origins[place] = origin{expression: expression, scope: s, name: name}
	if !l.checkReferences(name, expression, s) {
		return cty.DynamicVal, false
	}
	value, problems := expression.Value(s.context)
	for _, problem := range problems {
		l.evaluationProblem(problem, expression, s)
	}
	if problems.HasErrors() || !value.IsWhollyKnown() {
		return cty.DynamicVal, false
	}
	if value.ContainsMarked() {
		l.origins[place] = origin{expression: expression, scope: s, name: name, sensitive: true}
		l.keepSecret(value)
	}
	return value, true
}

// checkReferences reports names that stand for nothing.
func (l *loader) checkReferences(name string, expression hclsyntax.Expression, s *scope) bool {
	good := true
	for _, reference := range expression.Variables() {
		if !l.checkReference(name, expression, reference, s) {
			good = false
		}
	}
	return good
}

func (l *loader) checkReference(name string, expression hclsyntax.Expression, reference hcl.Traversal, s *scope) bool {
	root := reference.RootName()
	place := reference.SourceRange()
	if !s.knows(root) {
		if word := hcl.ExprAsKeyword(unwrap(expression)); word == root {
			l.errorAt(place, "write "+strconv.Quote(word), "%s: the word %s stands without quotes", name, word)
			return false
		}
		remedy := rootRemedy(root, s)
		if isTemplate(expression) {
			remedy += `; write "$${" for a literal "${"`
		}
		l.errorAt(place, remedy, "nothing here is called %q", root)
		return false
	}
	names, isDeclared := l.declared[root]
	if !isDeclared {
		return true
	}
	step, ok := secondStep(reference)
	if !ok {
		l.errorAt(place, fmt.Sprintf("write %s.NAME", root), "%s alone is no value", root)
		return false
	}
	if _, found := slices.BinarySearch(names, step); found {
		return true
	}
	what, remedy := "variable", fmt.Sprintf("add variable %q { … }", step)
	if root == localRoot {
		what, remedy = "local", fmt.Sprintf("add locals { %s = … }", step)
	}
	if near, ok := nearest(step, names); ok {
		remedy = fmt.Sprintf("did you mean %s.%s?", root, near)
	}
	l.errorAt(place, remedy, "no %s is called %q", what, step)
	return false
}

func isTemplate(expression hclsyntax.Expression) bool {
	switch unwrap(expression).(type) {
	case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr:
		return true
	}
	return false
}

// The names that every expression knows.
const (
	variableRoot = "var"
	localRoot    = "local"
	eachRoot     = "each"
)

func rootRemedy(root string, s *scope) string {
	if root == eachRoot {
		return "each is known in a site with for_each"
	}
	if near, ok := nearest(root, s.names()); ok {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if len(s.names()) == 0 {
		return "functions can be called here, and nothing can be named; text stands in quotes"
	}
	return "known here: " + strings.Join(s.names(), ", ") + "; text stands in quotes"
}
