package importer

import (
	"slices"
	"strings"

	"edgegen/internal/hcltext"
)

// block is a block of the site file that is being made.
type block struct {
	kind, label string
	labelled    bool
	around      *block // nil for the file itself
	from        []*Line
	arguments   []*argument
	blocks      []*block
	off         string // why it stands in a comment; "" where it does not
	passed      bool   // nothing of the route is to be stored that does not say so
}

// argument is one of a block's, with its value as HCL.
type argument struct {
	name, value string
	from        []*Line
	off         string
	comment     []string // lines that stand before it
}

// sub is the one block of a kind, which is made where there is none.
func (b *block) sub(kind string, from ...*Line) *block {
	for _, one := range b.blocks {
		if one.kind == kind && !one.labelled {
			one.come(from)
			return one
		}
	}
	return b.add(&block{kind: kind}, from)
}

// named is the block of a kind and label, which is made where there is none.
func (b *block) named(kind, label string, from ...*Line) *block {
	if one := b.find(kind, label); one != nil {
		one.come(from)
		return one
	}
	return b.add(&block{kind: kind, label: label, labelled: true}, from)
}

// another is one more block, even where one of that label is there.
func (b *block) another(kind, label string, from ...*Line) *block {
	return b.add(&block{kind: kind, label: label, labelled: true}, from)
}

func (b *block) add(one *block, from []*Line) *block {
	one.around = b
	b.blocks = append(b.blocks, one)
	one.come(from)
	return one
}

// come has the block come from more lines.
func (b *block) come(from []*Line) {
	for _, line := range from {
		line.into(b.place())
		if !slices.Contains(b.from, line) {
			b.from = append(b.from, line)
		}
	}
}

// find is the block of a kind and label; nil where there is none.
func (b *block) find(kind, label string) *block {
	for _, one := range b.blocks {
		if one.kind == kind && one.label == label {
			return one
		}
	}
	return nil
}

// all are the blocks of a kind.
func (b *block) all(kind string) (found []*block) {
	for _, one := range b.blocks {
		if one.kind == kind {
			found = append(found, one)
		}
	}
	return found
}

// remove takes a block out.
func (b *block) remove(one *block) {
	b.blocks = slices.DeleteFunc(b.blocks, func(other *block) bool { return other == one })
}

// set gives an argument a value, in place of the one that it has.
func (b *block) set(name, value string, from ...*Line) *argument {
	a := b.argument(name)
	if a == nil {
		a = &argument{name: name}
		b.arguments = append(b.arguments, a)
	}
	a.value = value
	for _, line := range from {
		line.into(b.place() + name)
		if !slices.Contains(a.from, line) {
			a.from = append(a.from, line)
		}
	}
	return a
}

// argument is one by its name; nil where it is not set.
func (b *block) argument(name string) *argument {
	for _, one := range b.arguments {
		if one.name == name {
			return one
		}
	}
	return nil
}

// drop takes an argument out.
func (b *block) drop(name string) {
	b.arguments = slices.DeleteFunc(b.arguments, func(one *argument) bool { return one.name == name })
}

// addTo appends texts to a list, those that are in it aside.
func (b *block) addTo(name string, texts []string, from ...*Line) {
	var all []string
	if a := b.argument(name); a != nil {
		all = listed(a.value)
	}
	for _, text := range texts {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	b.set(name, hcltext.List(all), from...)
}

// without takes a text out of a list, and the list where nothing is left.
func (b *block) without(name, text string) {
	a := b.argument(name)
	if a == nil {
		return
	}
	left := slices.DeleteFunc(listed(a.value), func(one string) bool { return one == text })
	if a.value = hcltext.List(left); len(left) == 0 {
		b.drop(name)
	}
}

// put gives a key of an object a value.
func (b *block) put(name, key, value string, from ...*Line) {
	entry := hcltext.Quote(key) + " = " + value
	a := b.argument(name)
	if a == nil {
		b.set(name, "{\n"+entry+"\n}", from...)
		return
	}
	var entries []string
	for line := range strings.Lines(strings.TrimSuffix(strings.TrimPrefix(a.value, "{\n"), "\n}") + "\n") {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, hcltext.Quote(key)+" = ") {
			entries = append(entries, line)
		}
	}
	b.set(name, "{\n"+strings.Join(append(entries, entry), "\n")+"\n}", from...)
}

// text is the value of an argument that is a string, "" where it is not set.
func (b *block) text(name string) string {
	if a := b.argument(name); a != nil {
		if all := listed(a.value); len(all) > 0 {
			return all[0]
		}
	}
	return ""
}

// texts are the values of an argument that is a list.
func (b *block) texts(name string) []string {
	if a := b.argument(name); a != nil {
		return listed(a.value)
	}
	return nil
}

// hosts are all hosts of a site's block: its label, and those that its lists name.
func (b *block) hosts() []string {
	return slices.Concat([]string{b.label}, b.texts("hosts"), b.texts("aliases"))
}

// place names the block as the account does: site "a.test" → route "/" → .
func (b *block) place() string {
	if b.around == nil {
		return ""
	}
	return b.around.place() + b.head() + " → "
}

func (b *block) head() string {
	if b.labelled {
		return b.kind + " " + hcltext.Quote(b.label)
	}
	return b.kind
}
