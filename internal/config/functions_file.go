package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// confined is a path of a function about files, as it is kept inside the
// site's directory: what leads out of it, by ".." or by a link, cannot be read.
func (l *loader) confined(name string) (absolute string, err error) {
	switch {
	case name == "":
		return "", errors.New("the path is empty")
	case filepath.IsAbs(name):
		return "", fmt.Errorf("%q is an absolute path: write one that starts at the site's directory", name)
	case !filepath.IsLocal(name):
		return "", fmt.Errorf("%q leads out of the site's directory", name)
	}
	return filepath.Join(l.valueRoot, filepath.Clean(name)), nil
}

// fileRead is what a path held when it was read; a load reads it once.
type fileRead struct {
	content string
	err     error
}

// readConfined reads a file of the site's directory, which the site is made of
// from then on.
func (l *loader) readConfined(name string) (string, error) {
	absolute, err := l.confined(name)
	if err != nil {
		return "", err
	}
	l.madeOf(absolute)
	found, again := l.contents[absolute]
	if !again {
		found.content, found.err = readWithin(l.valueRoot, filepath.Clean(name))
		if l.contents == nil {
			l.contents = map[string]fileRead{}
		}
		l.contents[absolute] = found
	}
	l.rely(reliance{kind: onFile, name: name, content: found.content, there: found.err == nil})
	return found.content, found.err
}

func readWithin(root, name string) (string, error) {
	directory, err := os.OpenRoot(root)
	if err != nil {
		return "", errors.New(causeOf(err))
	}
	defer directory.Close()
	info, err := directory.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no file %q in the site's directory", name)
	case err != nil:
		return "", fmt.Errorf("%q cannot be read: %s", name, causeOf(err))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%q is no plain file", name)
	case info.Size() > maxFile:
		return "", fmt.Errorf("%q is larger than 64 MiB", name)
	}
	file, err := directory.Open(name)
	if err != nil {
		return "", fmt.Errorf("%q cannot be read: %s", name, causeOf(err))
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile))
	switch {
	case err != nil:
		return "", fmt.Errorf("%q cannot be read: %s", name, causeOf(err))
	case !utf8.Valid(content):
		return "", fmt.Errorf("%q is no text in UTF-8", name)
	}
	return string(withoutMark(content)), nil
}

func (l *loader) fileFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParameter("path")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			content, err := l.readConfined(arguments[0].AsString())
			return cty.StringVal(content), err
		},
	})
}

func (l *loader) fileExistsFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParameter("path")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			absolute, err := l.confined(arguments[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			l.madeOf(absolute)
			directory, err := os.OpenRoot(l.valueRoot)
			if err != nil {
				return cty.NilVal, errors.New(causeOf(err))
			}
			defer directory.Close()
			info, err := directory.Stat(filepath.Clean(arguments[0].AsString()))
			there := err == nil && info.Mode().IsRegular()
			l.rely(reliance{kind: onExistence, name: arguments[0].AsString(), there: there})
			return cty.BoolVal(there), nil
		},
	})
}

// templateFileFunction renders a file as a template that can name what it is
// given and nothing else.
func (l *loader) templateFileFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParameter("path"), {Name: "names", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			name, names := arguments[0].AsString(), arguments[1]
			if !names.Type().IsObjectType() && !names.Type().IsMapType() {
				return cty.NilVal, errors.New("what the template can name must be an object")
			}
			content, err := l.readConfined(name)
			if err != nil {
				return cty.NilVal, err
			}
			return l.renderTemplate(name, content, names.AsValueMap())
		},
	})
}

func (l *loader) renderTemplate(name, content string, names map[string]cty.Value) (cty.Value, error) {
	template, problems := hclsyntax.ParseTemplate([]byte(content), name, start)
	if problems.HasErrors() {
		return cty.NilVal, templateProblem(problems[0])
	}
	for _, reference := range template.Variables() {
		if _, ok := names[reference.RootName()]; !ok {
			return cty.NilVal, fmt.Errorf("%s:%d: the template is given no %q", name, reference.SourceRange().Start.Line, reference.RootName())
		}
	}
	functions := pureFunctions()
	maps.Copy(functions, map[string]function.Function{"file": l.fileFunction(), "fileexists": l.fileExistsFunction(), "env": l.environmentFunction()})
	value, problems := template.Value(&hcl.EvalContext{Variables: names, Functions: functions})
	if problems.HasErrors() {
		return cty.NilVal, templateProblem(problems[0])
	}
	plain, marks := value.Unmark()
	if plain.IsNull() || plain.Type().IsTupleType() || plain.Type().IsObjectType() {
		return cty.NilVal, fmt.Errorf("%s makes no text", name)
	}
	text, err := stringOfValue(plain)
	return text.WithMarks(marks), err
}

func templateProblem(problem *hcl.Diagnostic) error {
	if problem.Subject == nil {
		return errors.New(lowerFirst(problem.Summary))
	}
	return fmt.Errorf("%s:%d: %s: %s", problem.Subject.Filename, problem.Subject.Start.Line, lowerFirst(problem.Summary), problem.Detail)
}
