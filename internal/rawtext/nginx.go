package rawtext

import (
	"strings"
)

// Nginx looks at directives of nginx.
func Nginx(text string) *Problem {
	if p := control(text); p != nil {
		return p
	}
	var around blocks
	lexer := &nginxLexer{text: text, line: 1}
	for {
		end, words := lexer.statement()
		switch end {
		case nginxBroken:
			return problem(lexer.began, `put a space or ";" behind the quote`, "has a quoted word with something behind it")
		case nginxCut:
			return problem(lexer.began, `end it with ";", and each quote`, noSemicolon)
		case nginxEnd:
			return around.left()
		case '}':
			if len(words) > 0 {
				return problem(lexer.began, `end it with ";"`, noSemicolon)
			}
			if !around.shut() {
				return problem(lexer.line, "take it out, or add the \"{\" that it belongs to", outOfBlock)
			}
			continue
		}
		if len(words) == 0 {
			return problem(lexer.line, "take it out", "has a %q without a directive", string(end))
		}
		if p := refusedByNginx(words[0], &around, lexer.began); p != nil {
			return p
		}
		if end == '{' {
			around.open(words[0], lexer.began)
		}
	}
}

// refusedByNginx refuses what takes away what edgegen relies on: nginx drops all such
// directives of the blocks around one that has any of its own.
func refusedByNginx(name string, around *blocks, line int) *Problem {
	if strings.HasSuffix(name, "_by_lua_block") {
		return problem(line, "write it into a file, for "+strings.TrimSuffix(name, "block")+"file", "has %s, whose braces are not nginx's", name)
	}
	remedy, inherited := map[string]string{
		"add_header":        "write response_headers { set = { … } } into the route",
		"proxy_set_header":  "write request_headers { set = { … } } into the route",
		"proxy_hide_header": "write response_headers { remove = [ … ] } into the route",
		"proxy_pass_header": "leave it out",
	}[name]
	if inherited && !around.within("location", "server") {
		return problem(line, remedy, "has %s, for which nginx would drop all that edgegen sets by it", name)
	}
	return nil
}

// How a statement ends, besides by ";", "{" and "}".
const (
	nginxEnd    = 0   // there is none
	nginxCut    = 'e' // the text does
	nginxBroken = 'b' // something follows a quote
)

// nginxLexer reads as ngx_conf_read_token does, state by state.
type nginxLexer struct {
	text        string
	at          int
	line, began int // of what is read, and where the statement begins
}

// statement reads one.
func (l *nginxLexer) statement() (end byte, words []string) {
	start, quote := -1, byte(0) // of a word
	needSpace, variable := false, false
	for ; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if c == '\n' {
			l.line++
		}
		if needSpace {
			switch {
			case isSpace(c):
				needSpace = false
				continue
			case c == ';', c == '{':
				l.at++
				return c, words
			case c != ')':
				return nginxBroken, words
			}
			needSpace = false
		}
		if start < 0 { // between words
			switch {
			case isSpace(c):
				continue
			case c == ';', c == '{', c == '}':
				l.at++
				return c, words
			case c == '#':
				if n := strings.IndexByte(l.text[l.at:], '\n'); n >= 0 {
					l.at += n - 1
				} else {
					l.at = len(l.text) - 1
				}
				continue
			}
			if len(words) == 0 {
				l.began = l.line
			}
			start, variable, quote = l.at, c == '$', 0
			switch c {
			case '\\':
				l.escape()
			case '"', '\'':
				quote = c
			}
			continue
		}
		if c == '{' && variable {
			continue
		}
		variable = false
		switch {
		case c == '\\':
			l.escape()
		case c == '$':
			variable = true
		case quote != 0 && c == quote:
			words = append(words, l.text[start+1:l.at])
			start, needSpace = -1, true
		case quote == 0 && (isSpace(c) || c == ';' || c == '{'):
			words = append(words, l.text[start:l.at])
			start = -1
			if !isSpace(c) {
				l.at++
				return c, words
			}
		}
	}
	if start >= 0 || len(words) > 0 {
		return nginxCut, words
	}
	return nginxEnd, nil
}

// escape passes over the byte behind a backslash.
func (l *nginxLexer) escape() {
	if l.at++; l.at < len(l.text) && l.text[l.at] == '\n' {
		l.line++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
