package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// declare evaluates what the expressions of a site can name: variables, and
// locals, which may stand in any order and name each other.
func (l *loader) declare(files []*block) {
	base := &scope{context: &hcl.EvalContext{Functions: l.functions()}}
	l.scope = base
	var variables, locals []*block
	for _, file := range files {
		file.scope = base
		variables = append(variables, file.all(l.language.variable())...)
		locals = append(locals, file.all(l.language.locals())...)
	}
	for _, b := range slices.Concat(variables, locals) {
		s := l.sources[b.place.Filename]
		if isJSON(s.name) { // whose blocks do not know where they end
			l.identify("file", s.name, string(s.content))
			continue
		}
		l.identify("block", s.name, s.text(b.node.Range()))
	}
	declared := l.declareVariables(variables)
	given := l.gather(declared)
	values := map[string]cty.Value{}
	l.declared[variableRoot] = sortedNames(declared)
	for _, name := range l.declared[variableRoot] {
		values[name] = l.settle(declared[name], given)
	}
	names := map[string]cty.Value{variableRoot: cty.ObjectVal(values), localRoot: cty.EmptyObjectVal}
	l.scope = &scope{context: &hcl.EvalContext{Functions: base.context.Functions, Variables: names}}
	l.evaluateLocals(locals, names)
	for _, name := range sortedNames(declared) {
		l.validate(declared[name], given)
	}
	l.scopeID = l.digest()
}

// localValue is an argument of a locals block on its way to its value.
type localValue struct {
	attribute *hclsyntax.Attribute
	needs     []string // other locals
	state     int
}

// The states of a local.
const (
	waiting = iota
	underWay
	settled
)

// evaluateLocals evaluates each local after those that it names.
func (l *loader) evaluateLocals(blocks []*block, names map[string]cty.Value) {
	locals := l.collectLocals(blocks)
	l.declared[localRoot] = sortedNames(locals)
	values := map[string]cty.Value{}
	var order []string
	for _, name := range l.declared[localRoot] {
		values[name] = cty.DynamicVal // until it has one
		l.order(name, locals, nil, &order)
	}
	for _, name := range order {
		local := locals[name]
		needed := map[string]cty.Value{}
		for _, other := range local.needs {
			needed[other] = values[other]
		}
		s := &scope{context: l.scope.context.NewChild()}
		s.context.Variables = map[string]cty.Value{localRoot: cty.ObjectVal(needed)}
		if value, ok := l.evaluate(name, local.attribute.Expr, s); ok {
			values[name] = value
		}
	}
	names[localRoot] = cty.ObjectVal(values)
}

func (l *loader) collectLocals(blocks []*block) map[string]*localValue {
	locals := map[string]*localValue{}
	for _, b := range blocks {
		for _, attribute := range sortedAttributes(b.body) {
			if first := locals[attribute.Name]; first != nil {
				l.errorAt(attribute.NameRange, "keep one of them", "a second local %q: the first is at %s", attribute.Name, l.where(first.attribute.NameRange))
				continue
			}
			locals[attribute.Name] = &localValue{attribute: attribute}
		}
	}
	for _, local := range locals {
		for _, reference := range local.attribute.Expr.Variables() {
			if step, ok := secondStep(reference); ok && reference.RootName() == localRoot && locals[step] != nil {
				local.needs = append(local.needs, step)
			}
		}
	}
	return locals
}

func secondStep(reference hcl.Traversal) (string, bool) {
	if len(reference) < 2 {
		return "", false
	}
	step, ok := reference[1].(hcl.TraverseAttr)
	return step.Name, ok
}

// order appends a local behind those that it needs. A circle is reported once.
func (l *loader) order(name string, locals map[string]*localValue, path []string, order *[]string) {
	local := locals[name]
	switch local.state {
	case settled:
		return
	case underWay:
		circle := append(path[slices.Index(path, name):], name)
		l.errorAt(local.attribute.NameRange, "a value cannot depend on itself", "a circle of locals: %s", strings.Join(circle, " → "))
		return
	}
	local.state = underWay
	for _, other := range local.needs {
		l.order(other, locals, append(path, name), order)
	}
	local.state = settled
	*order = append(*order, name)
}

func sortedAttributes(body *hclsyntax.Body) []*hclsyntax.Attribute {
	var sorted []*hclsyntax.Attribute
	for _, attribute := range body.Attributes {
		sorted = append(sorted, attribute)
	}
	slices.SortFunc(sorted, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	return sorted
}
