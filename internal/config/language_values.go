package config

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func variableLanguage() *schema {
	return &schema{name: "variable", title: "a variable block", label: "domain", many: true,
		words: "a value that is given beside the site, which expressions name var.domain",
		arguments: []argument{
			{name: "type", kind: typeKind, raw: true, by: edgegenItself,
				words: "what values are converted to: string, number, bool, any, list(…), set(…), map(…), tuple([…]) or object({ … }), where optional(…) may stand", example: "list(string)",
				into: in(func(v *variable) *cty.Type { return &v.kind }), read: reads(readVariableType)},
			{name: "default", kind: anyKind, raw: true, by: edgegenItself,
				words: "the value where none is given; functions can be called in it", example: `"example.com"`,
				into: in(func(v *variable) *cty.Value { return &v.standard }), read: reads(readVariableDefault)},
			{name: "description", kind: textKind, by: edgegenItself,
				words: "what the value is for", example: `"the canonical host"`,
				into: in(func(v *variable) *string { return &v.description })},
			{name: "sensitive", kind: flagKind, standard: "false", by: edgegenItself,
				words: "the value, and what is made of it, is shown nowhere", example: "true",
				into: in(func(v *variable) *bool { return &v.sensitive })},
			{name: "nullable", kind: flagKind, standard: "true", by: edgegenItself,
				words: "null may be given; else it stands for the default", example: "false",
				into: in(func(v *variable) *bool { return &v.nullable }), read: reads(readNullable)},
		},
		blocks:    []*schema{validationLanguage()},
		readLabel: labelled(readVariableName),
	}
}

func validationLanguage() *schema {
	return &schema{name: "validation", title: "a validation block", many: true, words: "what a value has to be like",
		arguments: []argument{
			{name: "condition", kind: anyKind, raw: true, needed: true, by: edgegenItself,
				words: "true for a good value", example: `!startswith(var.domain, "www.")`,
				into: in(func(v *validation) *hclsyntax.Expression { return &v.condition }), read: reads(readCondition)},
			{name: "error_message", kind: textKind, raw: true, needed: true, by: edgegenItself,
				words: "what is said of any other", example: `"give the name without www"`,
				into: in(func(v *validation) *hclsyntax.Expression { return &v.message }), read: reads(readMessage)},
		},
		home: home{in(func(v *variable) *[]validation { return &v.validations }), fillValidations},
	}
}

func localsLanguage() *schema {
	return &schema{name: "locals", title: "a locals block", many: true, free: true,
		words: "values by names of your own, which expressions name local.NAME; they may name each other"}
}

func dynamicLanguage() *schema {
	return &schema{name: "dynamic", title: "a dynamic block", label: "backend", many: true,
		words: "stands in a block for several others of the kind that its label names, one for each of what it is repeated over",
		arguments: []argument{
			{name: "for_each", kind: anyKind, raw: true, needed: true, by: edgegenItself,
				words: "a map, set or list", example: "local.apps",
				into: in(func(r *repetition) *cty.Value { return &r.each }), read: reads(readDynamicEach)},
			{name: "iterator", kind: wordKind, raw: true, by: edgegenItself,
				words: "what content calls the one that it is for, as NAME.key and NAME.value; the kind of the blocks where it is left out", example: "app",
				into: in(func(r *repetition) *string { return &r.iterator }), read: reads(readIterator)},
			{name: "labels", kind: listKind, raw: true, by: edgegenItself,
				words: "the label of each, where the kind has one", example: "[backend.key]",
				into: in(func(r *repetition) *hclsyntax.Expression { return &r.labels }), read: reads(readLabels)},
		},
		blocks: []*schema{{name: "content", title: "a content block", words: "what each of the blocks holds", free: true}},
	}
}
