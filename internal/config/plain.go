package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// plainDepth is deeper than anything of the language, and less than maxDepth.
const plainDepth = 10

// plain reports whether a body holds nothing but blocks, lists, objects and
// literals, within the depth: there is nothing in it to evaluate, and nothing
// that the limits of tooDeep would have to be asked about.
func plain(body *hclsyntax.Body, depth int) bool {
	if depth > plainDepth {
		return false
	}
	for _, attribute := range body.Attributes {
		if !plainValue(attribute.Expr, depth) {
			return false
		}
	}
	for _, block := range body.Blocks {
		if !plain(block.Body, depth+1) {
			return false
		}
	}
	return true
}

func plainValue(expression hclsyntax.Expression, depth int) bool {
	if depth > plainDepth {
		return false
	}
	switch e := expression.(type) {
	case *hclsyntax.LiteralValueExpr:
		return !e.Val.IsNull()
	case *hclsyntax.TemplateExpr:
		return allPlain(e.Parts, depth)
	case *hclsyntax.TupleConsExpr:
		return allPlain(e.Exprs, depth)
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			if !plainValue(item.KeyExpr, depth+1) || !plainValue(item.ValueExpr, depth+1) {
				return false
			}
		}
		return true
	case *hclsyntax.ObjectConsKeyExpr:
		return hcl.ExprAsKeyword(e) != "" || plainValue(e.Wrapped, depth)
	}
	return false
}

func allPlain(expressions []hclsyntax.Expression, depth int) bool {
	for _, e := range expressions {
		if !plainValue(e, depth+1) {
			return false
		}
	}
	return true
}
