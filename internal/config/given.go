package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

// Given is a value of a variable, or a file of such, that was given beside the
// site: by --var or --var-file.
type Given struct {
	Name, Value string // "" for a file
	File        string // absolute; "" for a value
}

// ParseGiven reads "name=value", as --var takes it.
func ParseGiven(text string) (Given, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || !hclsyntax.ValidIdentifier(strings.TrimSpace(name)) {
		return Given{}, fmt.Errorf("%q is no variable with a value: write name=value", text)
	}
	return Given{Name: strings.TrimSpace(name), Value: value}, nil
}

// environmentPrefix begins the names of environment variables that give values.
const environmentPrefix = "EDGEGEN_VAR_"

// The endings of files with values that are read without being asked for.
const (
	automaticEnding     = ".auto.edgevars"
	automaticJSONEnding = ".auto.edgevars.json"
)

// givenValue is a value on its way to a variable. Either it is a text, of which
// the variable's type says how it is read, or a value from a file.
type givenValue struct {
	text  string
	value cty.Value // cty.NilVal for a text
	place hcl.Range // in a file
	from  string    // as a message names it
}

// gather collects what is given for each variable. Later ones win: the
// environment, then files that are read without being asked for, in the order
// of their names, then --var and --var-file in their order.
func (l *loader) gather(declared map[string]*variable) map[string]givenValue {
	values := map[string]givenValue{}
	for _, name := range sortedNames(declared) {
		if text, ok := os.LookupEnv(environmentPrefix + name); ok {
			values[name] = givenValue{text: text, from: "the environment variable " + environmentPrefix + name}
			l.identify("environment", name, text)
		}
	}
	for _, path := range l.automaticFiles() {
		l.gatherFile(path, declared, values)
	}
	for _, given := range l.given {
		if given.File != "" {
			l.gatherFile(given.File, declared, values)
			continue
		}
		if declared[given.Name] == nil {
			l.add(Diagnostic{Severity: Error, Summary: fmt.Sprintf("--var %s=…: no variable is called %q", given.Name, given.Name),
				Remedy: undeclaredRemedy(given.Name, declared)})
			continue
		}
		values[given.Name] = givenValue{text: given.Value, from: "--var " + given.Name}
		l.identify("given", given.Name, given.Value)
	}
	return values
}

func undeclaredRemedy(name string, declared map[string]*variable) string {
	if near, ok := nearest(name, sortedNames(declared)); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("add variable %q { … } to the site", name)
}

// isValueFile reports whether a file of the site's directory holds values that
// are read without being asked for.
func isValueFile(name string) bool {
	return (strings.HasSuffix(name, automaticEnding) || strings.HasSuffix(name, automaticJSONEnding)) && !strings.HasPrefix(name, ".")
}

func (l *loader) automaticFiles() []string {
	entries, err := os.ReadDir(l.valueRoot)
	if err != nil {
		return nil // the directory itself was read from a moment ago
	}
	var paths []string
	for _, entry := range entries { // which are sorted
		name := entry.Name()
		if isValueFile(name) && !entry.IsDir() {
			paths = append(paths, filepath.Join(l.valueRoot, name))
		}
	}
	return paths
}

// gatherFile reads a file of values: arguments alone, whose values can name
// nothing.
func (l *loader) gatherFile(path string, declared map[string]*variable, values map[string]givenValue) {
	l.files = append(l.files, path)
	shown := path
	if filepath.Dir(path) == l.root {
		shown = filepath.Join(l.shownRoot, filepath.Base(path))
	}
	content, ok := l.readFile(shown)
	if !ok || !l.isText(shown, content) {
		return
	}
	l.identify("file", path, string(content))
	s := newSource(shown, path, path, withoutMark(content))
	l.sources[s.name] = s
	attributes, problems := parseValues(s)
	for i, problem := range problems {
		if i < maxSyntaxErrors {
			l.syntaxError(s, nil, problem)
		}
	}
	for _, attribute := range attributes {
		l.gatherAttribute(attribute, shown, declared, values)
	}
}

func parseValues(s *source) ([]*hcl.Attribute, hcl.Diagnostics) {
	var file *hcl.File
	var problems hcl.Diagnostics
	if strings.HasSuffix(s.name, ".json") {
		file, problems = hcljson.Parse(s.content, s.name)
	} else {
		file, problems = hclsyntax.ParseConfig(s.content, s.name, start)
	}
	if file == nil || problems.HasErrors() {
		return nil, problems
	}
	attributes, problems := file.Body.JustAttributes()
	var sorted []*hcl.Attribute
	for _, attribute := range attributes {
		sorted = append(sorted, attribute)
	}
	slices.SortFunc(sorted, func(a, b *hcl.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return sorted, problems
}

func (l *loader) gatherAttribute(attribute *hcl.Attribute, shown string, declared map[string]*variable, values map[string]givenValue) {
	if declared[attribute.Name] == nil {
		l.warnAt(attribute.NameRange, undeclaredRemedy(attribute.Name, declared), "no variable is called %q: its value is not used", attribute.Name)
		return
	}
	if references := attribute.Expr.Variables(); len(references) > 0 {
		l.errorAt(references[0].SourceRange(), "write the value itself; text stands in quotes", "a file of values holds values alone, and no names of others")
		return
	}
	value, problems := attribute.Expr.Value(nil)
	if problems.HasErrors() {
		l.errorAt(attribute.Expr.Range(), strings.TrimSuffix(problems[0].Detail, "."), "%s", lowerFirst(problems[0].Summary))
		return
	}
	values[attribute.Name] = givenValue{value: value, place: attribute.Expr.Range(), from: shown}
}
