package config

import (
	"time"

	"edgegen/internal/site"
)

// decode fills the model of a block: what its label and its arguments say or
// stand for, what its blocks hold, and the place of each that the model keeps.
// Then the block is checked as a whole.
func (b *block) decode(model any) {
	defer b.enter()()
	b.model = model
	if b.schema.source != nil && b.present() {
		*b.schema.source(model).(*site.Source) = b.source()
	}
	if b.schema.readLabel != nil && len(b.labels) > 0 {
		b.schema.readLabel(b, b.labels[0])
	}
	for i := range b.schema.arguments {
		before := b.errors
		if b.readArgument(&b.schema.arguments[i]); b.errors > before {
			b.findWrong(&b.schema.arguments[i])
		}
	}
	for _, kind := range b.schema.blocks {
		if kind.home.fill != nil { // else its block reads it
			kind.home.fill(b, kind)
		}
	}
	if b.schema.check != nil {
		b.schema.check(b)
	}
}

func (b *block) readArgument(a *argument) {
	written := b.holds(a)
	if a.needed && b.present() && !written && !b.wrong(a) {
		b.lacks(a)
	}
	if a.source != nil && written {
		*a.source(b.model).(*site.Source) = b.sourceOf(b.placeOf(a))
	}
	if a.read != nil {
		a.read(b, a)
		return
	}
	switch to := a.into(b.model).(type) {
	case *string:
		*to = b.word(a)
	case *[]string:
		*to = b.words(a)
	case *bool:
		*to = b.flag(a)
	case *int:
		*to = b.count(a)
	case *float64:
		*to = b.share(a)
	case *int64:
		*to = b.size(a)
	case *time.Duration:
		*to = b.duration(a)
	}
}

func (b *block) findWrong(a *argument) {
	if b.wrongs == nil {
		b.wrongs = map[string]bool{}
	}
	b.wrongs[a.name] = true
}

// lacks reports an argument that the block cannot do without.
func (b *block) lacks(a *argument) {
	b.errorAt(b.place, "add "+a.name+" = "+a.example, "%s needs %s", b.schema.title, a.name)
}

// row is the row of the argument whose field in the model is given.
func (b *block) row(of any) *argument {
	for i := range b.schema.arguments {
		if a := &b.schema.arguments[i]; a.into(b.model) == of {
			return a
		}
	}
	panic("config: " + b.schema.title + " has no argument for the field")
}

// has reports whether the argument of a field is written.
func (b *block) has(field any) bool { return b.holds(b.row(field)) }

// kindIn is the kind of block whose model is kept in the field.
func (b *block) kindIn(field any) *schema {
	for _, kind := range b.schema.blocks {
		if kind.home.at != nil && kind.home.at(b.model) == field {
			return kind
		}
	}
	panic("config: " + b.schema.title + " has no block for the field")
}
