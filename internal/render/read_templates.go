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

// Templates are somebody's own, as they were when they were read. Nil has none.
type Templates struct {
	Dir   string            // where they were
	Texts map[string][]byte // those that differ from edgegen's, by names such as nginx/nginx.conf.tmpl
}

// ReadTemplates reads those of a directory; "" has none. One that takes the place of no
// template of edgegen's is refused: its name may be misspelt.
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
			return fmt.Errorf("%s is no template of edgegen's: there are %s", name, strings.Join(known, ", "))
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
		err = fmt.Errorf("there is no template: edgegen templates export %s writes them", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("--templates %s: %w", dir, err)
	}
	return read, nil
}

// TemplatePaths are where the templates of a directory would be; none where that is "".
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

// Engines are the daemons that have one which differs from edgegen's.
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

// text is that of a template: somebody's own, or else edgegen's.
func (t *Templates) text(name string) ([]byte, error) {
	if t.path(name) != "" {
		return t.Texts[name], nil
	}
	return fs.ReadFile(templates.FS, name)
}

// path is where somebody's own template is; "" where it is edgegen's.
func (t *Templates) path(name string) string {
	if t == nil || t.Texts[name] == nil {
		return ""
	}
	return filepath.Join(t.Dir, name)
}

// TemplateError is about somebody's own template.
type TemplateError struct {
	Path         string
	Line         int    // 0 where it is about the whole
	Text         string // of the line
	What, Remedy string
}

func (e *TemplateError) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.What
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.What)
}

// said is how text/template names the place of an error.
var said = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^template: ([^:]+):([0-9]+):(?:[0-9]+:)? (?:executing "[^"]*" at )?(?s:(.*))$`)
})

// problem tells an error of a template at its line, where it is somebody's own.
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

// At is an error at a line of one of them.
func (t *Templates) At(name string, line int, what string) *TemplateError {
	lines := strings.Split(string(t.Texts[name]), "\n")
	e := &TemplateError{Path: t.path(name), Line: line, What: what}
	if line > 0 && line <= len(lines) {
		e.Text = lines[line-1]
	}
	return e
}

// Place is an error at the line of a template that made a line of a file; nil where
// no template of somebody's own did.
func (t *Templates) Place(file File, line int, what string) *TemplateError {
	by := file.madeBy(line)
	if t.path(by.name) == "" {
		return nil
	}
	return t.At(by.name, by.line, what)
}

// TemplateNames lists the templates of the program, as nginx/nginx.conf.tmpl.
func TemplateNames() ([]string, error) { return fs.Glob(templates.FS, "*/*.tmpl") }
