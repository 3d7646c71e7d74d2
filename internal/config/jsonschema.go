package config

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// JSONSchema returns a JSON schema (draft 2020-12) of the language as HCL's
// JSON syntax writes it: a block is an object, or a list of them, below its
// name and its label.
func JSONSchema() ([]byte, error) {
	whole := language().object()
	whole["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	whole["title"] = "an edgegen site"
	text, err := json.MarshalIndent(whole, "", "  ")
	return append(text, '\n'), err
}

type node = map[string]any

// object describes what a block holds. "//" is a comment, as HCL has it.
func (s *schema) object() node {
	properties := node{"//": true}
	var needed []string
	for i := range s.arguments {
		a := &s.arguments[i]
		properties[a.name] = a.schema()
		if a.needed {
			needed = append(needed, a.name)
		}
	}
	for _, child := range s.blocks {
		properties[child.name] = child.schema()
	}
	if len(s.blocks) > 0 && s.title != language().title && s.name != dynamicLanguage().name {
		properties[dynamicLanguage().name] = dynamicLanguage().schema()
	}
	object := node{"type": "object", "properties": properties, "additionalProperties": s.free}
	if needed != nil {
		object["required"] = needed
	}
	if s.either != nil {
		var ways []any
		for _, name := range append(s.either, dynamicLanguage().name) {
			ways = append(ways, node{"required": []string{name}})
		}
		object["anyOf"] = ways
	}
	return object
}

func (s *schema) schema() node {
	inner := oneOrMore(s.object(), s.many)
	if s.label != "" {
		inner = oneOrMore(node{"type": "object", "additionalProperties": inner}, true)
	}
	inner["description"] = s.words
	return inner
}

// oneOrMore is an object, or a list of such; of one that may not be repeated,
// a list of one.
func oneOrMore(object node, many bool) node {
	list := node{"type": "array", "items": object}
	if !many {
		list["maxItems"] = 1
	}
	return node{"anyOf": []any{object, list}}
}

// schema describes a value. Every value may be a template in its place, or null,
// which counts as left out.
func (a *argument) schema() node {
	described := node{"description": a.words, "examples": []any{asJSON(a.example)}}
	if a.standard != "" {
		described["default"] = asJSON(a.standard)
	}
	if a.kind != anyKind {
		described["anyOf"] = []any{a.literal(), node{"type": "string", "pattern": `[$%]\{`}, node{"type": "null"}}
	}
	return described
}

// literal describes a value that is written out.
func (a *argument) literal() node {
	switch a.kind {
	case textKind:
		if a.choices != nil {
			return node{"enum": a.choices}
		}
	case listKind:
		return a.list()
	case someKind:
		return node{"anyOf": []any{node{"type": "string"}, a.list()}}
	case objectKind:
		return node{"type": "object", "additionalProperties": node{"type": []string{"string", "null"}}}
	case eachKind:
		return node{"type": "object"}
	case flagKind:
		return node{"type": "boolean"}
	case numberKind:
		return a.number()
	case shareKind:
		return node{"type": "number", "minimum": 0, "maximum": 1}
	case sizeKind:
		return node{"type": "string", "pattern": "^[0-9]+[a-zA-Z]+$"}
	case durationKind:
		return node{"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?[a-zµ]+)+$"}
	}
	return node{"type": "string"}
}

func (a *argument) list() node {
	list := node{"type": "array", "items": node{"type": "string"}}
	if a.elements > 0 {
		list["maxItems"] = a.elements
	}
	return list
}

func (a *argument) number() node {
	number := node{"type": "integer"}
	if a.choices != nil {
		var choices []any
		for _, choice := range a.choices {
			choices = append(choices, asJSON(choice))
		}
		return node{"enum": choices}
	}
	if a.least != "" {
		number["minimum"], number["maximum"] = asJSON(a.least), asJSON(a.most)
	}
	return number
}

// asJSON is a value of the table, which is written as HCL.
func asJSON(text string) json.RawMessage {
	expression, problems := hclsyntax.ParseExpression([]byte(text), "", start)
	if problems.HasErrors() {
		return json.RawMessage("null")
	}
	value, _ := expression.Value(nil)
	written, err := json.Marshal(ctyjson.SimpleJSONValue{Value: value})
	if err != nil {
		return json.RawMessage("null")
	}
	return written
}
