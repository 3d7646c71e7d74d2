package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"only blank lines", "\n \n\t\n", ""},
		{"alignment", "a=1\nlonger =  2\n", "a      = 1\nlonger = 2\n"},
		{"indent", "site \"a\" {\ntls {\n\t\tx = 1\n}\n}", "site \"a\" {\n  tls {\n    x = 1\n  }\n}\n"},
		{"blank lines", "\n\n\na = 1\n\n\n\nb = 2\n\n\n", "a = 1\n\nb = 2\n"},
		{"CRLF", "a = 1\r\n# c\r\nb = 2\r\n", "a = 1\n# c\nb = 2\n"},
		{"byte order mark", "\xef\xbb\xbfa = 1", "a = 1\n"},
		{"trailing spaces", "a = 1   \n# c  \t\n/* d  \n e */\n", "a = 1\n# c\n/* d\n e */\n"},
		{"a heredoc stays", "a = <<EOT\n  x  \n\n\n\n y\nEOT\n\n\nb=1\n", "a = <<EOT\n  x  \n\n\n\n y\nEOT\n\nb = 1\n"},
		{"single argument stays on a line", "cache { ttl = \"1h\" }\n", "cache { ttl = \"1h\" }\n"},
		{"several arguments are spread", "redirect { to=\"/new\"  status=301 } # c\n", "redirect {\n  to     = \"/new\"\n  status = 301\n} # c\n"},
		{"nested blocks are spread", "route \"/old\" { redirect { to = \"/new\" } cache {} }", "route \"/old\" {\n  redirect { to = \"/new\" }\n  cache {}\n}\n"},
		{"strings stay", "a = \"  x  =  ${ 1+1 } \"\n", "a = \"  x  =  ${1 + 1} \"\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, diagnostics := Format("site.hcl", []byte(c.in))
			if len(diagnostics) > 0 {
				t.Fatal(diagnostics)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Error(diff)
			}
			again, _ := Format("site.hcl", got)
			if diff := cmp.Diff(string(got), string(again)); diff != "" {
				t.Errorf("not idempotent: %s", diff)
			}
		})
	}
}

func TestFormatOfTheExampleMeansTheSame(t *testing.T) {
	got, diagnostics := Format("site.hcl", []byte(contractExample))
	if len(diagnostics) > 0 {
		t.Fatal(diagnostics)
	}
	if diff := cmp.Diff(words([]byte(contractExample)), words(got)); diff != "" {
		t.Error(diff)
	}
}

func TestFormatRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"unclosed": "a {", "binary": "a\x00", "not UTF-8": "a = \"\xff\"", "lone carriage return": "a = 1\rb = 2", "deep": strings.Repeat("a {", 1000),
	} {
		got, diagnostics := Format("dir/site.hcl", []byte(text))
		if got != nil || !diagnostics.HasErrors() || diagnostics[0].File != "dir/site.hcl" {
			t.Errorf("%s: %q %v", name, got, diagnostics)
		}
	}
}
