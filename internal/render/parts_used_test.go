package render

import (
	"maps"
	"path"
	"slices"
	"testing"
	"text/template/parse"

	"edgegen/templates"
)

// TestTemplatesUseAll holds that no function is admitted which no template calls, and
// that no named part is defined which none uses. A template of a file is used by the
// program, others by those.
func TestTemplatesUseAll(t *testing.T) {
	names, err := TemplateNames()
	if err != nil {
		t.Fatal(err)
	}
	known := functions(&placeholder{})
	called, used, defined := map[string]bool{}, map[string]bool{}, map[string]string{}
	for _, name := range names {
		text, err := templates.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := map[string]*parse.Tree{}
		tree := parse.New(path.Base(name))
		tree.Mode = parse.SkipFuncCheck
		if _, err := tree.Parse(string(text), "", "", set); err != nil {
			t.Fatal(err)
		}
		daemon := path.Dir(name)
		for part, tree := range set {
			if part != path.Base(name) {
				defined[daemon+" "+part] = name
			}
			callees(tree.Root, func(function string) { called[function] = true }, func(part string) { used[daemon+" "+part] = true })
		}
		if parts := !slices.Contains(filled(), name); parts && len(set) == 1 {
			defined[daemon+" "+path.Base(name)] = name
		}
	}
	for _, function := range slices.Sorted(maps.Keys(known)) {
		if !called[function] {
			t.Errorf("no template calls %s: take it out of functions", function)
		}
	}
	for _, part := range slices.Sorted(maps.Keys(defined)) {
		if !used[part] {
			t.Errorf("%s: no template uses %s", defined[part], part)
		}
	}
}

// filled are the templates that the program fills by itself.
func filled() []string {
	names := []string{"stunnel/stunnel.conf.tmpl", "varnish/default.vcl.tmpl", "varnish/dispatch.vcl.tmpl", "varnish/varnishd.args.tmpl", "nginx/nginx.conf.tmpl"}
	for _, name := range includedNames {
		names = append(names, name+".tmpl")
	}
	return names
}

// callees tells of each function that a part of a template calls, and of each other part
// that it uses.
func callees(n parse.Node, function, part func(string)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, one := range n.Nodes {
			callees(one, function, part)
		}
	case *parse.ActionNode:
		callees(n.Pipe, function, part)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, command := range n.Cmds {
			for _, argument := range command.Args {
				callees(argument, function, part)
			}
		}
	case *parse.IdentifierNode:
		function(n.Ident)
	case *parse.ChainNode:
		callees(n.Node, function, part)
	case *parse.TemplateNode:
		part(n.Name)
		callees(n.Pipe, function, part)
	case *parse.IfNode:
		branches(&n.BranchNode, function, part)
	case *parse.RangeNode:
		branches(&n.BranchNode, function, part)
	case *parse.WithNode:
		branches(&n.BranchNode, function, part)
	}
}

func branches(n *parse.BranchNode, function, part func(string)) {
	callees(n.Pipe, function, part)
	callees(n.List, function, part)
	callees(n.ElseList, function, part)
}
