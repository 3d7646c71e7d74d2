package lsp

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// editor is a client of a server, with what it was told.
type editor struct {
	*jrpc2.Client
	t    *testing.T
	dir  string
	told chan publishParams
}

func newEditor(t *testing.T) *editor {
	t.Helper()
	toServer, fromEditor := io.Pipe()
	toEditor, fromServer := io.Pipe()
	e := &editor{t: t, dir: t.TempDir(), told: make(chan publishParams, 100)}
	served := make(chan error, 1)
	server := New("1.2.3")
	go func() { served <- server.Serve(context.Background(), toServer, fromServer) }()
	e.Client = jrpc2.NewClient(channel.LSP(toEditor, fromEditor), &jrpc2.ClientOptions{OnNotify: func(r *jrpc2.Request) {
		var p publishParams
		if err := r.UnmarshalParams(&p); err == nil {
			e.told <- p
		}
	}})
	var greeting initializeResult
	e.call("initialize", map[string]any{"processId": nil, "capabilities": map[string]any{"textDocument": map[string]any{"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": true}}}}}, &greeting)
	if greeting.ServerInfo.Version != "1.2.3" || !greeting.Capabilities.HoverProvider {
		t.Errorf("%+v", greeting)
	}
	e.notify("initialized", struct{}{})
	t.Cleanup(func() {
		e.call("shutdown", nil, nil)
		e.notify("exit", nil)
		if err := <-served; err != nil {
			t.Error(err)
		}
		_ = e.Close() // the server has gone
	})
	return e
}

func (e *editor) call(method string, params, result any) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if result == nil {
		result = new(any)
	}
	if err := e.CallResult(ctx, method, params, result); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

func (e *editor) notify(method string, params any) {
	e.t.Helper()
	if err := e.Notify(context.Background(), method, params); err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
}

func (e *editor) uri(name string) string { return uriOf(filepath.Join(e.dir, name)) }

// open opens a document, in whose text "|" stands for the cursor, and returns where
// that is.
func (e *editor) open(name, text string) placeParams {
	e.t.Helper()
	at := strings.IndexByte(text, '|')
	text = strings.Replace(text, "|", "", 1)
	e.notify("textDocument/didOpen", openParams{document{e.uri(name), text}})
	return placeParams{document{URI: e.uri(name)}, positionAt([]byte(text), max(at, 0))}
}

// problems are what the next word about a document says, line by line.
func (e *editor) problems(name string) (all []string) {
	e.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case p := <-e.told:
			if p.URI != e.uri(name) {
				continue
			}
			for _, d := range p.Diagnostics {
				first, _, _ := strings.Cut(d.Message, "\n")
				all = append(all, first)
			}
			return all
		case <-deadline:
			e.t.Fatalf("nothing is said about %s", name)
		}
	}
}

const good = `site "a.test" {
  tls { self_signed = true }
  backend "app" { servers = ["127.0.0.1:5000"] }
  route "/" { backend = "app" }
}
`

func TestV3Diagnostics(t *testing.T) {
	e := newEditor(t)
	e.open("site.hcl", strings.Replace(good, `"app" }`, `"ap" }`, 1))
	if got := e.problems("site.hcl"); !slices.Equal(got, []string{`no backend is called "ap"`}) {
		t.Errorf("%q", got)
	}
	e.notify("textDocument/didChange", changeParams{document{URI: e.uri("site.hcl")}, []document{{Text: good}}})
	if got := e.problems("site.hcl"); len(got) > 0 {
		t.Errorf("%q", got)
	}
	e.notify("textDocument/didChange", changeParams{document{URI: e.uri("site.hcl")}, []document{{Text: "site \"é😀\" {"}}})
	if got := e.problems("site.hcl"); len(got) == 0 {
		t.Error("nothing is wrong with half a file")
	}
}

// A site of several files is looked at as a whole, and what is saved nowhere counts.
func TestSeveralFiles(t *testing.T) {
	e := newEditor(t)
	for name, text := range map[string]string{"edge.hcl": "variable \"port\" { default = 5000 }\n", "site.hcl": good} {
		if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := e.open("site.hcl", strings.Replace(good, "127.0.0.1:5000", "127.0.0.1:${var.po|rt}", 1))
	if got := e.problems("site.hcl"); len(got) > 0 {
		t.Errorf("%q", got)
	}
	var found location
	e.call("textDocument/definition", at, &found)
	if found.URI != e.uri("edge.hcl") || found.Range.End.Character != 15 {
		t.Errorf("%+v", found)
	}
	e.open("edge.hcl", "variable \"gate\" {}\n")
	if got := e.problems("site.hcl"); len(got) == 0 {
		t.Error("the variable is not missed")
	}
}

func TestV3Help(t *testing.T) {
	inSite := func(line string) string {
		return "site \"a.test\" {\n  backend \"chat-room\" { servers = [\"127.0.0.1:1\"] }\n" + line + "\n}\nvariable \"who\" {\n  type = string\n}\nlocals {\n  where = 1\n}\n"
	}
	for _, c := range []struct {
		name, text     string
		offered, not   []string // by completion
		hover, defined string
	}{
		{name: "blocks of a file", text: "ed|", offered: []string{"edge"}, not: []string{"site"}},
		{name: "names of a block, those that are there aside", text: "edge {\n  http = [\":80\"]\n  h|\n}\n", offered: []string{"https", "health_path"}, not: []string{"http", "user"}},
		{name: "an empty line", text: "site \"a.test\" {\n  tls {}\n  |\n}\n", offered: []string{"route", "backend", "aliases"}, not: []string{"tls", "edge"}},
		{name: "a block on one line", text: "site \"a.test\" {\n  tls { self| }\n}\n", offered: []string{"self_signed"}},
		{name: "choices", text: "edge {\n  engine { tls = | }\n}\n", offered: []string{`"stunnel"`, `"builtin"`}, not: []string{`"nginx-plus"`}},
		{name: "choices in quotes", text: "edge {\n  engine { cache = \"va|\" }\n}\n", offered: []string{"varnish"}, not: []string{"builtin"}},
		{name: "flags", text: inSite("  route \"/\" { websocket = t| }"), offered: []string{"true"}},
		{name: "backends", text: inSite("  route \"/\" { backend = \"| }"), offered: []string{"chat-room"}},
		{name: "variables", text: inSite("  aliases = [var.|]"), offered: []string{"var.who"}, not: []string{"local.where"}},
		{name: "locals in a template", text: inSite("  aliases = [\"${local.w|}\"]"), offered: []string{"local.where"}},
		{name: "functions", text: inSite("  aliases = conc|"), offered: []string{"concat"}},
		{name: "the content of a dynamic block", text: inSite("  dynamic \"route\" {\n    content {\n      web|\n    }\n  }"), offered: []string{"websocket"}},
		{name: "what is no part of the language", text: "sight \"x\" {\n  |\n}\n", not: []string{"route"}},
		{name: "a word about an argument", text: inSite("  route \"/\" { web|socket = true }"), hover: "WebSocket handshakes go straight"},
		{name: "a word about a block", text: inSite("  ro|ute \"/\" {}"), hover: "whole segments match"},
		{name: "a backend", text: inSite("  route \"/\" { backend = \"chat|-room\" }"), hover: `backend "chat-room" { servers`, defined: "1:2-1:21"},
		{name: "a variable", text: inSite("  aliases = [\"x.${var.w|ho}\"]"), hover: "type = string", defined: "4:0-4:14"},
		{name: "a local", text: inSite("  aliases = [local.where|]"), hover: "where = 1", defined: "8:2-8:7"},
		{name: "half a string", text: "site \"a.test\" {\n  aliases = [\"|\n  route \"/\" {}\n"},
		{name: "nothing but braces", text: "}}}{{{|"},
		{name: "an empty file", text: "|", offered: []string{"site", "edge", "variable", "locals"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEditor(t)
			at := e.open("site.hcl", c.text)
			var items []completionItem
			e.call("textDocument/completion", at, &items)
			var offered []string
			for _, item := range items {
				offered = append(offered, item.Label)
			}
			for _, label := range c.offered {
				if !slices.Contains(offered, label) {
					t.Errorf("%s is not offered, but %q", label, offered)
				}
			}
			for _, label := range c.not {
				if slices.Contains(offered, label) {
					t.Errorf("%s is offered", label)
				}
			}
			var told *hover
			e.call("textDocument/hover", at, &told)
			if c.hover != "" && (told == nil || !strings.Contains(told.Contents.Value, c.hover)) {
				t.Errorf("%+v says nothing of %q", told, c.hover)
			}
			var found *location
			e.call("textDocument/definition", at, &found)
			if got := placeText(found); got != c.defined {
				t.Errorf("declared at %s, want %s", got, c.defined)
			}
		})
	}
}

func placeText(l *location) string {
	if l == nil {
		return ""
	}
	return fmt.Sprintf("%d:%d-%d:%d", l.Range.Start.Line, l.Range.Start.Character, l.Range.End.Line, l.Range.End.Character)
}

// What is offered is good where it is taken: a block with everything that it needs.
func TestCompletionIsTaken(t *testing.T) {
	e := newEditor(t)
	at := e.open("site.hcl", "site \"a.test\" {\n  t|\n}\n")
	var items []completionItem
	e.call("textDocument/completion", at, &items)
	if len(items) != 1 || items[0].TextEdit.NewText != "tls {\n  $0\n}" || items[0].InsertTextFormat != snippetFormat || items[0].TextEdit.Range.Start.Character != 2 {
		t.Errorf("%+v", items)
	}
}

func TestV3Format(t *testing.T) {
	e := newEditor(t)
	e.open("site.hcl", strings.ReplaceAll(good, "  ", "      "))
	var edits []textEdit
	e.call("textDocument/formatting", openParams{document{URI: e.uri("site.hcl")}}, &edits)
	if len(edits) != 1 || edits[0].NewText != good {
		t.Errorf("%+v", edits)
	}
	e.open("site.hcl", "site {{{")
	e.call("textDocument/formatting", openParams{document{URI: e.uri("site.hcl")}}, &edits)
	if len(edits) > 0 {
		t.Errorf("%+v", edits)
	}
}

func TestPositions(t *testing.T) {
	text := []byte("a\né😀b\n\n")
	for offset, want := range map[int]position{0: {0, 0}, 1: {0, 1}, 2: {1, 0}, 4: {1, 1}, 8: {1, 3}, 9: {1, 4}, 10: {2, 0}, 11: {3, 0}} {
		if got := positionAt(text, offset); got != want {
			t.Errorf("%d is at %v, want %v", offset, got, want)
		}
		if got := offsetOf(text, want); got != offset {
			t.Errorf("%v is %d, want %d", want, got, offset)
		}
	}
	if got := offsetOf(text, position{1, 99}); got != 9 {
		t.Errorf("beyond a line: %d", got)
	}
	if got := offsetOf(text, position{99, 0}); got != len(text) {
		t.Errorf("beyond the text: %d", got)
	}
}
