package importer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// files are the old files, and where what they name lies.
type files struct {
	root  string   // before absolute paths; "" for this machine's own
	named []string // on the command line
}

// largest is the most that a configuration can have.
const largest = 16 << 20

// read reads a file as a text.
func (f files) read(name string) (string, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // to open a pipe must not wait
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, cause(err))
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("read %s: it is no file", name)
	}
	data, err := io.ReadAll(io.LimitReader(file, largest+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", name, cause(err))
	case len(data) > largest:
		return "", fmt.Errorf("read %s: it has more than %d MiB", name, largest>>20)
	case slices.Contains(data, 0):
		return "", fmt.Errorf("read %s: it is no text", name)
	}
	return strings.TrimPrefix(strings.ToValidUTF8(string(data), "�"), "\ufeff"), nil
}

func cause(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// included are the files that a pattern names, from a file on. Those outside of the
// directories of the files on the command line are refused.
func (f files) included(from, pattern string) (names []string, why string) {
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(f.base(from), pattern)
	} else if below := f.place(pattern); !f.within(pattern) {
		pattern = below
	}
	pattern = filepath.Clean(pattern)
	if !f.within(pattern) {
		return nil, "it lies outside of the directory of the file that was named"
	}
	names, err := filepath.Glob(pattern)
	switch {
	case err != nil:
		return nil, "it is no pattern of names"
	case len(names) == 0 && !strings.ContainsAny(pattern, "*?["):
		return nil, "there is no " + pattern
	}
	slices.Sort(names)
	return names, ""
}

// base is the directory that relative names start at: that of the file on the command
// line in whose directory the file lies.
func (f files) base(from string) string {
	for _, name := range f.named {
		if directory := filepath.Dir(name); within(directory, from) {
			return directory
		}
	}
	return filepath.Dir(from)
}

func (f files) within(path string) bool {
	return slices.ContainsFunc(f.named, func(name string) bool { return within(filepath.Dir(name), path) })
}

func within(directory, path string) bool {
	relative, err := filepath.Rel(directory, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, "../")
}

// place is where a path of the old machine lies on this one.
func (f files) place(path string) string {
	if f.root == "" || !filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.root, path)
}

// has reports whether a path leads to something here.
func (f files) has(path string) bool {
	_, err := os.Stat(f.place(path))
	return err == nil
}
