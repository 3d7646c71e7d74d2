package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// HCL lets a block stand on one line only when it holds a single argument.
// The language here is wider: a block that begins on the line of its brace
// may hold several arguments and blocks, as in
//
//	route "/old" { redirect { to = "/new"  status = 301 } }
//
// lineBreaks finds where such a block lacks line breaks, so that the HCL
// parser can be given them. Between the values of two arguments no name can
// follow a value, so nothing that HCL itself would accept is read otherwise.

// frame is a pair of brackets around the token that is looked at.
type frame struct {
	body   bool // a block's braces (or the whole file), not a value's
	inline bool // the first item stands on the line of the brace
	state  itemState
	items  int
	plain  bool // HCL would take the block as it is
	breaks []int
}

// itemState is where in a body's item a token stands.
type itemState int

const (
	betweenItems itemState = iota
	inHeader               // behind a block's type
	inValue                // behind an argument's "="
)

// lineBreaks returns the sorted offsets before which a line break is missing.
func lineBreaks(tokens hclsyntax.Tokens) []int {
	tokens = significant(tokens)
	var breaks []int
	stack := []*frame{{body: true}}
	for i, token := range tokens {
		top := stack[len(stack)-1]
		switch {
		case opens(token.Type):
			next := &frame{plain: true}
			if token.Type == hclsyntax.TokenOBrace && top.body && top.state == inHeader {
				next.body, next.inline = true, beginsInline(tokens, i+1)
			}
			stack = append(stack, next)
		case closes(token.Type):
			if len(stack) == 1 {
				continue
			}
			stack = stack[:len(stack)-1]
			if top.inline && !(top.plain && top.items == 1) {
				breaks = append(append(breaks, top.breaks...), token.Range.Start.Byte)
			}
			if parent := stack[len(stack)-1]; top.body {
				parent.state = betweenItems
			}
		case top.body:
			top.read(tokens, i)
		}
	}
	slices.Sort(breaks)
	return breaks
}

// read moves a body's state on by the token at index i, which is no bracket.
func (f *frame) read(tokens hclsyntax.Tokens, i int) {
	token := tokens[i]
	switch {
	case endsLine(token):
		f.state, f.plain = betweenItems, false
	case token.Type != hclsyntax.TokenIdent:
	case f.state == betweenItems, f.state == inValue && f.inline && endsValue(tokens[i-1].Type):
		f.items++
		if f.inline {
			f.breaks = append(f.breaks, token.Range.Start.Byte)
		}
		f.state = inHeader
		if i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenEqual {
			f.state = inValue
		} else {
			f.plain = false
		}
	}
}

func beginsInline(tokens hclsyntax.Tokens, i int) bool {
	return i < len(tokens) && tokens[i].Type == hclsyntax.TokenIdent
}

// significant leaves out the comments that do not end a line.
func significant(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	return slices.DeleteFunc(slices.Clone(tokens), func(t hclsyntax.Token) bool {
		return t.Type == hclsyntax.TokenComment && !endsLine(t)
	})
}

func endsLine(token hclsyntax.Token) bool {
	switch token.Type {
	case hclsyntax.TokenNewline:
		return true
	case hclsyntax.TokenComment:
		return len(token.Bytes) > 0 && token.Bytes[len(token.Bytes)-1] == '\n'
	}
	return false
}

func opens(kind hclsyntax.TokenType) bool {
	switch kind {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen,
		hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		return true
	}
	return false
}

func closes(kind hclsyntax.TokenType) bool {
	switch kind {
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
		return true
	}
	return false
}

func endsValue(kind hclsyntax.TokenType) bool {
	switch kind {
	case hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
		return true
	}
	return closes(kind)
}
