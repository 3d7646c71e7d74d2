package watch

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// sight is what one look at the followed paths found.
type sight struct {
	holds   map[string]content   // by followed path
	touched map[string]time.Time // when something on the way to it was changed last
	heed    *heed
}

// mostLooks bounds how often files are looked at that change meanwhile.
const mostLooks = 5

// look returns what the paths hold, and has the kernel report what changes
// after that; w.mu is held.
func (w *Watcher) look() sight {
	if w.kernel == nil {
		return w.trace()
	}
	for range mostLooks {
		watched := w.kernel.heeded.Load()
		w.blind = false
		if err := w.kernel.watch(watched); err != nil {
			w.goBlind(err)
		}
		found := w.trace() // what changed before it was watched shows now
		if found.heed.equals(watched) {
			return found
		}
		w.kernel.heeded.Store(found.heed)
	}
	w.stir()
	return w.trace()
}

// tracer makes a sight.
type tracer struct {
	sight
	counts func(name string) bool
	known  map[string]sample    // of earlier looks
	taken  map[string]sample    // of this one
	stated map[string]statement // by path without links
}

// statement is what lstat said of a path.
type statement struct {
	info fs.FileInfo
	err  error
}

// trace looks at every path; w.mu is held.
func (w *Watcher) trace() sight {
	t := &tracer{
		sight: sight{
			holds:   make(map[string]content),
			touched: make(map[string]time.Time),
			heed:    &heed{make(map[string]bool), make(map[string]bool), make(map[string]bool), w.options.Counts},
		},
		counts: w.options.Counts,
		known:  w.samples,
		taken:  make(map[string]sample),
		stated: make(map[string]statement),
	}
	for _, path := range w.paths {
		t.holds[path], t.touched[path] = t.follow(path, false)
	}
	w.samples = t.taken
	return t.sight
}

// follow returns what a path holds, and when something on the way there was
// changed last. A directory in a directory is not entered.
func (t *tracer) follow(path string, inDirectory bool) (content, time.Time) {
	place, touched, err := t.walk(path)
	if err != nil {
		return contentOf(causeOf(err)), touched
	}
	info := t.lstat(place).info
	switch {
	case info.Mode().IsRegular():
		t.heed.watched[place] = true // it may be written through a path that is not watched
		return t.sum(place, info), later(touched, changeOf(info))
	case info.IsDir() && !inDirectory:
		return t.list(place, later(touched, changeOf(info)))
	}
	return contentOf(info.Mode().Type().String()), later(touched, changeOf(info))
}

// list returns what the files of a directory that count hold together.
func (t *tracer) list(directory string, touched time.Time) (content, time.Time) {
	t.heed.watched[directory], t.heed.listed[directory] = true, true
	entries, err := os.ReadDir(directory)
	if err != nil {
		return contentOf(causeOf(err)), touched
	}
	all := sha256.New()
	for _, entry := range entries {
		if entry.IsDir() || !t.counts(entry.Name()) {
			continue
		}
		one, when := t.follow(filepath.Join(directory, entry.Name()), true)
		touched = later(touched, when)
		all.Write([]byte(entry.Name() + "\x00"))
		all.Write(one[:])
	}
	return content(all.Sum(nil)), touched
}

const mostLinks = 40 // as the kernel has it

// walk goes to a path step by step, links too, and marks every step as one to
// heed. It returns the path without links, and when something on the way was
// replaced last.
func (t *tracer) walk(path string) (place string, touched time.Time, err error) {
	place = "/"
	for links, rest := 0, strings.Split(path, "/"); len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			place = filepath.Dir(place)
			continue
		}
		step := filepath.Join(place, name)
		t.heed.watched[place], t.heed.counted[step] = true, true
		found := t.lstat(step)
		if found.err != nil {
			// Where something is gone, its directory was changed.
			if info := t.lstat(place).info; info != nil {
				touched = later(touched, changeOf(info))
			}
			return "", touched, found.err
		}
		switch {
		case found.info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(step)
			if err != nil {
				return "", touched, err
			}
			if links++; links > mostLinks {
				return "", touched, syscall.ELOOP
			}
			touched = later(touched, changeOf(found.info))
			rest = append(strings.Split(target, "/"), rest...)
			if strings.HasPrefix(target, "/") {
				place = "/"
			}
		case found.info.IsDir() && !changeOf(found.info).Equal(found.info.ModTime()):
			// It was renamed; only what is in it was changed otherwise.
			touched = later(touched, changeOf(found.info))
			place = step
		default:
			place = step
		}
	}
	return place, touched, nil
}

func (t *tracer) lstat(path string) statement {
	found, known := t.stated[path]
	if !known {
		found.info, found.err = os.Lstat(path)
		t.stated[path] = found
	}
	return found
}

// changeOf returns when a file's content, name or permissions changed last.
func changeOf(info fs.FileInfo) time.Time {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(stat.Ctim.Unix())
	}
	return info.ModTime()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// causeOf drops the path that os errors repeat.
func causeOf(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return cmp.Or(err.Error(), "an error without a word")
}
