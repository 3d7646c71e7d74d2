package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// variable is a variable block.
type variable struct {
	name        string
	block       *block
	kind        cty.Type // cty.DynamicPseudoType for any
	defaults    *typeexpr.Defaults
	standard    cty.Value // cty.NilVal where a value has to be given
	description string
	sensitive   bool
	nullable    bool
	validations []validation
}

// validation is a validation block, whose expressions are evaluated when every
// variable and local has its value.
type validation struct {
	block              *block
	condition, message hclsyntax.Expression
}

func sortedNames[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// declareVariables decodes variable blocks.
func (l *loader) declareVariables(blocks []*block) map[string]*variable {
	declared := map[string]*variable{}
	for _, b := range blocks {
		v := &variable{block: b, kind: cty.DynamicPseudoType, nullable: true}
		b.decode(v)
		if v.name == "" {
			continue
		}
		if first := declared[v.name]; first != nil {
			b.errorAt(b.labels[0].place, "keep one of them", "a second variable %q: the first is at %s", v.name, b.where(first.block.place))
			continue
		}
		declared[v.name] = v
	}
	return declared
}

func readVariableName(b *block, label located, v *variable) {
	if !hclsyntax.ValidIdentifier(label.text) {
		b.errorAt(label.place, `use letters, digits, "_" and "-", and a letter first`, "%q is no name for a variable", label.text)
		return
	}
	v.name = label.text
}

func readVariableType(b *block, a *argument, v *variable) {
	expression, ok := b.expression(a)
	if !ok {
		return
	}
	kind, defaults, problems := typeexpr.TypeConstraintWithDefaults(expression)
	for _, problem := range problems {
		b.errorAt(*problem.Subject, "write string, number, bool, list(string), set(string), map(string) or object({ … }), say", "%s: %s", a.name, lowerFirst(problem.Detail))
	}
	if !problems.HasErrors() {
		v.kind, v.defaults = kind, defaults
	}
}

// readVariableDefault reads a default, which can call functions and name
// nothing. It is converted where the others are.
func readVariableDefault(b *block, a *argument, v *variable) {
	if expression, ok := b.expression(a); ok {
		if value, ok := b.value(a.name, expression); ok {
			v.standard = value
		} else {
			v.standard = cty.DynamicVal
		}
	}
}

func readNullable(b *block, a *argument, v *variable) {
	v.nullable = !b.holds(a) || b.flag(a)
}

func readCondition(b *block, a *argument, v *validation) { v.condition, _ = b.expression(a) }
func readMessage(b *block, a *argument, v *validation)   { v.message, _ = b.expression(a) }

func fillValidations(around *block, kind *schema) {
	v := around.model.(*variable)
	for _, b := range around.all(kind) {
		one := validation{block: b}
		b.decode(&one)
		if one.condition != nil && one.message != nil {
			v.validations = append(v.validations, one)
		}
	}
}

// settle returns the value of a variable: the given one, or its default. It is unknown if
// there is neither, which has been reported.
func (l *loader) settle(v *variable, given map[string]givenValue) cty.Value {
	at, isGiven := given[v.name]
	value, ok := v.standard, v.standard != cty.NilVal
	switch {
	case isGiven:
		value, ok = l.readGiven(v, at)
	case !ok:
		v.block.errorAt(v.block.place, fmt.Sprintf("give one by --var %s=…, a file that ends in %s, or %s%s, or add a default", v.name, automaticEnding, environmentPrefix, v.name),
			"the variable %q has no value", v.name)
	default:
		at = givenValue{place: v.block.valuePlace(&v.standard), from: "its default"}
	}
	if !ok {
		return cty.UnknownVal(v.kind)
	}
	value, ok = l.convertGiven(v, value, at)
	if v.sensitive {
		value = value.Mark(sensitive)
		l.keepSecret(value)
	}
	if !ok {
		return cty.UnknownVal(v.kind)
	}
	return value
}

// readGiven reads a text: as it is for a variable of a plain kind, else as HCL.
func (l *loader) readGiven(v *variable, given givenValue) (cty.Value, bool) {
	if given.value != cty.NilVal {
		return given.value, true
	}
	if v.sensitive {
		l.secrets[given.text] = true
	}
	if v.kind.IsPrimitiveType() || v.kind == cty.DynamicPseudoType {
		return cty.StringVal(given.text), true
	}
	expression, problems := hclsyntax.ParseExpression([]byte(given.text), "", start)
	value := cty.DynamicVal
	if !problems.HasErrors() {
		value, problems = expression.Value(nil)
	}
	if problems.HasErrors() {
		l.refuseGiven(v, given, fmt.Sprintf("is no %s in HCL: %s", v.kind.FriendlyNameForConstraint(), lowerFirst(problems[0].Summary)))
		return cty.DynamicVal, false
	}
	return value, true
}

func (l *loader) convertGiven(v *variable, value cty.Value, from givenValue) (cty.Value, bool) {
	if value.IsNull() && !v.nullable {
		if value = v.standard; value == cty.NilVal || value.IsNull() {
			l.refuseGiven(v, from, "is null, and nullable is false")
			return cty.UnknownVal(v.kind), false
		}
	}
	if v.defaults != nil && !value.IsNull() {
		value = v.defaults.Apply(value)
	}
	converted, err := convert.Convert(value, v.kind)
	switch {
	case err != nil && v.sensitive:
		l.refuseGiven(v, from, "is not of its type, "+v.kind.FriendlyNameForConstraint())
		return value, false
	case err != nil:
		l.refuseGiven(v, from, "is not of its type: "+convertProblem(err))
		return value, false
	}
	return converted, converted.IsWhollyKnown()
}

func convertProblem(err error) string {
	if path := (cty.PathError{}); errors.As(err, &path) && len(path.Path) > 0 {
		return fmt.Sprintf("%s: %v", pathText(path.Path), err)
	}
	return err.Error()
}

func pathText(path cty.Path) string {
	text := ""
	for _, step := range path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			text += "." + step.Name
		case cty.IndexStep:
			text += "[" + literalOf(step.Key) + "]"
		}
	}
	return text
}

// refuseGiven reports a value at its place. A value of the command line or the
// environment has none, and is reported at the variable.
func (l *loader) refuseGiven(v *variable, from givenValue, problem string) {
	place := from.place
	if place.Filename == "" {
		place = v.block.place
	}
	remedy := fmt.Sprintf("the value is from %s", from.from)
	l.errorAt(place, remedy, "the value of the variable %q %s", v.name, problem)
}

// validate reports the conditions of a variable that are not true.
func (l *loader) validate(v *variable, given map[string]givenValue) {
	from := "its default"
	if at, ok := given[v.name]; ok {
		from = at.from
	}
	for _, one := range v.validations {
		one.block.scope = l.scope
		condition, ok := l.evaluate(one.block.schema.title, one.condition, l.scope)
		if !ok {
			continue
		}
		condition, _ = condition.UnmarkDeep()
		condition, err := convert.Convert(condition, cty.Bool)
		if err != nil || condition.IsNull() {
			l.errorAt(one.condition.Range(), "", "the condition must be true or false")
			continue
		}
		if condition.True() {
			continue
		}
		message := "the value is not valid"
		if written, ok := l.evaluate(one.block.schema.title, one.message, l.scope); ok {
			if text, err := convert.Convert(written, cty.String); err == nil && !text.IsMarked() && !text.IsNull() {
				message = text.AsString()
			}
		}
		l.errorAt(one.condition.Range(), "the value is from "+from, "variable %q: %s", v.name, message)
	}
}

// valuePlace is the place of an argument's value.
func (b *block) valuePlace(field any) hcl.Range {
	if expression, ok := b.expression(b.row(field)); ok {
		return expression.Range()
	}
	return b.place
}
