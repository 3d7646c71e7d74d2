package config

import (
	"os"
	"sync"
	"time"
)

// Reader loads one site again and again. It remembers the site blocks and
// certificates of its last load, so that what has not changed is neither
// parsed nor decoded again. What it returns is what a fresh Load of the same
// files would. It may be used from any goroutine; one load goes on at a time.
type Reader struct {
	path  string
	given []Given
	// shared is a file that lies beneath the site's own; "" for none.
	shared string
	now    func() time.Time
	texts  map[string][]byte // instead of files, by the absolute paths of these

	mu     sync.Mutex
	memory memory
}

// NewReader returns a Reader of the site at the path: a file or a directory, as
// for Load. given are the values that variables have beside the files, in their
// order: later ones win. Nothing is read yet.
func NewReader(path string, given []Given) *Reader {
	return &Reader{path: path, given: given, now: time.Now, texts: map[string][]byte{}}
}

// Hold has the reader take a text for what is in a file, which has an absolute
// path: what an editor has not saved, or the site itself before it is written. nil
// has it read the file again.
func (r *Reader) Hold(file string, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text == nil {
		delete(r.texts, file)
		return
	}
	r.texts[file] = text
}

// Counts reports whether a file of that name, in the site's directory, is a part
// of the site or would be: values that are read without being asked for, and
// where the site is the directory, its site files.
func (r *Reader) Counts(name string) bool {
	if isValueFile(name) || !IsSiteFile(name) {
		return isValueFile(name)
	}
	info, err := os.Stat(r.path)
	return err == nil && info.IsDir()
}

// Load loads the site as it is now. The result is the caller's own: it shares
// nothing with that of another load but strings, lists of strings and
// certificates.
func (r *Reader) Load() (*Loaded, Diagnostics) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.loader()
	l.before = r.memory
	loaded, diagnostics := l.finish(append(l.readShared(), l.read(r.path)...))
	if l.decoded { // else the file has a typo, and will be what it was but for that
		r.memory = l.memory
	}
	return loaded, diagnostics
}

func (r *Reader) loader() *loader {
	l := newLoader(r.path, r.now)
	l.given, l.texts = r.given, r.texts
	l.share(r.shared)
	return l
}
