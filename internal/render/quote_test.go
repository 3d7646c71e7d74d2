package render_test

import (
	"errors"
	"strings"
	"testing"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// hostileValues are texts that mean something to one of the languages.
func hostileValues() map[string]string {
	return map[string]string{
		"plain":            "harmless",
		"spaces":           "two words",
		"double quote":     `a"b`,
		"quote at the end": `a"`,
		"single quote":     `it's`,
		"both quotes":      `"'`,
		"quote brace":      `a"}b`,
		"quotes":           `"""`,
		"triple quotes":    `a""" + req.url + """b`,
		"semicolon":        `a; return 200 "owned";`,
		"JSON":             `{"a":{"b":"c"},"d":["}"]}`,
		"braces":           `a} server { listen 1; } {b`,
		"long string":      `{"a"}`,
		"long string open": `{"a`,
		"variable":         "$host",
		"braced variable":  "${host}",
		"escaped variable": `\$host`,
		"dollar":           "$",
		"dollar at end":    "a$",
		"dollar brace":     "a${",
		"newline":          "a\nb",
		"injection":        "a\";\n    return 200 \"owned\";\n",
		"carriage return":  "a\rb",
		"tab":              "a\tb",
		"NUL":              "a\x00b",
		"delete":           "a\x7fb",
		"escape":           "a\x1b[31mb",
		"percent newline":  "%0a%0d%00",
		"backslash":        `a\b`,
		"backslash at end": `a\`,
		"backslash n":      `a\nb\tc\\d`,
		"backslash quote":  `a\"b`,
		"hash":             "a # b",
		"hash in front":    "#a",
		"comment":          "a /* b */ // c",
		"comment open":     "/* a",
		"inline C":         "C{ abort(); }C",
		"vcl comment":      "// a",
		"stunnel comment":  "; a",
		"stunnel section":  "[a]",
		"stunnel option":   "exec = /bin/sh",
		"command":          "$(reboot) `reboot` | & < > ( )",
		"comma":            "a,b",
		"space in front":   " a",
		"space at end":     "a ",
		"UTF-8":            "zażółć ✓ \U0001F600",
		"UTF-8 word":       "zażółć✓",
		"line separator":   "a\u2028b\u0085c",
		"invalid UTF-8":    "a\xff\xc3b",
		"regular":          `^.*(?:a|b)+[c]{2}\z$`,
		"4 KiB":            strings.Repeat("4 KiB ; ", 512),
		"4 KiB of quotes":  strings.Repeat(`"`, 4096),
		"4 KiB of dollars": strings.Repeat(`$`, 4095) + "a",
		"64 KiB":           strings.Repeat("x", 64<<10),
		"empty":            "",
	}
}

// reader reads back what a quoting function wrote.
type reader struct {
	name  string
	quote func(string) (string, error)
	read  func(quoted string) ([]string, error)
	never []string // values that must be refused, by their names
	ever  []string // values that must not be refused
}

func readers() []reader {
	everyday := []string{"plain", "spaces", "single quote", "double quote", "semicolon", "braces", "variable", "backslash", "UTF-8"}
	control := []string{"newline", "injection", "carriage return", "NUL", "escape"}
	return []reader{
		{"vcl", render.QuoteVCL, readVCL, append(control, "quote brace"), everyday},
		{"vcltext", render.QuoteVCLExpression, readVCLExpression, control, append(everyday, "quote brace", "quotes", "JSON")},
		{"vclname", render.QuoteVCLName, readVCLName, append(control, "spaces", "semicolon", "empty"), []string{"plain"}},
		{"nginx", render.QuoteNginx, readNginx, append(control, "64 KiB"), everyday},
		{"nginxregexp", render.QuoteNginxRegexp, readNginxAsItIs, append(control, "64 KiB"), everyday},
		{"nginxword", render.QuoteNginxWord, readNginxAsItIs, append(control, "spaces", "variable", "empty"), []string{"plain", "UTF-8 word"}},
		{"stunnel", render.QuoteStunnel, readStunnel, append(control, "space in front", "empty"), everyday},
		{"args", render.QuoteArgument, readArgument, append(control, "command", "comma", "empty"), []string{"plain", "spaces", "UTF-8"}},
	}
}

func readVCL(quoted string) ([]string, error) {
	tokens, err := vclTokens("set x = " + quoted + ";")
	if err != nil || len(tokens) != 5 || !strings.HasPrefix(tokens[3], `"`) {
		return nil, errors.Join(err, errors.New("not one string"))
	}
	return []string{tokens[3][1:]}, nil
}

// readVCLExpression reads strings with "+" between them.
func readVCLExpression(quoted string) ([]string, error) {
	tokens, err := vclTokens("set x = " + quoted + ";")
	if err != nil {
		return nil, err
	}
	var value strings.Builder
	for i, token := range tokens[3 : len(tokens)-1] {
		if text, isString := strings.CutPrefix(token, `"`); isString && i%2 == 0 {
			value.WriteString(text)
		} else if isString || token != "+" {
			return nil, errors.New("not a sum of strings")
		}
	}
	return []string{value.String()}, nil
}

func readVCLName(quoted string) ([]string, error) {
	tokens, err := vclTokens("unset req.http." + quoted + ";")
	if err != nil || len(tokens) != 3 {
		return nil, errors.Join(err, errors.New("not one name"))
	}
	return []string{strings.TrimPrefix(tokens[1], "req.http.")}, nil
}

func readNginxAsItIs(quoted string) ([]string, error) {
	statements, err := nginxStatements("directive " + quoted + ";\n")
	if err != nil || len(statements) != 1 {
		return nil, errors.Join(err, errors.New("not one directive"))
	}
	return statements[0][1 : len(statements[0])-1], nil
}

func readNginx(quoted string) ([]string, error) {
	words, err := readNginxAsItIs(quoted)
	for i := range words {
		var bad error
		words[i], bad = nginxExpand(words[i], map[string]string{"dollar": "$"})
		err = errors.Join(err, bad)
	}
	return words, err
}

func readStunnel(quoted string) ([]string, error) {
	options, err := stunnelOptions("cert = " + quoted + "\n")
	if err != nil || len(options) != 1 {
		return nil, errors.Join(err, errors.New("not one option"))
	}
	return []string{options[0][1]}, nil
}

// readArgument asks both who read varnishd.args: xargs and edgegen.
func readArgument(quoted string) ([]string, error) {
	words, err := shellWords("-n " + quoted + "\n")
	if err != nil {
		return nil, err
	}
	own, err := render.ArgumentWords([]byte("-n " + quoted + "\n"))
	if err != nil {
		return nil, err
	}
	if strings.Join(own, "\x00") != strings.Join(words, "\x00") {
		return nil, errors.New("xargs and edgegen read different words")
	}
	return words[1:], nil
}

// check holds a quoting function to its promise: an error, or a text that is
// read as this one value.
func (r reader) check(t *testing.T, value string) (refused bool) {
	t.Helper()
	quoted, err := r.quote(value)
	if err != nil {
		var bad *render.ValueError
		if !errors.As(err, &bad) || bad.Value != value || bad.Reason == "" {
			t.Errorf("%s: %q is refused with %#v", r.name, value, err)
		}
		return true
	}
	words, err := r.read(quoted)
	if err != nil || len(words) != 1 || words[0] != value {
		t.Errorf("%s: %q is written %q and read as %q, %v", r.name, value, quoted, words, err)
	}
	return false
}

func TestX1QuotedValuesAreReadAsThemselves(t *testing.T) {
	values := hostileValues()
	for _, r := range readers() {
		refused := make(map[string]bool)
		for name, value := range values {
			t.Run(r.name+"/"+name, func(t *testing.T) { refused[name] = r.check(t, value) })
		}
		for _, name := range r.never {
			if _, known := values[name]; !known || !refused[name] {
				t.Errorf("%s takes %q", r.name, name)
			}
		}
		for _, name := range r.ever {
			if _, known := values[name]; !known || refused[name] {
				t.Errorf("%s refuses %q", r.name, name)
			}
		}
	}
}

func TestX1TryIsReadAsItself(t *testing.T) {
	for name, value := range hostileValues() {
		t.Run(name, func(t *testing.T) {
			checkTry(t, site.Try{Suffix: value})
			checkTry(t, site.Try{Prefix: value, HasURI: true})
			checkTry(t, site.Try{Suffix: value, HasURI: true})
			checkTry(t, site.Try{Prefix: value, Suffix: value, HasURI: true})
		})
	}
	for _, suffix := range []string{"", "/index.html", ".html", "_x", "x", "9", "{x}", "}"} {
		checkTry(t, site.Try{Suffix: suffix, HasURI: true})
	}
}

func checkTry(t *testing.T, try site.Try) {
	t.Helper()
	quoted, err := render.QuoteNginxTry(try)
	if err != nil {
		return
	}
	const uri = "/the $uri"
	want := try.Suffix
	if try.HasURI {
		want = try.Prefix + uri + try.Suffix
	}
	words, err := readNginxAsItIs(quoted)
	if err != nil || len(words) != 1 {
		t.Fatalf("%+v is written %q and read as %q, %v", try, quoted, words, err)
	}
	got, err := nginxExpand(words[0], map[string]string{"dollar": "$", "uri": uri, "edge_name": uri})
	if err != nil || got != want {
		t.Errorf("%+v is written %q and read as %q, %v", try, quoted, got, err)
	}
}

func TestX1CommentsAreOneLine(t *testing.T) {
	for name, value := range hostileValues() {
		if got := render.Plain(value); strings.ContainsAny(got, "\n\r\x00\v\f") || len(got) > 400 {
			t.Errorf("%s: a comment of %q", name, got)
		}
	}
}

func FuzzX1Quote(f *testing.F) {
	for _, value := range hostileValues() {
		f.Add(value, "")
		f.Add("/a", value)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		for _, r := range readers() {
			r.check(t, one)
		}
		checkTry(t, site.Try{Suffix: one})
		checkTry(t, site.Try{Prefix: one, Suffix: two, HasURI: true})
		if strings.ContainsAny(render.Plain(one), "\n\r") {
			t.Errorf("a comment of two lines: %q", one)
		}
	})
}
