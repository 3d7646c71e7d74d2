package config

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// argument returns the expression of an argument, if it is there.
func (b *block) argument(name string) (hclsyntax.Expression, bool) {
	attribute, ok := b.body.Attributes[name]
	if !ok {
		return nil, false
	}
	return attribute.Expr, true
}

func (b *block) has(name string) bool {
	_, ok := b.argument(name)
	return ok
}

// nameOf is the place of an argument's name, or of the block without it.
func (b *block) nameOf(name string) hcl.Range {
	if attribute, ok := b.body.Attributes[name]; ok {
		return attribute.NameRange
	}
	return b.place
}

// required reports an argument that is missing.
func (b *block) required(name, example string) bool {
	if b.has(name) {
		return true
	}
	b.errorAt(b.place, "add "+name+" = "+example, "%s needs %s", b.schema.title, name)
	return false
}

// text reads a string. It is not ok where the argument is missing or wrong;
// only the latter is reported.
func (b *block) text(name string) (located, bool) {
	expression, ok := b.argument(name)
	if !ok {
		return located{}, false
	}
	return b.stringOf(name, expression)
}

// texts reads a list of strings. The list holds the good ones, also where it
// is not ok.
func (b *block) texts(name string) ([]located, bool) {
	expression, ok := b.argument(name)
	if !ok {
		return nil, false
	}
	return b.stringsOf(name, expression)
}

// fewTexts reads a list of at most so many strings: one that is looked
// through for each of its own elements, or at every request.
func (b *block) fewTexts(name string, most int) ([]located, bool) {
	written, ok := b.texts(name)
	if len(written) > most {
		b.errorAt(b.nameOf(name), "", "%s has %d elements, and can have at most %d", name, len(written), most)
		return nil, false
	}
	return written, ok
}

func (b *block) flag(name string) bool {
	expression, ok := b.argument(name)
	if !ok {
		return false
	}
	value, _ := b.flagOf(name, expression)
	return value
}

func (b *block) pairs(name string) []pair {
	expression, ok := b.argument(name)
	if !ok {
		return nil
	}
	return b.pairsOf(name, expression)
}

// choice reads a string that is one of several.
func (b *block) choice(name, standard string, choices ...string) string {
	value, ok := b.text(name)
	if !ok {
		return standard
	}
	if !slices.Contains(choices, value.text) {
		b.errorAt(value.place, suggest(value.text, choices), "%s cannot be %q", name, value.text)
		return standard
	}
	return value.text
}

// count reads a number within bounds.
func (b *block) count(name string, standard, least, most int64) int {
	expression, ok := b.argument(name)
	if !ok {
		return int(standard)
	}
	number, place, ok := b.numberOf(name, expression)
	switch {
	case !ok:
		return int(standard)
	case number.Cmp(big.NewInt(least)) < 0 || number.Cmp(big.NewInt(most)) > 0:
		b.errorAt(place, "", "%s must be between %d and %d, not %s", name, least, most, number)
		return int(standard)
	}
	return int(number.Int64())
}

// size reads a number of bytes within bounds.
func (b *block) size(name string, standard, least, most int64) int64 {
	value, ok := b.quantity(name, "KiB", "MiB")
	if !ok {
		return standard
	}
	bytes, problem, remedy := parseSize(value.text)
	switch {
	case problem != "":
		b.errorAt(value.place, remedy, "%s = %q: %s", name, value.text, problem)
		return standard
	case bytes < least || bytes > most:
		b.errorAt(value.place, "", "%s must be between %s and %s, not %s", name, formatSize(least), formatSize(most), value.text)
		return standard
	}
	return bytes
}

// duration reads a time within bounds.
func (b *block) duration(name string, standard, least, most time.Duration) time.Duration {
	value, ok := b.quantity(name, "s", "m")
	if !ok {
		return standard
	}
	time, problem, remedy := parseDuration(value.text)
	switch {
	case problem != "":
		b.errorAt(value.place, remedy, "%s = %q: %s", name, value.text, problem)
		return standard
	case time < least || time > most:
		b.errorAt(value.place, "", "%s must be between %s and %s, not %s", name, formatDuration(least), formatDuration(most), value.text)
		return standard
	}
	return time
}

// quantity reads a string that holds a number and a unit; for a bare number
// the remedy names units that may be meant.
func (b *block) quantity(name, small, large string) (located, bool) {
	expression, ok := b.argument(name)
	if !ok {
		return located{}, false
	}
	literal, bare := unwrap(expression).(*hclsyntax.LiteralValueExpr)
	if !bare || literal.Val.IsNull() || literal.Val.Type() != cty.Number {
		return b.stringOf(name, expression)
	}
	place := literal.Range()
	number := b.sources[place.Filename].text(place)
	b.errorAt(place, fmt.Sprintf("write %q or %q, say", number+small, number+large), "%s needs a unit", name)
	return located{}, false
}
