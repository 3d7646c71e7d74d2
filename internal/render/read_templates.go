package render

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"edgegen/internal/site"
	"edgegen/templates"
)

// Templates are the owner's templates, as they were read from a directory. Nil has none.
type Templates struct {
	Dir   string            // the directory
	Texts map[string][]byte // the ones that differ from edgegen's, by names such as nginx/nginx.conf.tmpl
}

// ReadTemplates reads the templates in a directory; "" has none. A template that edgegen does
// not have is refused: its name may be misspelt.
func ReadTemplates(dir string) (*Templates, error) {
	if dir == "" {
		return nil, nil
	}
	known, err := TemplateNames()
	if err != nil {
		return nil, err
	}
	read := &Templates{dir, map[string][]byte{}}
	files, found := os.DirFS(dir), false
	err = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".tmpl") {
			return err
		}
		if found = true; !slices.Contains(known, name) {
			return fmt.Errorf("edgegen has no template %s to replace: name one of %s", name, strings.Join(known, ", "))
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if own, err := fs.ReadFile(templates.FS, name); err != nil || !bytes.Equal(own, text) {
			read.Texts[name] = text
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("the directory has no template: write edgegen's into it with edgegen templates export %s", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("--templates %s: %w", dir, err)
	}
	return read, nil
}

// TemplatePaths returns the paths that templates in the directory may have; none for "".
func TemplatePaths(dir string) (paths []string) {
	names, err := TemplateNames()
	if dir == "" || err != nil {
		return nil
	}
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

// Engines returns the daemons with a template that differs from edgegen's.
func (t *Templates) Engines() (all []site.Engine) {
	if t == nil {
		return nil
	}
	for name := range t.Texts {
		if engine := site.Engine(path.Dir(name)); !slices.Contains(all, engine) {
			all = append(all, engine)
		}
	}
	slices.Sort(all)
	return all
}

// text returns a template: the owner's, or else edgegen's.
func (t *Templates) text(name string) ([]byte, error) {
	if t.path(name) != "" {
		return t.Texts[name], nil
	}
	return fs.ReadFile(templates.FS, name)
}

// path returns the path of the owner's template; "" if it is edgegen's.
func (t *Templates) path(name string) string {
	if t == nil || t.Texts[name] == nil {
		return ""
	}
	return filepath.Join(t.Dir, name)
}

// TemplateError is an error in a template of the owner.
type TemplateError struct {
	Path         string
	Line         int    // 0 if it is about the whole template
	Text         string // of the line
	What, Remedy string
}

func (e *TemplateError) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.What
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.What)
}

// said matches the messages of text/template, which name the place of an error.
var said = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^template: ([^:]+):([0-9]+):(?:[0-9]+:)? (?:executing "[^"]*" at )?(?s:(.*))$`)
})

// problem makes a TemplateError of an error in a template of the owner.
func (t *Templates) problem(name string, err error) error {
	match := said().FindStringSubmatch(err.Error())
	if match != nil {
		if one := path.Join(path.Dir(name), match[1]); t.path(one) != "" {
			line, _ := strconv.Atoi(match[2])
			return t.At(one, line, strings.ReplaceAll(match[3], " in type render.", " in "))
		}
	}
	if path := t.path(name); path != "" {
		return &TemplateError{Path: path, What: err.Error()}
	}
	return fmt.Errorf("template %s: %w", name, err)
}

// At returns an error at a line of one of the templates.
func (t *Templates) At(name string, line int, what string) *TemplateError {
	lines := strings.Split(string(t.Texts[name]), "\n")
	e := &TemplateError{Path: t.path(name), Line: line, What: what}
	if line > 0 && line <= len(lines) {
		e.Text = lines[line-1]
	}
	return e
}

// Place returns an error at the template line that made a line of a file; nil if that line
// was made by edgegen's own template.
func (t *Templates) Place(file File, line int, what string) *TemplateError {
	by := file.madeBy(line)
	if t.path(by.name) == "" {
		return nil
	}
	return t.At(by.name, by.line, what)
}

// TemplateNames lists edgegen's own templates, by names such as nginx/nginx.conf.tmpl.
func TemplateNames() ([]string, error) { return fs.Glob(templates.FS, "*/*.tmpl") }
