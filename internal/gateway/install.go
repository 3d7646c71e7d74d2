package gateway

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"edgegen/internal/atomicfile"
	"edgegen/internal/config"
)

// Install puts the files of an edge into a directory, where nobody but their owner can
// read them. What has not changed is not written, and what is there besides stays: Tidy
// takes that away once nobody needs it.
func (e *Edge) Install(directory string) error {
	if err := os.MkdirAll(filepath.Join(directory, "certificates"), 0o700); err != nil {
		return fmt.Errorf("make the directory of an edge: %w", err)
	}
	for name, content := range e.Files {
		path := filepath.Join(directory, filepath.FromSlash(name))
		if was, err := os.ReadFile(path); err == nil && string(was) == string(content) {
			continue
		}
		if err := atomicfile.Write(path, content, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// Tidy removes the certificates and keys in the directory that are not the edge's.
func (e *Edge) Tidy(directory string) error {
	directory = filepath.Join(directory, "certificates")
	entries, err := os.ReadDir(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	failed := []error{err}
	for _, entry := range entries {
		if _, ours := e.Files["certificates/"+entry.Name()]; !ours {
			failed = append(failed, os.Remove(filepath.Join(directory, entry.Name())))
		}
	}
	return errors.Join(failed...)
}

// Checker looks at the site files of edges, in a directory of its own. It remembers what
// it has read of each, so that what has not changed is not read again. It is for one
// goroutine.
type Checker struct {
	directory string
	shared    string
	readers   map[string]*config.Reader
	named     map[string]bool
}

// NewChecker returns a checker that works in a directory, which need not exist. shared is
// the file that all edges share, as in Options.
func NewChecker(directory, shared string) *Checker {
	return &Checker{directory, shared, map[string]*config.Reader{}, map[string]bool{}}
}

// Named are the absolute paths of the files that the sites are made of besides what is in
// their directories: the shared file, and what it names.
func (c *Checker) Named() []string { return slices.Sorted(maps.Keys(c.named)) }

// Check says what config makes of the site file of an edge.
func (c *Checker) Check(e Edge) (config.Diagnostics, error) {
	directory := filepath.Join(c.directory, e.ID)
	if err := e.Install(directory); err != nil {
		return nil, err
	}
	reader := c.readers[e.ID]
	if reader == nil {
		reader = config.NewReader(filepath.Join(directory, SiteFile), nil)
		reader.Share(c.shared)
		c.readers[e.ID] = reader
	}
	loaded, diagnostics := reader.Load()
	for _, file := range loaded.Files {
		if filepath.Dir(file) != loaded.Root && filepath.Dir(filepath.Dir(file)) != loaded.Root {
			c.named[file] = true
		}
	}
	return diagnostics, e.Tidy(directory)
}

// Forget removes what is kept of edges that are not among these.
func (c *Checker) Forget(kept []Edge) error {
	var failed []error
	for id := range c.readers {
		if !slices.ContainsFunc(kept, func(e Edge) bool { return e.ID == id }) {
			delete(c.readers, id)
			failed = append(failed, os.RemoveAll(filepath.Join(c.directory, id)))
		}
	}
	return errors.Join(failed...)
}
