package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"edgegen/internal/rawtext"
	"edgegen/internal/site"
)

// rawIn reads text for a daemon's file. The row's field is a site.Raw.
func rawIn(check func(text string) *rawtext.Problem) func(*block, *argument) {
	return func(b *block, a *argument) {
		written, ok := b.text(a)
		if !ok {
			return
		}
		lines := b.linesOf(a, written)
		var texts []string
		for _, line := range lines {
			texts = append(texts, line.text)
		}
		if p := check(strings.Join(texts, "\n")); p != nil {
			b.errorAt(lines[min(p.Line, len(lines))-1].place, p.Remedy, "the raw text for %s %s", a.name, p.What)
			return
		}
		raw := a.into(b.model).(*site.Raw)
		for _, line := range lines {
			*raw = append(*raw, site.RawLine{Text: line.text, Source: b.sourceOf(line.place)})
		}
	}
}

// linesOf cuts a text into lines, each with the place where it is written. What an
// expression makes within a text has the place of the expression.
func (b *block) linesOf(a *argument, whole located) []located {
	var lines []located
	expression, _ := b.expression(a)
	for _, piece := range b.piecesOf(a.name, expression) {
		for i, text := range strings.SplitAfter(piece.text, "\n") {
			place := b.lineWithin(piece, i)
			if last := len(lines) - 1; last < 0 || strings.HasSuffix(lines[last].text, "\n") {
				lines = append(lines, located{text, place})
			} else {
				lines[last].text += text
			}
		}
	}
	var all strings.Builder
	for _, line := range lines {
		all.WriteString(line.text)
	}
	texts := rawtext.Lines(whole.text)
	exact := all.String() == whole.text
	cut := make([]located, len(texts))
	for i, text := range texts {
		cut[i] = located{text, whole.place}
		if exact {
			cut[i].place = lines[i].place
		}
	}
	return cut
}

// piecesOf are the literals and the values that a text is made of.
func (b *block) piecesOf(name string, expression hclsyntax.Expression) (pieces []located) {
	template, ok := unwrap(expression).(*hclsyntax.TemplateExpr)
	if !ok {
		return nil
	}
	for _, part := range template.Parts {
		var value cty.Value
		if literal, ok := part.(*hclsyntax.LiteralValueExpr); ok {
			value = literal.Val
		} else if value, ok = b.value(name, part); !ok {
			return nil
		}
		text, err := stringOfValue(unmarked(value))
		if err != nil || text.IsNull() {
			return nil
		}
		pieces = append(pieces, located{text.AsString(), part.Range()})
	}
	return pieces
}

// lineWithin is the place of one line of a literal, of which the file has as many lines;
// or else that of the whole.
func (b *block) lineWithin(piece located, number int) hcl.Range {
	s, ok := b.sources[piece.place.Filename]
	if !ok {
		return piece.place
	}
	written := strings.SplitAfter(s.text(piece.place), "\n")
	if len(written) != strings.Count(piece.text, "\n")+1 {
		return piece.place
	}
	place := piece.place
	for _, before := range written[:number] {
		place.Start.Byte += len(before)
	}
	line := strings.TrimRight(written[number], "\r\n")
	place.End.Byte = place.Start.Byte + len(line)
	place.Start.Byte += len(line) - len(strings.TrimLeft(line, " \t"))
	return place
}
