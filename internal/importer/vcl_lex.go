package importer

import (
	"strings"
)

// vclToken is a name, a string, a number or a mark of VCL.
type vclToken struct {
	text      string // of a string, what it holds
	quoted    bool
	line, end int
}

// lexVCL cuts a VCL into tokens, without its comments.
func lexVCL(file, text string) ([]vclToken, error) {
	var tokens []vclToken
	line := 1
	for at := 0; at < len(text); {
		began, rest := line, text[at:]
		switch c := rest[0]; {
		case c == '\n':
			line++
			at++
			continue
		case c == ' ' || c == '\t' || c == '\r':
			at++
			continue
		case c == '#' || strings.HasPrefix(rest, "//"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				at += n
			} else {
				at = len(text)
			}
			continue
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest, "*/")
			if n < 0 {
				return nil, problem(file, began, "a comment does not end")
			}
			line += strings.Count(rest[:n], "\n")
			at += n + 2
			continue
		}
		length, inner := vclLength(rest)
		if length == 0 {
			return nil, problem(file, began, "a string does not end")
		}
		line += strings.Count(rest[:length], "\n")
		token := vclToken{text: rest[:length], line: began, end: line}
		if inner[1] > 0 {
			token.text, token.quoted = rest[inner[0]:inner[1]], true
		}
		tokens = append(tokens, token)
		at += length
	}
	return tokens, nil
}

// vclLength is how long the token at the beginning of a text is, and where the text of a
// string is within it. 0 means that it does not end.
func vclLength(text string) (length int, inner [2]int) {
	for _, long := range []struct{ open, end string }{{`{"`, `"}`}, {`"""`, `"""`}, {"C{", "}C"}} {
		if strings.HasPrefix(text, long.open) {
			n := strings.Index(text[len(long.open):], long.end)
			if n < 0 {
				return 0, inner
			}
			if long.open == "C{" {
				return n + 4, inner
			}
			return n + 2*len(long.open), [2]int{len(long.open), max(n+len(long.open), 1)}
		}
	}
	switch c := text[0]; {
	case c == '"':
		n := strings.IndexByte(text[1:], '"')
		if n < 0 || strings.Contains(text[1:n+1], "\n") {
			return 0, inner
		}
		return n + 2, [2]int{1, n + 1}
	case vclNameByte(c), c == '.' && len(text) > 1 && vclNameByte(text[1]):
		for length < len(text) && (vclNameByte(text[length]) || text[length] == '.' || text[length] == '-') {
			length++
		}
		return length, inner
	}
	for _, mark := range []string{"==", "!=", "!~", "&&", "||", "<=", ">=", "+=", "-=", "*=", "/=", "++", "--"} {
		if strings.HasPrefix(text, mark) {
			return len(mark), inner
		}
	}
	return 1, inner
}

func vclNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
