// Package static answers requests from files: try_files, media types, a
// precompressed file beside the one asked for, ranges and conditions.
package static

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"edgegen/internal/dataplane/coding"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Files serves files, and keeps small ones in memory. A kept one is used only
// while the file's inode, size and times are still the same, which is asked
// of the file system every time. It may be used from any goroutine.
type Files struct {
	limit  int64
	rights *Rights
	types  map[string]string
	began  time.Time

	absences absences

	mu   sync.RWMutex
	kept map[string]*known
	used int64
}

const (
	smallFile = 64 << 10
	// settled is how old a file must be to be kept: a younger one could
	// change again without its time changing.
	settled = 2 * time.Second
	// lookedAt is how long it counts that a user may open a file, that one is not
	// compressed, and that no compressed one is beside it. Whatever is done to
	// the file itself counts at once; so this is about rights to directories on
	// the way, and about what is as good without compression.
	lookedAt = 250 * time.Millisecond
)

// New returns Files that keep at most limit bytes in memory and open files with
// these rights.
func New(limit int64, rights *Rights) *Files {
	return &Files{limit: limit, rights: rights, types: mediaTypes(), began: time.Now(), absences: absences{seed: maphash.MakeSeed()}, kept: map[string]*known{}}
}

// known is what is known of a file.
type known struct {
	stamp   stamp
	header  wire.Header
	data    []byte        // nil where it is not kept
	useless bool          // it is called compressed and is not
	until   time.Duration // since Files were made; 0 for as long as the stamp is the same
	forms   coding.Forms  // of data
	cost    int64         // what it is counted as in used
	local   bool          // it is on a disk of this machine
	asked   atomic.Int64  // when it was asked for the last time; as until
	alone   atomic.Int64  // until when it counts that no compressed file is beside it; as until
}

// stamp tells one state of a file from another.
type stamp struct {
	device, inode      uint64
	size               int64
	modified, changed  int64
	encoded, alternate bool // how it was served
}

// Ask is a request for a file.
type Ask struct {
	Method  string // GET or HEAD
	Header  wire.Header
	Path    string // decoded, its slashes merged
	Static  *site.Static
	Script  bool // the path names an app's script, which is no file to serve
	Private *Private
}

// ErrSlash is returned for a directory that is asked for without its last slash
// and has an index file: relative links in that would lead one level too high.
var ErrSlash = errors.New("a directory is asked for without its last slash")

// errNone is what is no file for anybody to know of.
var errNone = fs.ErrNotExist

// errMissing is errNone for a name of which nothing is there, so that nothing can be
// below it either.
var errMissing = fmt.Errorf("%w, nor a directory", errNone)

// Answer answers a request for a file. It returns nil where no file of try_files
// exists for who asks, fs.ErrPermission for one that is private, and ErrSlash.
func (f *Files) Answer(a Ask) (*wire.Response, error) {
	missing := "" // a name of which nothing is there
	for _, try := range a.Static.TryFiles {
		name, ok := Name(try, a.Path)
		if !ok || missing != "" && within(name, missing) {
			continue
		}
		if first := firstName(name); f.absent(a.Static.Root, first) {
			missing = first
			continue
		}
		response, err := f.try(&a, name)
		if errors.Is(err, errMissing) {
			missing = f.gone(a.Static.Root, name)
		}
		if errors.Is(err, errNone) {
			continue
		}
		if try.IsIndex() && a.Path[len(a.Path)-1] != '/' {
			if response != nil {
				response.Close()
			}
			return nil, ErrSlash
		}
		return response, err
	}
	return nil, nil
}

// Name is the name of a file below the root, for an entry of try_files; false where
// there cannot be one.
func Name(try site.Try, path string) (name string, ok bool) {
	if !try.HasURI {
		return try.Suffix, true
	}
	if path[len(path)-1] == '/' {
		if try.Suffix == "" || try.Suffix[0] == '.' { // a directory, or a dot file
			return "", false
		}
		if try.Suffix[0] == '/' {
			path = path[:len(path)-1]
		}
	}
	return try.Prefix + path + try.Suffix, true
}

// Exists reports what Answer would find: nil where there is a file, a private
// one too; fs.ErrNotExist; or ErrSlash.
func (f *Files) Exists(a Ask) error {
	a.Method, a.Header = http.MethodHead, nil
	response, err := f.Answer(a)
	switch {
	case errors.Is(err, ErrSlash):
		return err
	case err != nil:
		return nil
	case response == nil:
		return errNone
	}
	response.Close()
	return nil
}

// try answers from the file of that name, or from a compressed one beside it.
// One that cannot be served, or is not compressed, is as good as none.
func (f *Files) try(a *Ask, name string) (*wire.Response, error) {
	want := file{root: a.Static.Root, name: name, path: a.Static.Root + name, mediaName: name}
	var err error
	if want.stamp, err = f.stat(want.path); err != nil {
		if errors.Is(err, unix.ENOENT) && name != "" && name[len(name)-1] != '/' {
			return nil, errMissing
		}
		return nil, errNone
	}
	if packed, ok := f.beside(want); ok {
		want.stamp.alternate = true
		if acceptsGzip(a.Header) {
			packed.alternate, packed.encoded = true, true
			beside := file{root: want.root, name: name + ".gz", path: want.path + ".gz", mediaName: name, stamp: packed}
			if response, err := f.serve(a, beside); err == nil {
				return response, nil
			}
		}
	}
	return f.serve(a, want)
}

// beside looks for the compressed file beside a file. If there is none, that is
// remembered for a while, which saves half of what a request for a file asks the kernel.
func (f *Files) beside(of file) (st stamp, ok bool) {
	k := f.look(of.path, of.stamp)
	if k != nil && f.age() < time.Duration(k.alone.Load()) {
		return stamp{}, false
	}
	st, err := f.stat(of.path + ".gz")
	if err != nil && k != nil {
		k.alone.Store(int64(f.age() + lookedAt))
	}
	return st, err == nil
}

// age is how long there have been these Files.
func (f *Files) age() time.Duration { return time.Since(f.began) }

// stat reports only regular files. Root may fail to see what another user does,
// on a file system that is another machine's.
func (f *Files) stat(path string) (st stamp, err error) {
	if st, ok := f.glance(path); ok {
		return st, nil
	}
	st, err = stat(path)
	if errors.Is(err, fs.ErrPermission) && f.rights != nil {
		_ = f.rights.Do(func() { st, err = stat(path) }) // err stays as it is
	}
	return st, err
}

func stat(path string) (stamp, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return stamp{}, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return stamp{}, errNone
	}
	return stampOf(&st), nil
}

func stampOf(st *unix.Stat_t) stamp {
	return stamp{device: st.Dev, inode: st.Ino, size: st.Size, modified: st.Mtim.Nano(), changed: st.Ctim.Nano()}
}
