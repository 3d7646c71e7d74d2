package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.errorAt(value.place, lookedAt(value, path), "%s %q %s", name, value.text, missing(err))
	case !info.IsDir():
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
	if info, err := os.Stat(path); err == nil && info.IsDir() || strings.HasSuffix(value.text, "/") {
		l.errorAt(value.place, "name a file in it", "%s %q is a directory", name, value.text)
		return path
	}
	directory := filepath.Dir(path)
	info, err := os.Stat(directory)
	switch {
	case err != nil:
		l.errorAt(value.place, lookedAt(value, directory), "the directory of %s %q %s", name, value.text, missing(err))
	case !info.IsDir():
		l.errorAt(value.place, "", "%s %q is not in a directory", name, value.text)
	}
	return path
}

// missing is why a path cannot be looked at.
func missing(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read: permission denied"
	}
	return "cannot be read: " + causeOf(err)
}

// lookedAt tells where a relative path led.
func lookedAt(value located, path string) string {
	if filepath.IsAbs(value.text) {
		return ""
	}
	return fmt.Sprintf("looked for %s: a path starts at the directory of the file that names it", path)
}
