package lsp

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"edgegen/internal/config"
)

// workspace is what an editor has open, and the sites that it belongs to.
type workspace struct {
	texts     map[string][]byte         // by the paths of the documents that are open
	readers   map[string]*config.Reader // by the path of the site
	published map[string]bool           // files about which something was said
}

func newWorkspace() *workspace {
	return &workspace{texts: map[string][]byte{}, readers: map[string]*config.Reader{}, published: map[string]bool{}}
}

// hold takes the text of a document, nil for one that is closed.
func (w *workspace) hold(path string, text []byte) {
	if text == nil {
		delete(w.texts, path)
	} else {
		w.texts[path] = text
	}
	for _, reader := range w.readers {
		reader.Hold(path, text)
	}
}

// text is what is in a file, as far as it is known.
func (w *workspace) text(path string) []byte {
	if text, open := w.texts[path]; open {
		return text
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil // it is gone, or was never there
	}
	return text
}

func (w *workspace) load(site string) (*config.Loaded, config.Diagnostics) {
	reader, known := w.readers[site]
	if !known {
		reader = config.NewReader(site, nil)
		for path, text := range w.texts {
			reader.Hold(path, text)
		}
		w.readers[site] = reader
	}
	return reader.Load()
}

// siteOf finds the site that a file is a part of, and what is wrong with it: the
// file alone, or all those of its directory, whichever makes a better site.
func (w *workspace) siteOf(path string) (site string, files []string, problems config.Diagnostics) {
	_, problems = w.load(path)
	beside := siteFiles(filepath.Dir(path))
	if !slices.Contains(beside, path) || len(beside) < 2 {
		return path, []string{path}, problems
	}
	if _, together := w.load(filepath.Dir(path)); errorsIn(together) <= errorsIn(problems) {
		return filepath.Dir(path), beside, together
	}
	return path, []string{path}, problems
}

// siteFiles are the files that make a site of a directory.
func siteFiles(directory string) (files []string) {
	entries, err := os.ReadDir(directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if !entry.IsDir() && config.IsSiteFile(entry.Name()) {
			files = append(files, filepath.Join(directory, entry.Name()))
		}
	}
	return files
}

func errorsIn(problems config.Diagnostics) (n int) {
	for _, p := range problems {
		if p.Severity == config.Error {
			n++
		}
	}
	return n
}

// assistant helps with a file and with those that it makes a site with.
func (w *workspace) assistant(path string) *config.Assistant {
	_, files, _ := w.siteOf(path)
	texts := map[string][]byte{}
	for _, file := range append(files, path) {
		texts[file] = w.text(file)
	}
	return config.Assist(texts)
}
