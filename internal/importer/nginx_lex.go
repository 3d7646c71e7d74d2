package importer

import (
	"fmt"
	"strings"
)

// nginxToken is a word, or one of "{", "}" and ";", which no quoted word is.
type nginxToken struct {
	text      string
	mark      bool // one of the three
	line, end int  // 1-based
}

// nginxLexer cuts a text into words as nginx does.
type nginxLexer struct {
	file string
	text string
	at   int
	line int
}

// problem is an error at a line of a file.
func problem(file string, line int, format string, values ...any) error {
	return fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, values...))
}

// next is the next token; nil at the end.
func (l *nginxLexer) next() (*nginxToken, error) {
	l.skip()
	if l.at >= len(l.text) {
		return nil, nil
	}
	t := &nginxToken{line: l.line, end: l.line}
	switch c := l.text[l.at]; c {
	case '{', '}', ';':
		l.at++
		t.text, t.mark = string(c), true
		return t, nil
	case '"', '\'':
		text, err := l.quoted(c)
		t.text, t.end = text, l.line
		return t, err
	}
	t.text = l.word()
	return t, nil
}

// skip passes over white space and comments.
func (l *nginxLexer) skip() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\n':
			l.line++
			l.at++
		case c == ' ' || c == '\t' || c == '\r':
			l.at++
		case c == '#':
			if n := strings.IndexByte(l.text[l.at:], '\n'); n >= 0 {
				l.at += n
			} else {
				l.at = len(l.text)
			}
		default:
			return
		}
	}
}

// quoted reads a quoted word; a backslash takes the quote and itself along.
func (l *nginxLexer) quoted(quote byte) (string, error) {
	began := l.line
	var out strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == quote:
			l.at++
			return out.String(), nil
		case c == '\\' && l.at+1 < len(l.text):
			l.at++
			if next := l.text[l.at]; next != quote && next != '\\' {
				out.WriteByte('\\')
			}
			out.WriteByte(l.text[l.at])
			if l.text[l.at] == '\n' {
				l.line++
			}
		default:
			if c == '\n' {
				l.line++
			}
			out.WriteByte(c)
		}
	}
	return "", problem(l.file, began, "a quoted word does not end")
}

// word reads a word without quotes, in which "${" begins the name of a variable.
func (l *nginxLexer) word() string {
	begin := l.at
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\\' && l.at+1 < len(l.text):
			l.at += 2
			continue
		case c == '$' && strings.HasPrefix(l.text[l.at:], "${"):
			if n := strings.IndexByte(l.text[l.at:], '}'); n > 0 && !strings.Contains(l.text[l.at:l.at+n], "\n") {
				l.at += n + 1
				continue
			}
		case strings.IndexByte(" \t\r\n;{", c) >= 0:
			return l.text[begin:l.at]
		}
		l.at++
	}
	return l.text[begin:min(l.at, len(l.text))]
}

// raw reads a block of Lua, up to the brace that ends it: braces in strings and comments
// do not count.
func (l *nginxLexer) raw() error {
	began, depth := l.line, 1
	var quote byte
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if c == '\n' {
			l.line++
		}
		switch {
		case quote == '\n' && c == '\n', quote != 0 && quote != '\n' && c == quote:
			quote = 0
		case quote != 0 && quote != '\n' && c == '\\':
			l.at++
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
		case strings.HasPrefix(l.text[l.at:], "--"):
			quote = '\n'
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				l.at++
				return nil
			}
		}
	}
	return problem(l.file, began, "a block does not end")
}
