package config

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func seeds() []string {
	return []string{
		"", "\n\n", "\xef\xbb\xbfa = 1", "a=1\r\nb=2\r\n\r\n\r\n\r\n# x  \r\n",
		contractExample,
		"route \"/old\" { redirect { to = \"/new\"  status = 301 } }",
		"a { b = 1 /* c */ d = [1,\n2] e { } } # end", "a {b=1}", "a { b = <<EOT\n x  \n\n\n\n${ 1+1 }\nEOT\n}\n",
		"a = <<-EOT\r\n\tx\r\n  EOT\r\n", "a = \"${[for x in y : x...]}\"", "a = !-b.*.c[0] ? d : e", "a = (\n1\n)",
		"site \"x\" {\n tls { self_signed = true }\n route \"/\" { static { root = \".\" } }\n}",
		"/* a  \n b */\n\n\n/* c */ a = 1 // d\n", "a = { \"b\" : 1, c = null, (d) = \"%{ if x }y%{ endif }\" }",
		"edge { https = [\":0\"] limits { body_size = \"99999999999999999999GiB\" } }", "a{b{c{d{e=1 f=2}}}}", "a = 1e999999999",
		minimal + "# x\n" + strings.ReplaceAll(minimal, "a.test", "c.test") + "edge {\n}\n",
		minimal + "site \"a.test\" { tls { self_signed = true } route \"/\" { redirect { to = \"/x\" status = 301 } } }\n",
		"site \"x\" {\n  a = <<E\nb\n}\nE\n}\n/*\nc\n*/\n",
		"variable \"a\" {\n  type = list(object({ b = optional(number, 1) }))\n  default = [{}]\n  validation {\n    condition = alltrue([for x in var.a : x.b > 0])\n    error_message = \"no\"\n  }\n}\n",
		"locals { a = local.b b = \"${local.c}x\" c = [for k, v in { d = 1 } : \"%{ if v > 0 }${k}%{ else }n%{ endif }\"]... }\n",
		"site \"s\" {\n  for_each = toset([\"a\"])\n  host = \"${each.key}.test\"\n  tls { self_signed = try(each.value.x, true) }\n  dynamic \"route\" {\n    for_each = { \"/old\" = sensitive(\"/new\") }\n    labels = [route.key]\n    content { redirect { to = route.value } }\n  }\n}\n",
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		prepare := func() (*loader, []*source) {
			l := newLoader(dir, func() time.Time { return time.Unix(1_800_000_000, 0) })
			var sources []*source
			if l.isText("site.hcl", content) {
				s := newSource("site.hcl", "site.hcl", dir+"/site.hcl", withoutMark(content))
				l.sources[s.name] = s
				sources = append(sources, s)
			}
			return l, sources
		}
		l, sources := prepare()
		loaded, diagnostics := l.finish(sources)
		if l, sources := prepare(); len(sources) > 0 {
			whole, same := l.conclude(sources, [][]*piece{{{body: l.parseOne(sources[0])}}})
			if !reflect.DeepEqual(whole.Edge, loaded.Edge) || !reflect.DeepEqual(same, diagnostics) {
				t.Fatalf("in pieces: %v\nas a whole: %v", diagnostics, same)
			}
		}
		if (loaded.Edge == nil) != diagnostics.HasErrors() {
			t.Fatalf("model %v beside %v", loaded.Edge, diagnostics)
		}
		if err := diagnostics.WriteText(io.Discard, true); err != nil {
			t.Fatal(err)
		}
		for _, d := range diagnostics {
			if d.Line > 0 && (d.Column < 1 || d.EndLine < d.Line) {
				t.Fatalf("no sane place: %+v", d)
			}
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		once, diagnostics := Format("site.hcl", content)
		if diagnostics.HasErrors() {
			return
		}
		twice, diagnostics := Format("site.hcl", once)
		if diagnostics.HasErrors() {
			t.Fatalf("the result does not parse: %v\n%s", diagnostics, once)
		}
		if !bytes.Equal(once, twice) {
			t.Fatalf("not idempotent:\n%q\n%q", once, twice)
		}
		if before, after := words(withoutMark(content)), words(once); before != after {
			t.Fatalf("the meaning changed:\n%s\n%s", before, after)
		}
	})
}

// words are the tokens of a text without white space between them.
func words(text []byte) string {
	tokens, _ := hclsyntax.LexConfig(text, "", start)
	var out []byte
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF:
			continue
		case hclsyntax.TokenComment:
			out = append(out, bytes.Join(bytes.Fields(token.Bytes), []byte(" "))...)
		default:
			out = append(out, token.Bytes...)
		}
		out = append(out, '\n')
	}
	return string(out)
}

// A file in JSON is read or refused, whatever it holds.
func FuzzLoadJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `5`, `{"site": {"a.test": {"tls": {"self_signed": true}, "route": {"/old": {"redirect": {"to": "/new"}}}}}}`,
		`{"variable": {"a": {"type": "list(string)", "default": ["${"]}}, "locals": [{"b": "${var.a}"}]}`,
		`{"site": [{"x": {"for_each": {"a": 1}, "host": "${each.key}", "dynamic": {"route": [{"for_each": [1], "labels": ["/"], "content": {"dynamic": {}}}]}}}]}`,
		`{"edge": {"dynamic": {"log": {"for_each": "${[1]}", "iterator": "x", "content": [{"level": "${x.key}"}]}}, "//": 1}, "//": 2}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		l := newLoader(dir, func() time.Time { return time.Unix(1_800_000_000, 0) })
		if !l.isText("site.hcl.json", content) {
			return
		}
		s := newSource("site.hcl.json", "site.hcl.json", dir+"/site.hcl.json", withoutMark(content))
		l.sources[s.name] = s
		loaded, diagnostics := l.finish([]*source{s})
		if (loaded.Edge == nil) != diagnostics.HasErrors() {
			t.Fatalf("model %v beside %v", loaded.Edge, diagnostics)
		}
		if err := diagnostics.WriteText(io.Discard, true); err != nil {
			t.Fatal(err)
		}
	})
}
