package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// expression is the value of an argument, if it is written.
func (b *block) expression(a *argument) (hclsyntax.Expression, bool) {
	attribute, ok := b.body.Attributes[a.name]
	if !ok || b.nulls[a.name] {
		return nil, false
	}
	return attribute.Expr, true
}

func (b *block) holds(a *argument) bool {
	_, ok := b.body.Attributes[a.name]
	return ok && !b.nulls[a.name]
}

// placeOf is the place of an argument's name, or of the block without it.
func (b *block) placeOf(a *argument) hcl.Range {
	if attribute, ok := b.body.Attributes[a.name]; ok {
		return attribute.NameRange
	}
	return b.place
}

// text reads a string. It is not ok where the argument is missing or wrong;
// only the latter is reported.
func (b *block) text(a *argument) (located, bool) {
	expression, ok := b.expression(a)
	if !ok {
		return located{}, false
	}
	return b.stringOf(a.name, expression)
}

// texts reads a list of strings, with as many elements as the row allows: a list that is
// searched for each of its elements, or at every request, must not be long. The result
// holds the good ones even if it is not ok.
func (b *block) texts(a *argument) ([]located, bool) {
	expression, ok := b.expression(a)
	if !ok {
		return nil, false
	}
	written, ok := b.stringsOf(a.name, expression)
	if a.elements > 0 && len(written) > a.elements {
		b.errorAt(b.placeOf(a), "", "%s has %d elements, and can have at most %d", a.name, len(written), a.elements)
		return nil, false
	}
	return written, ok
}

// oneOrMore reads a string, or a list as texts does.
func (b *block) oneOrMore(a *argument) ([]located, bool) {
	expression, ok := b.expression(a)
	if !ok {
		return nil, false
	}
	expression = unwrap(expression)
	_, several := expression.(*hclsyntax.TupleConsExpr)
	if !several && !isConstant(expression) {
		value, ok := b.value(a.name, expression)
		if !ok {
			return nil, false
		}
		several = isSeveral(unmarked(value))
	}
	if several {
		return b.texts(a)
	}
	one, ok := b.text(a)
	if !ok {
		return nil, false
	}
	return []located{one}, true
}

// words reads a list of strings that need no place.
func (b *block) words(a *argument) []string {
	var words []string
	written, _ := b.texts(a)
	for _, one := range written {
		words = append(words, one.text)
	}
	return words
}

func (b *block) flag(a *argument) bool {
	expression, ok := b.expression(a)
	if !ok {
		return false
	}
	value, _ := b.flagOf(a.name, expression)
	return value
}

func (b *block) pairs(a *argument) []pair {
	expression, ok := b.expression(a)
	if !ok {
		return nil
	}
	return b.pairsOf(a.name, expression)
}

// word reads a string, which has to be one of the row's choices if it has any.
func (b *block) word(a *argument) string {
	standard := strings.Trim(a.standard, `"`)
	value, ok := b.text(a)
	switch {
	case !ok:
		return standard
	case a.choices != nil && !slices.Contains(a.choices, value.text):
		b.errorAt(value.place, suggest(value.text, a.choices), "%s cannot be %q", a.name, value.text)
		return standard
	}
	return value.text
}

// count reads a number within the bounds of its row.
func (b *block) count(a *argument) int {
	standard, _ := strconv.Atoi(a.standard)
	expression, ok := b.expression(a)
	if !ok {
		return standard
	}
	number, place, ok := b.numberOf(a.name, expression)
	if !ok {
		return standard
	}
	least, _ := strconv.ParseInt(a.least, 10, 64)
	most, err := strconv.ParseInt(a.most, 10, 64)
	if !number.IsInt64() || number.Int64() < least || err == nil && number.Int64() > most {
		b.errorAt(place, "", "%s must be between %s and %s, not %s", a.name, a.least, a.most, number)
		return standard
	}
	return int(number.Int64())
}

// share reads a fraction, from 0 to 1.
func (b *block) share(a *argument) float64 {
	standard, _ := strconv.ParseFloat(a.standard, 64)
	expression, ok := b.expression(a)
	if !ok {
		return standard
	}
	expression = unwrap(expression)
	value, ok := b.plainOf(a.name, expression, cty.Number, aNumber)
	if !ok {
		return standard
	}
	share, _ := value.AsBigFloat().Float64()
	if share < 0 || share > 1 {
		b.errorAt(expression.Range(), "write 0.1 for one of ten, say", "%s must be between 0 and 1", a.name)
		return standard
	}
	return share
}

// size reads a number of bytes within the bounds of its row.
func (b *block) size(a *argument) int64 {
	return measured(b, a, parseSize, "KiB", "MiB")
}

// duration reads a time within the bounds of its row.
func (b *block) duration(a *argument) time.Duration {
	return measured(b, a, parseDuration, "s", "m")
}

// measured reads a number with a unit; for a bare number the remedy names
// units that may be meant.
func measured[T time.Duration | int64](b *block, a *argument, parse func(string) (T, string, string), small, large string) T {
	standard, _, _ := parse(strings.Trim(a.standard, `"`))
	value, ok := b.quantity(a, small, large)
	if !ok {
		return standard
	}
	measure, problem, remedy := parse(value.text)
	least, _, _ := parse(a.least)
	most, _, _ := parse(a.most)
	switch {
	case problem != "":
		b.errorAt(value.place, remedy, "%s = %q: %s", a.name, value.text, problem)
		return standard
	case measure < least || measure > most:
		b.errorAt(value.place, "", "%s must be between %s and %s, not %s", a.name, a.least, a.most, value.text)
		return standard
	}
	return measure
}

func (b *block) quantity(a *argument, small, large string) (located, bool) {
	expression, ok := b.expression(a)
	if !ok {
		return located{}, false
	}
	expression = unwrap(expression)
	literal, bare := expression.(*hclsyntax.LiteralValueExpr)
	switch {
	case bare && literal.Val.Type() == cty.Number:
		place := literal.Range()
		number := b.sources[place.Filename].text(place)
		b.errorAt(place, fmt.Sprintf("write %q or %q, say", number+small, number+large), "%s needs a unit", a.name)
		return located{}, false
	case !isConstant(expression):
		if value, ok := b.value(a.name, expression); ok && unmarked(value).Type() == cty.Number {
			b.errorAt(expression.Range(), fmt.Sprintf(`write "${…}%s" or "${…}%s", say`, small, large), "%s needs a unit", a.name)
			return located{}, false
		}
	}
	return b.stringOf(a.name, expression)
}

// wrong reports whether an error was reported for an argument when it was read.
func (b *block) wrong(a *argument) bool { return b.wrongs[a.name] }
