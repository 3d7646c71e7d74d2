package importer

import (
	"slices"
	"strings"
)

// discard takes a block out of the one around it. What its lines meant for it has no
// effect, for this reason.
func (b *block) discard(why string) {
	b.around.remove(b)
	place := b.place()
	b.everyLine(func(line *Line) {
		line.Into = slices.DeleteFunc(line.Into, func(one string) bool { return strings.HasPrefix(one, place) })
		if line.Verdict == Translated && len(line.Into) == 0 {
			line.Verdict, line.Why, line.PutRight = Idle, why, nil
		}
	})
}

// everyLine calls a function with the lines that a block comes from, and all in it.
func (b *block) everyLine(do func(*Line)) {
	for _, line := range b.from {
		do(line)
	}
	for _, a := range b.arguments {
		for _, line := range a.from {
			do(line)
		}
	}
	for _, one := range b.blocks {
		one.everyLine(do)
	}
}

// copyOf is the block again, by another label, in the same block around it.
func (b *block) copyOf(label string, from ...*Line) *block {
	again := b.around.add(&block{kind: b.kind, label: label, labelled: b.labelled}, append(slices.Clone(b.from), from...))
	b.copyInto(again)
	return again
}

func (b *block) copyInto(to *block) {
	for _, a := range b.arguments {
		to.set(a.name, a.value, a.from...)
	}
	for _, one := range b.blocks {
		below := to.add(&block{kind: one.kind, label: one.label, labelled: one.labelled}, one.from)
		one.copyInto(below)
	}
}
