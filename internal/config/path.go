package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
)

// pathOf makes a path absolute. A relative one starts at the directory of the
// file that names it. Control characters are refused: no sane path has them,
// and rendered files show paths in comments.
func (l *loader) pathOf(name string, value located) (string, bool) {
	switch {
	case value.text == "":
		l.errorAt(value.place, "", "%s is empty", name)
		return "", false
	case strings.ContainsFunc(value.text, unicode.IsControl):
		l.errorAt(value.place, "", "%s holds a control character", name)
		return "", false
	case filepath.IsAbs(value.text):
		return filepath.Clean(value.text), true
	}
	return filepath.Join(filepath.Dir(l.sources[value.place.Filename].path), value.text), true
}

// directory is a path that must be a directory now.
func (l *loader) directory(name string, value located) string {
	path, ok := l.pathOf(name, value)
	if !ok {
		return ""
	}
	switch found := l.look(path); {
	case found.problem != "":
		l.errorAt(value.place, lookedAt(value, path), "%s %q %s", name, value.text, found.problem)
	case !found.directory:
		l.errorAt(value.place, "name a directory", "%s %q is not a directory", name, value.text)
	}
	return path
}

// fileToWrite is a path whose directory must exist now; the file need not.
func (l *loader) fileToWrite(name string, value located) string {
	path, ok := l.pathOf(name, value)
	if !ok {
		return ""
	}
	if l.look(path).directory || strings.HasSuffix(value.text, "/") {
		l.errorAt(value.place, "name a file in it", "%s %q is a directory", name, value.text)
		return path
	}
	directory := filepath.Dir(path)
	switch found := l.look(directory); {
	case found.problem != "":
		l.errorAt(value.place, lookedAt(value, directory), "the directory of %s %q %s", name, value.text, found.problem)
	case !found.directory:
		l.errorAt(value.place, "", "%s %q is not in a directory", name, value.text)
	}
	return path
}

// lookedAt adds to a message where a relative path has led.
func lookedAt(value located, path string) string {
	if filepath.IsAbs(value.text) {
		return ""
	}
	return fmt.Sprintf("looked for %s: a path starts at the directory of the file that names it", path)
}
