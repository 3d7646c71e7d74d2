package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// inDirectory writes files and returns the path of site.hcl.
func inDirectory(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "site.hcl")
}

// redirecting is a site whose redirect leads to what an expression says.
func redirecting(to string) string {
	return "site \"a.test\" {\n  tls { self_signed = true }\n  route \"/old\" {\n    redirect { to = " + to + " }\n  }\n}\n"
}

// L1: the environment, then files that are read without being asked for in the
// order of their names, then what is given in the order of the command line.
func TestL1PrecedenceOfValues(t *testing.T) {
	const site = "variable \"to\" {\n  type = string\n  default = \"/default\"\n}\n"
	for _, c := range []struct {
		name        string
		environment string
		files       map[string]string
		given       []Given // a File is relative to the directory
		want        string
	}{
		{name: "default", want: "/default"},
		{name: "environment", environment: "/environment", want: "/environment"},
		{name: "file before environment", environment: "/environment", files: map[string]string{"a.auto.edgevars": "to = \"/file\""}, want: "/file"},
		{name: "later file", files: map[string]string{"a.auto.edgevars": "to = \"/a\"", "b.auto.edgevars.json": `{"to": "/b"}`}, want: "/b"},
		{name: "hidden file", files: map[string]string{".a.auto.edgevars": "to = \"/a\""}, want: "/default"},
		{name: "other file", files: map[string]string{"a.edgevars": "to = \"/a\""}, want: "/default"},
		{name: "given before file", files: map[string]string{"a.auto.edgevars": "to = \"/a\""}, given: []Given{{Name: "to", Value: "/given"}}, want: "/given"},
		{name: "later value", given: []Given{{Name: "to", Value: "/one"}, {Name: "to", Value: "/two"}}, want: "/two"},
		{name: "given file before value", files: map[string]string{"x": "to = \"/x\""}, given: []Given{{File: "x"}, {Name: "to", Value: "/value"}}, want: "/value"},
		{name: "value before given file", files: map[string]string{"x": "to = \"/x\""}, given: []Given{{Name: "to", Value: "/value"}, {File: "x"}}, want: "/x"},
		{name: "text of a plain kind is taken as it is", given: []Given{{Name: "to", Value: "/a=b"}}, want: "/a=b"},
		{name: "a mark and foreign line ends", files: map[string]string{"a.auto.edgevars": "\xef\xbb\xbfto = \"/a\"\r\n"}, want: "/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"site.hcl": site + redirecting("var.to")}
			for name, content := range c.files {
				files[name] = content
			}
			path := inDirectory(t, files)
			for i := range c.given {
				if c.given[i].File != "" {
					c.given[i].File = filepath.Join(filepath.Dir(path), c.given[i].File)
				}
			}
			if c.environment != "" {
				t.Setenv("EDGEGEN_VAR_to", c.environment)
			}
			loaded, problems := NewReader(path, c.given).Load()
			if loaded.Edge == nil {
				t.Fatal(problems)
			}
			if got := loaded.Edge.Sites[0].Routes[0].Redirect.To; got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
			for name := range c.files {
				followed := strings.Contains(strings.Join(loaded.Files, "\n"), filepath.Join(filepath.Dir(path), name))
				if wanted := strings.Contains(name, ".auto.") && name[0] != '.' || len(c.given) > 0; followed != wanted {
					t.Errorf("%s among the files: %v", name, followed)
				}
			}
		})
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	const site = `variable "to" { type = string }
variable "ports" {
  type    = list(number)
  default = []
}
variable "secret" {
  type      = map(string)
  default   = {}
  sensitive = true
}
`
	for _, c := range []struct {
		name, file string
		given      []Given
		want       string
	}{
		{"none", "", nil, `the variable "to" has no value`},
		{"unknown", "", []Given{{Name: "tp", Value: "x"}}, `no variable is called "tp" = did you mean "to"?`},
		{"no HCL", "", []Given{{Name: "ports", Value: "[1"}}, `the value of the variable "ports" is no list of number in HCL`},
		{"names", "", []Given{{Name: "ports", Value: "[x]"}}, `is no list of number in HCL: variables not allowed`},
		{"another kind", "", []Given{{Name: "ports", Value: `["x"]`}}, `is not of its type: [0]: a number is required`},
		{"where from", "", []Given{{Name: "ports", Value: `["x"]`}}, `the value is from --var ports`},
		{"in a file", "ports = [\"x\"]\n", nil, "x.auto.edgevars:1 the value of the variable \"ports\" is not of its type"},
		{"unknown in a file", "to = \"/x\"\ntoo = 1\n", nil, `x.auto.edgevars:2 no variable is called "too": its value is not used`},
		{"names in a file", "to = var.x\n", nil, "x.auto.edgevars:1 a file of values holds values alone, and no names of others"},
		{"no file of values", "to {\n}\n", nil, "x.auto.edgevars:1"},
		{"syntax in a file", "to = \n", nil, "x.auto.edgevars:1"},
		{"no such file", "", []Given{{File: "/none"}}, "/none:0 there is no such file"},
		{"secret", "", []Given{{Name: "secret", Value: `{ "hunter2" = [] }`}}, `the value of the variable "secret" is not of its type`},
		{"secret that is no HCL", "", []Given{{Name: "secret", Value: `hunter2 [`}}, `the value of the variable "secret" is no map of string in HCL`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := inDirectory(t, map[string]string{"site.hcl": site + redirecting("var.to"), "x.auto.edgevars": c.file})
			_, problems := NewReader(path, c.given).Load()
			var said strings.Builder
			for _, p := range problems {
				fmt.Fprintf(&said, "%s:%d %s = %s %v\n", strings.TrimPrefix(p.File, filepath.Dir(path)+"/"), p.Line, p.Summary, p.Remedy, p.Values)
			}
			if !strings.Contains(said.String(), c.want) || strings.Contains(said.String(), "hunter2") {
				t.Errorf("%s", said.String())
			}
		})
	}
}

func TestParseGiven(t *testing.T) {
	for text, want := range map[string]Given{
		"a=b": {Name: "a", Value: "b"}, "a=": {Name: "a"}, "a=b=c": {Name: "a", Value: "b=c"}, "a_b-c= x": {Name: "a_b-c", Value: " x"},
		"a": {}, "=b": {}, "a b=c": {}, "1=2": {}, "": {},
	} {
		if got, err := ParseGiven(text); got != want || (err == nil) != (want != Given{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// L3: nothing that a person or a program is shown holds a sensitive value,
// whatever is wrong with it, and whatever was made of it.
func TestL3SensitiveValuesAreNotShown(t *testing.T) {
	const secret = "hunter2/ x"
	for _, use := range []string{
		"edge { user = var.s }", "edge { https = [var.s] }", "edge { trusted_proxies = [var.s] }", "edge { limits { connections = var.s } }",
		"edge { limits { body_size = var.s } }", "edge { timeouts { idle = var.s } }", "edge { log { level = var.s } }", "edge { log { access = \"/${var.s}\" } }",
		"edge { engine { tls = var.s } }", "edge { engine { tls = upper(var.s) } }", "edge { cache_storage { path = var.s\ntype = \"file\" } }",
		"site var.s {}", "site \"x\" { host = var.s }", "site \"x.test\" { aliases = [var.s, var.s] }", "site \"x.test\" { for_each = toset([var.s]) }",
		"site \"x.test\" { backend \"x\" { servers = [var.s, \"${var.s}:x\", split(\" \", var.s)[1]] } }", "site \"x.test\" { backend \"x\" { env = { (var.s) = var.s } } }",
		"site \"x.test\" { backend \"x\" { dir = var.s\ncommand = [var.s] } }", "site \"x.test\" { tls { certificate = var.s\nkey = var.s } }",
		"site \"x.test\" { tls { min_version = var.s } }", "site \"x.test\" { cache { ignore_cookies = [var.s] } }", "site \"x.test\" { maintenance { page = \"/${var.s}\" } }",
		"site \"x.test\" { route \"/\" { backend = var.s } }", "site \"x.test\" { route \"/\" { static { root = var.s } } }",
		"site \"x.test\" { route \"/\" { static { try_files = [var.s]\nindex = [var.s] } } }", "site \"x.test\" { route \"/\" { redirect { to = var.s } } }",
		"site \"x.test\" { route \"/\" { redirect { to = \"${var.s}{\" } } }", "site \"x.test\" { route \"/\" { response_headers { set = { \"${var.s}\" = \"${var.s}\\n\" } } } }",
		"site \"x.test\" { dynamic \"route\" {\nfor_each = [1]\nlabels = [var.s]\ncontent {}\n} }",
		"locals { x = file(var.s) }", "locals { x = parseint(var.s, 10) }", "locals { x = var.s.y }", "locals { x = [1][var.s] }", "locals { x = jsondecode(var.s) }", "locals { x = tonumber(var.s) }",
		"locals { x = regex(var.s, \"a\") }", "locals { x = { a = 1 }[var.s] }", "locals { x = formatdate(var.s, \"x\") }", "locals { x = lookup({}, var.s) }", "locals { x = env(var.s) }",
		"variable \"v\" {\ndefault = 1\nvalidation {\ncondition = var.s == \"a\"\nerror_message = \"not ${var.s}\"\n}\n}", "locals { x = templatefile(\"t\", { x = var.s }) }",
	} {
		t.Run(use, func(t *testing.T) {
			for _, declared := range []string{
				"variable \"s\" {\n  sensitive = true\n  default   = \"" + secret + "\"\n}\n",
				"variable \"s\" { default = \"\" }\n",
			} {
				text := declared + use
				if !strings.Contains(declared, secret) {
					text = declared + strings.ReplaceAll(use, "var.s", "sensitive(join(\"\", [\"hunter\", \"2/ x\"]))")
				}
				path := inDirectory(t, map[string]string{"site.hcl": text + "\n", "t": "${x.y}"})
				loaded, problems := NewReader(path, nil).Load()
				var out bytes.Buffer
				if err := problems.WriteText(&out, false); err != nil {
					t.Fatal(err)
				}
				report, err := json.Marshal(problems)
				if err != nil {
					t.Fatal(err)
				}
				shown := strings.ToLower(out.String() + string(report))
				if strings.Contains(shown, "hunter2") {
					t.Errorf("%s", shown)
				}
				if loaded.Edge == nil && len(problems) == 0 {
					t.Error("refused without a reason")
				}
			}
		})
	}
}

// L1: files are read inside the site's directory alone.
func TestL1FilesOfFunctionsAreConfined(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("/outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{outside, "../" + filepath.Base(filepath.Dir(outside)) + "/secret", "link", "directory/secret", "sub/../../x", "sub", "", "none", "sub/binary"} {
		for _, call := range []string{"file(%q)", "templatefile(%q, {})"} {
			t.Run(fmt.Sprintf(call, name), func(t *testing.T) {
				path := inDirectory(t, map[string]string{"site.hcl": redirecting(fmt.Sprintf(call, name)), "sub/x": "/inside", "sub/binary": "\xff\xfe"})
				dir := filepath.Dir(path)
				for link, to := range map[string]string{"link": outside, "directory": filepath.Dir(outside)} {
					if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
						t.Fatal(err)
					}
				}
				loaded, problems := Load(path)
				if loaded.Edge != nil || len(problems) != 1 || problems[0].Line != 4 {
					t.Errorf("%+v", problems)
				}
			})
		}
	}
	path := inDirectory(t, map[string]string{"site.hcl": redirecting(`chomp(file("sub/link"))`), "sub/x": "/inside\n"})
	if err := os.Symlink("x", filepath.Join(filepath.Dir(path), "sub", "link")); err != nil {
		t.Fatal(err)
	}
	loaded, problems := Load(path)
	if loaded.Edge == nil || loaded.Edge.Sites[0].Routes[0].Redirect.To != "/inside" {
		t.Errorf("a link inside: %+v", problems)
	}
}

// What Evaluate prints is the same site, without its expressions.
func TestEvaluate(t *testing.T) {
	archives, err := filepath.Glob("testdata/*right*.txtar")
	if err != nil || len(archives) < 3 {
		t.Fatal("no archives", err)
	}
	for _, path := range archives {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			writeArchive(t, dir, archive)
			writeCertificates(t, dir)
			reader := newReader(filepath.Join(dir, loadName(archive)), testNow)
			loaded, problems := reader.Load()
			printed, _ := reader.Evaluate()
			if loaded.Edge == nil {
				t.Fatal(problems)
			}
			again := filepath.Join(loaded.Root, "printed.hcl") // where its relative paths start
			if err := os.WriteFile(again, printed, 0o600); err != nil {
				t.Fatal(err)
			}
			same, problems := newReader(again, testNow).Load()
			if same.Edge == nil || same.Edge.Meaning() != loaded.Edge.Meaning() {
				t.Errorf("%s\n%v", printed, problems)
			}
			if formatted, _ := Format(again, printed); !bytes.Equal(formatted, printed) || bytes.Contains(printed, []byte("for_each")) {
				t.Errorf("not in canonical layout:\n%s", printed)
			}
		})
	}
	path := inDirectory(t, map[string]string{"site.hcl": "variable \"s\" {\n  default   = \"hunter2\"\n  sensitive = true\n}\n" + redirecting(`"/${var.s}"`)})
	printed, problems := NewReader(path, nil).Evaluate()
	if problems.HasErrors() || bytes.Contains(printed, []byte("hunter2")) || !bytes.Contains(printed, []byte("(sensitive value)")) {
		t.Errorf("%s\n%v", printed, problems)
	}
}

// BenchmarkForEach loads sites that one block stands for, by their names in a
// file: what a site takes must not grow with their number.
func BenchmarkForEach(b *testing.B) {
	const site = `
locals { shops = jsondecode(file("shops.json")) }
site "shop" {
  for_each = local.shops
  host     = "${each.key}.test"
  aliases  = ["www.${each.key}.test"]
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:${each.value.port}"] }
  backend "ws" { servers = ["127.0.0.1:${each.value.port + 1}", "127.0.0.1:${each.value.port + 2}"] }
  route "/" { backend = "app" }
  route "/ws" {
    backend   = "ws"
    websocket = true
  }
  route "/old" {
    redirect {
      to     = "/new"
      status = 301
    }
  }
}
`
	for _, n := range []int{1000, 10_000} {
		shops := map[string]any{}
		for i := range n {
			shops[fmt.Sprintf("s%d", i)] = map[string]int{"port": 5000 + i%1000}
		}
		text, err := json.Marshal(shops)
		if err != nil {
			b.Fatal(err)
		}
		path := inDirectory(b, map[string]string{"site.hcl": site, "shops.json": string(text)})
		known := NewReader(path, nil)
		known.Load()
		for name, reader := range map[string]func() *Reader{"fresh": func() *Reader { return NewReader(path, nil) }, "again": func() *Reader { return known }} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				begun := processorTime(b)
				for b.Loop() {
					if loaded, problems := reader().Load(); loaded.Edge == nil || len(loaded.Edge.Sites) != n {
						b.Fatal(problems)
					}
				}
				b.ReportMetric((processorTime(b)-begun).Seconds()*1e6/float64(b.N*n), "cpu-µs/site")
			})
		}
	}
}
