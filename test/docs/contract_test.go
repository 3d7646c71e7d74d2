package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// corpusTest is the test that asks the cases of test/conformance.
const corpusTest = "TestContract"

// TestContractNamesItsTests holds that every promise of docs/contract.md has a
// test, that the list of tests is the one of today, and that no test names a
// promise which the page lacks.
func TestContractNamesItsTests(t *testing.T) {
	page := filepath.Join("docs", "contract.md")
	promises := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^- \*\*([A-Z][0-9])\*\* `).FindAllStringSubmatch(read(t, page), -1) {
		promises[match[1]] = true
	}
	if len(promises) < 30 {
		t.Fatalf("found %d promises", len(promises))
	}
	holders := testsByPromise(t)
	var table strings.Builder
	fmt.Fprint(&table, "| promise | tests |\n|---|---|\n")
	for _, promise := range slices.Sorted(maps.Keys(promises)) {
		if len(holders[promise]) == 0 {
			t.Errorf("no test names %s", promise)
		}
		fmt.Fprintf(&table, "| %s | %s |\n", promise, strings.Join(slices.Sorted(maps.Keys(holders[promise])), ", "))
	}
	for promise, tests := range holders {
		if !promises[promise] {
			t.Errorf("%s is named by %v, and is no promise of %s", promise, slices.Sorted(maps.Keys(tests)), page)
		}
	}
	holdGenerated(t, page, "tests", table.String())
}

// testsByPromise finds the tests whose name or comment names a promise, and
// the promises that cases of the corpus name.
func testsByPromise(t *testing.T) map[string]map[string]bool {
	t.Helper()
	holders := map[string]map[string]bool{}
	add := func(promise, test string) {
		if holders[promise] == nil {
			holders[promise] = map[string]bool{}
		}
		holders[promise]["`"+test+"`"] = true
	}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		room, _ := filepath.Rel(root, filepath.Dir(file)) // both are relative
		room = filepath.ToSlash(room)
		for _, promise := range promisesOfCases(syntax) {
			add(promise, path.Join(room, corpusTest))
		}
		for name, promises := range promisesOfTests(syntax) {
			for _, promise := range promises {
				add(promise, path.Join(room, name))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return holders
}

// promisesOfTests maps each test of a file to the promises in its name, as in
// TestR1R5Reload, and in its comment.
func promisesOfTests(file *ast.File) map[string][]string {
	const promise = "[LHFWSKEBMCRPXVAOZTQGDN][0-9]"
	names, words := regexp.MustCompile("^Test("+promise+")+"), regexp.MustCompile(`\b`+promise+`\b`)
	found := map[string][]string{}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !strings.HasPrefix(function.Name.Name, "Test") {
			continue
		}
		name := function.Name.Name
		found[name] = append(regexp.MustCompile(promise).FindAllString(names.FindString(name), -1),
			words.FindAllString(function.Doc.Text(), -1)...)
	}
	return found
}

// promisesOfCases returns the values of the fields called clause.
func promisesOfCases(file *ast.File) []string {
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		pair, ok := node.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, isName := pair.Key.(*ast.Ident)
		value, isText := pair.Value.(*ast.BasicLit)
		if isName && isText && key.Name == "clause" {
			if text, err := strconv.Unquote(value.Value); err == nil {
				found = append(found, text)
			}
		}
		return true
	})
	return found
}
