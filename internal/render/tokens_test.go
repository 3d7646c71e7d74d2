package render_test

import (
	"errors"
	"fmt"
	"strings"
)

// The readers below take a file apart as its daemon does: nginx as in
// ngx_conf_read_token, varnishd as in vcc_Lexer, stunnel as in
// options_cmdline, and varnishd.args as xargs does.

// nginxStatements returns the words of every directive, the last of which is
// ";", "{" or "}".
func nginxStatements(text string) ([][]string, error) {
	var all [][]string
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '#':
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				n = len(text) - i
			}
			if n > nginxBuffer {
				return nil, errors.New("a comment is too long")
			}
			i += n
		case ';', '{', '}':
			if (c == '}') != (len(words) == 0) {
				return nil, fmt.Errorf("unexpected %q after %q", c, words)
			}
			all, words = append(all, append(words, string(c))), nil
			i++
		default:
			word, n, err := nginxWord(text[i:])
			if err != nil {
				return nil, err
			}
			words = append(words, word)
			i += n
		}
	}
	if words != nil {
		return nil, fmt.Errorf("the file ends after %q", words)
	}
	return all, nil
}

// nginxBuffer is what nginx reads at once; no word is longer.
const nginxBuffer = 4096

// nginxWord returns the first word of the text and how long it is there.
func nginxWord(text string) (word string, n int, err error) {
	quote := byte(0)
	i := 0
	if text[0] == '"' || text[0] == '\'' {
		quote, i = text[0], 1
	}
	var out strings.Builder
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			switch text[i] {
			case '"', '\'', '\\':
				out.WriteByte(text[i])
			case 't':
				out.WriteByte('\t')
			case 'r':
				out.WriteByte('\r')
			case 'n':
				out.WriteByte('\n')
			default:
				out.WriteString(text[i-1 : i+1])
			}
		case c == '$' && i+1 < len(text) && text[i+1] == '{':
			out.WriteString("${")
			i++
		case quote != 0 && c == quote:
			if i+1 < len(text) && !strings.ContainsRune(" \t\r\n;{)", rune(text[i+1])) {
				return "", 0, fmt.Errorf("unexpected %q after a quoted word", text[i+1])
			}
			return out.String(), i + 1, tooLong(i + 1)
		case quote == 0 && strings.IndexByte(" \t\r\n;{", c) >= 0:
			return out.String(), i, tooLong(i)
		default:
			out.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", 0, errors.New("a quoted word has no end")
	}
	return out.String(), i, tooLong(i)
}

func tooLong(n int) error {
	if n >= nginxBuffer {
		return fmt.Errorf("a word has %d bytes", n)
	}
	return nil
}

// nginxExpand puts in the variables that a word of nginx names.
func nginxExpand(word string, variables map[string]string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(word); i++ {
		if word[i] != '$' {
			out.WriteByte(word[i])
			continue
		}
		rest := word[i+1:]
		braces := strings.HasPrefix(rest, "{")
		rest = strings.TrimPrefix(rest, "{")
		n := 0
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		value, known := variables[rest[:n]]
		if !known {
			return "", fmt.Errorf("unknown variable %q", rest[:n])
		}
		out.WriteString(value)
		i += n
		if braces {
			if !strings.HasPrefix(rest[n:], "}") {
				return "", errors.New("a variable has no closing brace")
			}
			i += 2
		}
	}
	return out.String(), nil
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// vclTokens returns the words, strings (with a quote in front) and punctuation
// of a VCL.
func vclTokens(text string) ([]string, error) {
	var tokens []string
	for i := 0; i < len(text); {
		rest := text[i:]
		c := rest[0]
		n := 1
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
			continue
		case c == '#', strings.HasPrefix(rest, "//"):
			if n = strings.IndexByte(rest, '\n'); n < 0 {
				n = len(rest)
			}
			i += n
			continue
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return nil, errors.New("a comment has no end")
			}
			i += end + 4
			continue
		case strings.HasPrefix(rest, "C{"):
			return nil, errors.New("inline C")
		case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, `{"`):
			open, shut := `"""`, `"""`
			if c == '{' {
				open, shut = `{"`, `"}`
			}
			end := strings.Index(rest[len(open):], shut)
			if end < 0 {
				return nil, errors.New("a long string has no end")
			}
			tokens = append(tokens, `"`+rest[len(open):len(open)+end])
			i += len(open) + end + len(shut)
			continue
		case c == '"':
			end := strings.IndexAny(rest[1:], "\"\r\n")
			if end < 0 || rest[1+end] != '"' {
				return nil, errors.New("a string has no end")
			}
			tokens = append(tokens, rest[:1+end])
			i += end + 2
			continue
		case isNameByte(c):
			for n < len(rest) && (isNameByte(rest[n]) || rest[n] == '.' || rest[n] == '-') {
				n++
			}
		case c >= 0x7f || c < 0x20:
			return nil, fmt.Errorf("byte %#x outside a string", c)
		}
		tokens = append(tokens, rest[:n])
		i += n
	}
	return tokens, nil
}

// vclStatements counts what ends in a semicolon or opens a block.
func vclStatements(text string) (int, error) {
	tokens, err := vclTokens(text)
	count := 0
	for _, token := range tokens {
		if token == ";" || token == "{" || token == "}" {
			count++
		}
	}
	return count, err
}

// stunnelOptions returns name and value of every option, and the name of every
// section with an empty value.
func stunnelOptions(text string) ([][2]string, error) {
	var options [][2]string
	for line := range strings.Lines(text) {
		if end := strings.IndexByte(line, 0); end >= 0 {
			line = line[:end]
		}
		line = strings.Trim(line, " \t\r\n\v\f")
		switch {
		case line == "", line[0] == '#', line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			options = append(options, [2]string{line, ""})
		default:
			name, value, found := strings.Cut(line, "=")
			if !found {
				return nil, fmt.Errorf("no = in %q", line)
			}
			options = append(options, [2]string{strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t")})
		}
	}
	return options, nil
}

// shellWords splits as xargs does, and refuses what a shell would take for
// more than words.
func shellWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, quoted := false, false
	for _, c := range []byte(text) {
		switch {
		case c == '"':
			in, quoted = true, !quoted
		case quoted && (c == '\n' || c == '$' || c == '`' || c == '\\'):
			return nil, fmt.Errorf("%q in quotes", c)
		case !quoted && strings.IndexByte(" \t\n", c) >= 0:
			if in {
				words = append(words, word.String())
			}
			word.Reset()
			in = false
		case !quoted && strings.IndexByte("'\\$`&;|<>()*?[]#~!{}", c) >= 0:
			return nil, fmt.Errorf("%q outside quotes", c)
		default:
			in = true
			word.WriteByte(c)
		}
	}
	if quoted {
		return nil, errors.New("a quote has no end")
	}
	if in {
		words = append(words, word.String())
	}
	return words, nil
}
