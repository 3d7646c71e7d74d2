package config

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// outline is a block as far as it is written: what an editor needs while a file
// does not parse yet.
type outline struct {
	kind     *schema // nil for a block that the language does not have
	name     string
	labels   []piecewise
	header   span // its name and labels
	body     span // from its brace to the other, or to the end
	around   *outline
	items    []item
	children []*outline
}

// span is a part of a text, by the offsets of its ends.
type span struct{ from, to int }

func (s span) holds(offset int) bool { return s.from <= offset && offset <= s.to }

// piecewise is a text with its place, quotes included.
type piecewise struct {
	text  string
	place span
}

// item is an argument.
type item struct {
	name  string
	place span // of the name
	value span // from the "=" to its end
}

// outliner reads tokens, and makes something of every text.
type outliner struct {
	tokens hclsyntax.Tokens
	at     int
	text   []byte
	extra  *schema // of the blocks that stand for others
}

// outlineOf reads a file.
func outlineOf(name string, text []byte) *outline {
	tokens, _ := hclsyntax.LexConfig(text, name, start)
	o := &outliner{tokens: tokens, text: text, extra: dynamicLanguage()}
	file := &outline{kind: language(), body: span{0, len(text)}}
	for o.at < len(o.tokens) {
		o.fill(file)
		o.at++ // a brace that nobody has opened
	}
	return file
}

// fill reads what is in a block, up to its closing brace.
func (o *outliner) fill(b *outline) {
	for o.at < len(o.tokens) {
		token := o.tokens[o.at]
		switch token.Type {
		case hclsyntax.TokenCBrace:
			return
		case hclsyntax.TokenIdent:
			o.item(b)
		default:
			o.at++
		}
	}
}

// item reads an argument or a block, whose name is the next token.
func (o *outliner) item(around *outline) {
	name := o.tokens[o.at]
	head := spanOf(name)
	o.at++
	var labels []piecewise
	for o.at < len(o.tokens) {
		token := o.tokens[o.at]
		switch token.Type {
		case hclsyntax.TokenOQuote:
			label := o.quoted()
			labels, head.to = append(labels, label), label.place.to
		case hclsyntax.TokenOBrace:
			o.block(around, string(name.Bytes), labels, head)
			return
		case hclsyntax.TokenEqual:
			o.at++
			value := o.value(token.Range.End.Byte)
			around.items = append(around.items, item{string(name.Bytes), spanOf(name), value})
			return
		default:
			around.items = append(around.items, item{string(name.Bytes), spanOf(name), span{-1, -1}})
			return
		}
	}
	around.items = append(around.items, item{string(name.Bytes), spanOf(name), span{-1, -1}})
}

func (o *outliner) block(around *outline, name string, labels []piecewise, head span) {
	b := &outline{name: name, labels: labels, header: head, around: around, kind: o.kindOf(around, name)}
	b.body = span{o.tokens[o.at].Range.End.Byte, len(o.text)}
	o.at++
	around.children = append(around.children, b)
	if o.fill(b); o.at < len(o.tokens) {
		b.body.to = o.tokens[o.at].Range.Start.Byte
		o.at++
	}
}

// kindOf is what the language has under a name; the content of a dynamic block is
// of the kind that its label names.
func (o *outliner) kindOf(around *outline, name string) *schema {
	switch {
	case around.kind == nil:
		return nil
	case name == o.extra.name && around.around != nil:
		return o.extra
	case around.name == o.extra.name && name == "content" && len(around.labels) > 0 && around.around.kind != nil:
		return around.around.kind.child(around.labels[0].text)
	}
	return around.kind.child(name)
}

// quoted reads a string up to its closing quote, or the end of its line.
func (o *outliner) quoted() piecewise {
	begin := o.tokens[o.at].Range
	one := piecewise{place: span{begin.Start.Byte, begin.End.Byte}}
	for o.at++; o.at < len(o.tokens); o.at++ {
		token := o.tokens[o.at]
		switch token.Type {
		case hclsyntax.TokenQuotedLit:
			one.text += string(token.Bytes)
		case hclsyntax.TokenCQuote:
			one.place.to = token.Range.End.Byte
			o.at++
			return one
		default:
			return one
		}
		one.place.to = token.Range.End.Byte
	}
	return one
}

// value passes the value of an argument, which ends with its line, unless brackets
// are open, or with its block.
func (o *outliner) value(from int) span {
	whole := span{from, from}
	for depth := 0; o.at < len(o.tokens); o.at++ {
		token := o.tokens[o.at]
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenCBrace:
			if depth--; depth < 0 {
				whole.to = max(whole.to, token.Range.Start.Byte)
				return whole
			}
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF:
			if depth <= 0 || token.Type == hclsyntax.TokenEOF {
				whole.to = max(whole.to, token.Range.Start.Byte)
				return whole
			}
		case hclsyntax.TokenComment:
			if depth <= 0 {
				return whole
			}
		}
		whole.to = token.Range.End.Byte
	}
	return whole
}

func spanOf(token hclsyntax.Token) span {
	return span{token.Range.Start.Byte, token.Range.End.Byte}
}

// innermost is the block whose body holds an offset.
func (b *outline) innermost(offset int) *outline {
	for _, child := range b.children {
		if child.body.holds(offset) {
			return child.innermost(offset)
		}
	}
	return b
}

// within is the block itself or the nearest around it that has the name; nil where
// there is none.
func (b *outline) within(name string) *outline {
	for ; b != nil && b.name != name; b = b.around {
	}
	return b
}
