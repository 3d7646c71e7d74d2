package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// checkNames reports every argument and block that the schema does not have,
// and every block that stands there twice.
func (b *block) checkNames() {
	// A map has no order, but the problems that are shown first must always be the same.
	for _, attribute := range sortedAttributes(b.body) {
		if b.schema.argument(attribute.Name) == nil && !b.schema.free {
			b.unknownArgument(attribute)
		}
	}
	first := map[string]hcl.Range{}
	for _, node := range b.body.Blocks {
		kind := b.schema.child(node.Type)
		earlier, again := first[node.Type]
		switch {
		case kind == nil:
			b.unknownBlock(node)
		case again && !kind.many:
			b.errorAt(node.DefRange(), "keep one of them", "a second %s block: the first is at %s", node.Type, b.where(earlier))
		case !again:
			first[node.Type] = node.DefRange()
		}
	}
}

func (b *block) unknownArgument(attribute *hclsyntax.Attribute) {
	name, place := attribute.Name, attribute.NameRange
	if b.schema.child(name) != nil {
		b.errorAt(place, fmt.Sprintf("write %s { … }, without \"=\"", name), "%s is a block, not an argument", name)
		return
	}
	b.errorAt(place, b.remedyFor(name, slices.Concat(b.schema.argumentNames(), b.schema.blockNames())),
		"%s has no argument %q", b.schema.title, name)
}

func (b *block) unknownBlock(node *hclsyntax.Block) {
	if b.schema.argument(node.Type) != nil {
		b.errorAt(node.TypeRange, fmt.Sprintf("write %s = …", node.Type), "%s is an argument, not a block", node.Type)
		return
	}
	b.errorAt(node.TypeRange, b.remedyFor(node.Type, slices.Concat(b.schema.blockNames(), b.schema.argumentNames())),
		"%s has no block %q", b.schema.title, node.Type)
}

// meant has nobody miss what an unknown name has most likely meant.
func (b *block) meant(name string) {
	if a := b.schema.argument(name); a != nil {
		b.findWrong(a)
	}
	if kind := b.schema.child(name); kind != nil {
		b.findLacking(kind)
	}
}

// remedyFor says what an unknown name may have meant.
func (b *block) remedyFor(name string, known []string) string {
	if near, ok := nearest(strings.TrimPrefix(name, "vcl_"), known); ok {
		b.meant(near)
		return fmt.Sprintf("did you mean %q?", near)
	}
	if said := foreign(name); said != "" {
		return said
	}
	if name == b.dynamicKind.name {
		return "a site is repeated by for_each; " + name + " repeats the blocks within one"
	}
	if homes := append(b.language.homesOf(name), b.dynamicKind.homesOf(name)...); len(homes) > 0 {
		return fmt.Sprintf("%s belongs in %s", name, strings.Join(homes, " or "))
	}
	return "known here: " + strings.Join(known, ", ")
}
