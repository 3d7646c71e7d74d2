package config

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

// A file in HCL's JSON syntax is made into the tree that the native syntax
// parses to, so that everything behind the parser knows one form. JSON does not
// say what is a block and what an argument; the table of the language does.

const jsonEnding = ".json"

// isJSON reports whether a file is in the JSON syntax, as its name says.
func isJSON(name string) bool { return strings.HasSuffix(name, jsonEnding) }

// parseJSON parses a file as a whole.
func (l *loader) parseJSON(s *source) *hclsyntax.Body {
	if place, deep := deepJSON(s); deep {
		l.errorAt(place, "", "the file is nested too deeply to be a site")
		return nil
	}
	file, problems := hcljson.Parse(s.content, s.name)
	translation := &jsonTranslation{loader: l, source: s}
	if problems.HasErrors() {
		translation.report(problems[:min(len(problems), maxSyntaxErrors)])
		return nil
	}
	return translation.body(file.Body, l.language)
}

// deepJSON finds brackets that are nested too deeply, outside of strings.
func deepJSON(s *source) (place hcl.Range, deep bool) {
	depth, quoted := 0, false
	for at := 0; at < len(s.content); at++ {
		switch c := s.content[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > 2*maxDepth {
			return hcl.Range{Filename: s.name, Start: hcl.Pos{Byte: at}, End: hcl.Pos{Byte: at + 1}}, true
		}
	}
	return hcl.Range{}, false
}

// jsonTranslation makes native syntax of one file.
type jsonTranslation struct {
	*loader
	source *source
}

// body translates what a block holds. A name that the table does not have
// becomes an argument, which is refused where arguments are.
func (t *jsonTranslation) body(body hcl.Body, kind *schema) *hclsyntax.Body {
	native := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: body.MissingItemRange(), EndRange: body.MissingItemRange()}
	content, rest, problems := body.PartialContent(kind.jsonSchema(t.dynamicKind))
	t.report(problems)
	for _, block := range content.Blocks {
		if one := t.block(block, kind); one != nil {
			native.Blocks = append(native.Blocks, one)
		}
	}
	others, problems := rest.JustAttributes()
	t.report(problems)
	for _, attribute := range others {
		t.attribute(native, attribute, nil)
	}
	for _, attribute := range content.Attributes {
		t.attribute(native, attribute, kind.argument(attribute.Name))
	}
	return native
}

func (t *jsonTranslation) report(problems hcl.Diagnostics) {
	for _, problem := range problems {
		place := hcl.Range{Filename: t.source.name}
		if problem.Subject != nil {
			place = *problem.Subject
		}
		t.errorAt(place, strings.TrimSuffix(problem.Detail, "."), "%s", lowerFirst(problem.Summary))
	}
}

// jsonSchema is what the parser of JSON is told of a kind of block.
func (s *schema) jsonSchema(dynamic *schema) *hcl.BodySchema {
	told := &hcl.BodySchema{}
	for _, name := range s.argumentNames() {
		told.Attributes = append(told.Attributes, hcl.AttributeSchema{Name: name})
	}
	blocks := s.blocks
	if s.name != "" && !s.free && s.argument(dynamic.name) == nil {
		blocks = append(blocks[:len(blocks):len(blocks)], dynamic)
	}
	for _, child := range blocks {
		header := hcl.BlockHeaderSchema{Type: child.name}
		if child.label != "" {
			header.LabelNames = []string{"label"}
		}
		told.Blocks = append(told.Blocks, header)
	}
	return told
}

func (t *jsonTranslation) block(block *hcl.Block, around *schema) *hclsyntax.Block {
	kind := around.child(block.Type)
	if kind == nil {
		kind = t.dynamicKind
	}
	native := &hclsyntax.Block{Type: block.Type, Labels: block.Labels, TypeRange: block.TypeRange, LabelRanges: block.LabelRanges,
		OpenBraceRange: block.DefRange, CloseBraceRange: block.DefRange}
	if n := len(block.LabelRanges); n > 0 {
		native.TypeRange = block.LabelRanges[n-1] // the key of many blocks may be one
	}
	if kind == t.dynamicKind {
		native.Body = t.dynamicBody(block, around)
	} else {
		native.Body = t.body(block.Body, kind)
	}
	return native
}

// dynamicBody translates a dynamic block, whose content is that of the kind
// that its label names.
func (t *jsonTranslation) dynamicBody(block *hcl.Block, around *schema) *hclsyntax.Body {
	named := around.child(block.Labels[0])
	whole := *t.dynamicKind
	if named != nil {
		content := *named
		content.name, content.label = whole.blocks[0].name, ""
		whole.blocks = []*schema{&content}
	}
	return t.body(block.Body, &whole)
}

func (t *jsonTranslation) attribute(native *hclsyntax.Body, attribute *hcl.Attribute, row *argument) {
	if attribute.Name == "//" {
		return
	}
	native.Attributes[attribute.Name] = &hclsyntax.Attribute{
		Name: attribute.Name, NameRange: attribute.NameRange, EqualsRange: attribute.NameRange, SrcRange: attribute.Range,
		Expr: t.expression(attribute.Expr, row != nil && (row.kind == typeKind || row.kind == wordKind)),
	}
}

// expression translates a value: a string is a template, or where native is
// set, an expression in the native syntax.
func (t *jsonTranslation) expression(from hcl.Expression, native bool) hclsyntax.Expression {
	place := from.Range()
	if elements, problems := hcl.ExprList(from); !problems.HasErrors() {
		list := &hclsyntax.TupleConsExpr{SrcRange: place, OpenRange: from.StartRange()}
		for _, element := range elements {
			list.Exprs = append(list.Exprs, t.expression(element, false))
		}
		return list
	}
	if items, problems := hcl.ExprMap(from); !problems.HasErrors() {
		object := &hclsyntax.ObjectConsExpr{SrcRange: place, OpenRange: from.StartRange()}
		for _, item := range items {
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: t.expression(item.Key, false), ValueExpr: t.expression(item.Value, false)})
		}
		return object
	}
	return t.scalar(from, native)
}

func (t *jsonTranslation) scalar(from hcl.Expression, native bool) hclsyntax.Expression {
	place := from.Range()
	var text string
	if written := t.source.content[place.Start.Byte:place.End.Byte]; !bytes.HasPrefix(written, []byte(`"`)) || json.Unmarshal(written, &text) != nil {
		value, _ := from.Value(nil) // a number, true, false or null
		return &hclsyntax.LiteralValueExpr{Val: value, SrcRange: place}
	}
	begin := place.Start
	begin.Byte, begin.Column = begin.Byte+1, begin.Column+1
	parse := hclsyntax.ParseTemplate
	if native {
		parse = hclsyntax.ParseExpression
	}
	expression, problems := parse([]byte(text), place.Filename, begin)
	if problems.HasErrors() {
		problems[0].Subject = &place
		t.report(problems[:1])
		return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(""), SrcRange: place}
	}
	if literal, ok := literalString(expression); ok { // its place is then that of the whole string
		return &hclsyntax.TemplateExpr{Parts: []hclsyntax.Expression{&hclsyntax.LiteralValueExpr{Val: cty.StringVal(literal), SrcRange: place}}, SrcRange: place}
	}
	return expression
}
