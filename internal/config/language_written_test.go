package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Whoever writes a site file writes HCL as it stands there, names and all: it reads as what
// comes out. A name that the table no longer has is found here, and not by who runs it.
func TestNamesThatAreWrittenStandInTheTable(t *testing.T) {
	known := map[string]bool{}
	var add func(s *schema)
	add = func(s *schema) {
		for _, child := range s.blocks {
			known[child.name+" {"] = true
			add(child)
		}
	}
	add(language())
	rows(language(), nil, func(_ []*schema, a *argument) { known[a.name] = true })
	for from, w := range map[string]struct {
		least int // names that are found
		read  func(method string, arguments []string) string
	}{
		"../importer": {100, importerWrites},
		"../gateway":  {25, gatewayWrites},
	} {
		found := 0
		files, err := filepath.Glob(from + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				method, arguments := callOf(n)
				if written := w.read(method, arguments); written != "" {
					if found++; !known[written] {
						t.Errorf("%s: %q is not in the table", set.Position(n.Pos()), written)
					}
				}
				return true
			})
		}
		if found < w.least {
			t.Errorf("%s writes %d names, where %d at least are known", from, found, w.least)
		}
	}
}

// callOf is the name of a method that is called, and of its arguments those that are texts;
// the others are "".
func callOf(n ast.Node) (method string, arguments []string) {
	call, isCall := n.(*ast.CallExpr)
	if !isCall {
		return "", nil
	}
	if of, is := call.Fun.(*ast.SelectorExpr); is {
		method = of.Sel.Name
	}
	for _, a := range call.Args {
		text := ""
		if literal, is := a.(*ast.BasicLit); is && literal.Kind == token.STRING {
			text, _ = strconv.Unquote(literal.Value)
		}
		arguments = append(arguments, text)
	}
	return method, arguments
}

func importerWrites(method string, arguments []string) string {
	switch {
	case len(arguments) == 0:
	case method == "sub", method == "named", method == "another":
		if arguments[0] != "" {
			return arguments[0] + " {"
		}
	case method == "set", method == "addTo", method == "put", method == "without", method == "drop", method == "argument", method == "texts":
		return arguments[0]
	case method == "duration" || method == "longest":
		return arguments[1]
	}
	return ""
}

var lineOfHCL = regexp.MustCompile(`^(\w+)(?: %s)?( =|( \{))`)

func gatewayWrites(method string, arguments []string) string {
	if method == "changes" {
		return arguments[0] + " {"
	}
	if method == "line" && len(arguments) > 0 {
		if found := lineOfHCL.FindStringSubmatch(arguments[0]); found != nil {
			return found[1] + strings.TrimSuffix(found[2], " =")
		}
	}
	return ""
}
