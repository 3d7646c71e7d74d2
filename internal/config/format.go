package config

import (
	"bytes"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns the canonical layout of a site file: HCL's own, with one
// line break at the end, no spaces at the ends of lines, and at most one blank
// line in a row. A block on one line that HCL itself would refuse is spread
// over several. Only white space changes, and never within a string or
// heredoc; Format of the result is the result. What does not parse, or is no
// text, is refused with diagnostics that name the file as name.
func Format(name string, src []byte) ([]byte, Diagnostics) {
	l := &loader{sources: map[string]*source{}}
	if isJSON(name) {
		l.fail(name, "lay it out with a tool for JSON", "the file is JSON, by its name")
		return nil, l.diagnostics
	}
	if !l.isText(name, src) {
		return nil, l.diagnostics
	}
	s := newSource(name, filepath.Base(name), name, withoutMark(src))
	l.sources[s.name] = s
	l.parseOne(s)
	if l.diagnostics.HasErrors() {
		return nil, l.diagnostics.sorted()
	}
	return layOut(s.parsedText()), nil
}

// layOut formats until nothing changes any more. HCL's formatter looks at
// lines as they stand, so that one pass can make work for the next. Should
// it ever change a token, or never come to rest, the spaces within lines are
// left as they are.
func layOut(text []byte) []byte {
	const passes = 8
	plain := tidy(text)
	done := plain
	for range passes {
		next := tidy(hclwrite.Format(done))
		if bytes.Equal(next, done) {
			if !sameMeaning(plain, done) {
				return plain
			}
			return done
		}
		done = next
	}
	return plain
}

// tidy puts the line breaks in order and drops the spaces before them.
func tidy(text []byte) []byte {
	tokens, _ := hclsyntax.LexConfig(text, "", start)
	var out []byte
	end, breaks := 0, 2 // the beginning counts as a blank line
	for _, token := range tokens {
		gap := text[end:max(end, token.Range.Start.Byte)]
		end = token.Range.End.Byte
		switch {
		case token.Type == hclsyntax.TokenEOF:
		case token.Type == hclsyntax.TokenNewline:
			if breaks++; breaks <= 2 {
				out = append(out, '\n')
			}
		case token.Type == hclsyntax.TokenComment:
			out = append(append(out, gap...), tidyComment(token.Bytes)...)
			breaks = 0
			if endsLine(token) {
				breaks = 1
			}
		default:
			out = append(append(out, gap...), token.Bytes...)
			breaks = 0
		}
	}
	if breaks > 0 {
		out = bytes.TrimRight(out, "\n")
	}
	if len(out) == 0 {
		return out
	}
	return append(out, '\n')
}

func tidyComment(comment []byte) []byte {
	lines := bytes.Split(comment, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimRight(line, " \t\r")
	}
	return bytes.Join(lines, []byte("\n"))
}

// sameMeaning reports whether two texts are the same tokens with the same
// lines of items.
func sameMeaning(a, b []byte) bool {
	return slices.EqualFunc(meaning(a), meaning(b), func(x, y hclsyntax.Token) bool {
		return x.Type == y.Type && bytes.Equal(x.Bytes, y.Bytes)
	})
}

func meaning(text []byte) hclsyntax.Tokens {
	tokens, _ := hclsyntax.LexConfig(text, "", start)
	return tokens
}
