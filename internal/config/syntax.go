package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	// maxSyntaxErrors: what follows the first few is mostly their echo.
	maxSyntaxErrors = 3
	// maxDepth and maxOperators keep the parser, which recurses into brackets
	// and operators, from using up the stack.
	maxDepth     = 50
	maxOperators = 1000
)

// openQuote is what the parser says of a text that is not shut.
const openQuote = "Invalid multi-line string"

var start = hcl.Pos{Line: 1, Column: 1}

// parseOne parses a file as a whole.
func (l *loader) parseOne(s *source) *hclsyntax.Body {
	if isJSON(s.name) {
		return l.parseJSON(s)
	}
	// Errors of the scanner come back from the parser.
	tokens, _ := hclsyntax.LexConfig(s.content, s.name, start)
	if place, deep := tooDeep(tokens); deep {
		l.errorAt(place, "", "the file is nested too deeply to be a site")
		return nil
	}
	s.breaks = lineBreaks(tokens)
	file, problems := hclsyntax.ParseConfig(s.parsedText(), s.name, start)
	body, _ := file.Body.(*hclsyntax.Body)
	shown := map[int]bool{}
	for _, problem := range problems {
		at := 0
		if problem.Subject != nil {
			at = problem.Subject.Start.Byte
		}
		if len(shown) > 0 && problem.Summary == openQuote {
			break // which the one before has opened, or shut
		}
		// A second problem at one place is an echo of the first.
		if len(shown) < maxSyntaxErrors && !shown[at] {
			shown[at] = true
			l.syntaxError(s, body, problem)
		}
	}
	return body
}

// tooDeep finds what would use up the stack: brackets within brackets, and
// operators in one expression.
func tooDeep(tokens hclsyntax.Tokens) (place hcl.Range, deep bool) {
	var open []hclsyntax.TokenType
	operators := 0
	for _, token := range tokens {
		switch {
		case opens(token.Type), token.Type == hclsyntax.TokenOQuote:
			open = append(open, token.Type)
		case closes(token.Type), token.Type == hclsyntax.TokenCQuote:
			open = open[:max(len(open)-1, 0)]
		case token.Type == hclsyntax.TokenComma, endsLine(token) && (len(open) == 0 || open[len(open)-1] == hclsyntax.TokenOBrace):
			operators = 0 // another expression begins
		}
		switch token.Type {
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenQuestion, hclsyntax.TokenTemplateControl,
			hclsyntax.TokenDot, hclsyntax.TokenStar:
			operators++
		}
		if len(open) > maxDepth || operators > maxOperators {
			return token.Range, true
		}
	}
	return hcl.Range{}, false
}

// syntaxError puts a problem of the HCL parser into the form of the others.
func (l *loader) syntaxError(s *source, body *hclsyntax.Body, problem *hcl.Diagnostic) {
	place := hcl.Range{Filename: s.name}
	if problem.Subject != nil {
		place = *problem.Subject
	}
	if place.End.Byte <= place.Start.Byte && place.Start.Byte > 0 {
		place.End.Byte = place.Start.Byte
	}
	if problem.Summary == "Attribute redefined" {
		// The parser's own text names the first by its line in the text that
		// was parsed, which may not be its line in the file.
		name := s.text(place)
		first, _ := argumentBefore(body, name, place)
		l.errorAt(place, "keep one of them", "%s is set twice: first at %s", name, l.where(first))
		return
	}
	summary, remedy := plainSyntax(problem, s.text(place))
	l.errorAt(place, remedy, "%s", summary)
}

// plainSyntax is the parser's message, put simpler where its own words fit
// HCL but not this language, or miss what was most likely meant. found is the
// text at its place.
func plainSyntax(problem *hcl.Diagnostic, found string) (summary, remedy string) {
	const separate = "put each argument on a line of its own, or the whole block on one line"
	switch {
	case strings.HasPrefix(problem.Detail, "Template sequences are not allowed"):
		return `"${" and "%{" start a template, and a label holds none`, `write "$${" for a literal "${", and "%%{" for a literal "%{"; host of a site, and labels of a dynamic block, take templates`
	case found == "}" && strings.HasPrefix(problem.Summary, "Missing newline after block"),
		found == "}" && problem.Summary == "Argument or block definition required":
		return "a closing brace too many", "there is no opening brace that it belongs to"
	case found == "," && problem.Summary != "Invalid expression":
		return "a comma after an argument", "leave the comma out, and " + separate
	case problem.Summary == "Missing newline after argument":
		return "more than one argument on a line", separate
	case problem.Summary == openQuote:
		return "a text in quotes does not end on its line", `end it with a quote, or write <<EOT … EOT for a text of several lines`
	case found == ";" && problem.Summary == "Invalid character":
		return `a ";" after an argument`, "leave it out: an argument ends with its line"
	case problem.Summary == "Invalid block definition":
		return "neither an argument nor a block", `write name = value, or name "label" { … }`
	}
	summary = strings.ToLower(problem.Summary[:1]) + problem.Summary[1:]
	return summary, strings.TrimSuffix(problem.Detail, ".")
}

// argumentBefore finds the argument of that name in the innermost block
// around the place.
func argumentBefore(body *hclsyntax.Body, name string, place hcl.Range) (hcl.Range, bool) {
	if body == nil {
		return hcl.Range{}, false
	}
	for _, block := range body.Blocks {
		if block.OpenBraceRange.End.Byte <= place.Start.Byte && place.Start.Byte < block.CloseBraceRange.End.Byte {
			if found, ok := argumentBefore(block.Body, name, place); ok {
				return found, true
			}
		}
	}
	if found, ok := body.Attributes[name]; ok {
		return found.NameRange, true
	}
	return hcl.Range{}, false
}
