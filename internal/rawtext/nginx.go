package rawtext

import (
	"slices"
	"strings"
)

// Nginx looks at directives of nginx for a server or a location.
func Nginx(text string) *Problem { return walkNginx(text, refusedByNginx) }

// NginxHTTP looks at directives of nginx for the http block.
func NginxHTTP(text string) *Problem {
	return walkNginx(text, func(words []string, around *blocks, line int) *Problem {
		if p := refusedByNginx(words, around, line); p != nil {
			return p
		}
		if len(around.names) == 0 && slices.Contains(answerHeaders(), words[0]) {
			return problem(line, "write it into the raw blocks of sites or routes", "has %s, which nginx drops in each server that has one of its own, as all have", words[0])
		}
		return nil
	})
}

// NginxHeaders reports whether directives, which have been looked at, say something of the
// headers of answers, and of what apps are asked or of what they answer.
func NginxHeaders(text string) (answers, apps bool) {
	_ = walkNginx(text, func(words []string, around *blocks, _ int) *Problem { // it has been looked at
		if len(around.names) == 0 {
			answers = answers || slices.Contains(answerHeaders(), words[0])
			apps = apps || slices.Contains(appHeaders(), words[0])
		}
		return nil
	})
	return answers, apps
}

// walkNginx hands over each directive, with the blocks around it and its line, until one is
// refused. It refuses what does not stay within the block around the text.
func walkNginx(text string, each func(words []string, around *blocks, line int) *Problem) *Problem {
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
		if p := each(words, &around, lexer.began); p != nil {
			return p
		}
		if end == '{' {
			around.open(words[0], lexer.began)
		}
	}
}

// refusedByNginx refuses what takes away what edgegen relies on.
func refusedByNginx(words []string, around *blocks, line int) *Problem {
	name := words[0]
	if strings.HasSuffix(name, "_by_lua_block") {
		return problem(line, "write it into a file, for "+strings.TrimSuffix(name, "block")+"file", "has %s, whose braces are not nginx's", name)
	}
	if !slices.Contains(append(answerHeaders(), appHeaders()...), name) || around.within("location", "server") {
		return nil
	}
	if len(around.names) > 0 {
		return problem(line, "write it outside of the block", "has %s within %s, where nginx would drop all that edgegen sets by it", name, around.names[len(around.names)-1])
	}
	if len(words) > 1 && reserved(name, words[1]) {
		remedy := "leave it out"
		if strings.EqualFold(words[1], "Host") {
			remedy = "write host into the backend"
		}
		return problem(line, remedy, "has %s %s, which edgegen sets", name, words[1])
	}
	return nil
}

// nginx drops what the blocks around one say by such directives where it has any of its
// own (https://nginx.org/r/add_header). edgegen repeats there what it says itself.
func answerHeaders() []string { return []string{"add_header"} }
func appHeaders() []string {
	return []string{"proxy_set_header", "proxy_hide_header", "proxy_pass_header"}
}

// reserved reports whether a header is one that edgegen sets by the directive: nginx would
// send both.
func reserved(directive, header string) bool {
	header = strings.ToLower(header)
	own := []string{"host", "connection", "proxy"}
	if directive == "add_header" {
		own = []string{"content-type"}
	}
	return strings.HasPrefix(header, "x-edge-") || slices.Contains(own, header)
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
