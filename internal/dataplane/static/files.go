// Package static answers requests from files: try_files, media types, a
// precompressed file beside the one asked for, ranges and conditions.
package static

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Files serves files, and keeps small ones in memory. A kept one is used only
// while the file's inode, size and times are still the same, which is asked
// of the file system every time. It may be used from any goroutine.
type Files struct {
	limit int64
	types map[string]string

	mu   sync.RWMutex
	kept map[string]*small
	used int64
}

const (
	smallFile = 64 << 10
	// settled is how old a file must be to be kept: a younger one could
	// change again without its time changing.
	settled = 2 * time.Second
)

// New returns Files that keep at most limit bytes in memory.
func New(limit int64) *Files {
	return &Files{limit: limit, types: mediaTypes(), kept: map[string]*small{}}
}

// small is a kept file.
type small struct {
	stamp  stamp
	header wire.Header
	data   []byte
}

// stamp tells one state of a file from another.
type stamp struct {
	device, inode      uint64
	size               int64
	modified, changed  int64
	encoded, alternate bool // how it was served
}

// Answer answers a GET or HEAD for a decoded path. It returns nil where no
// file of try_files exists, and fs.ErrPermission for one that may not be read.
// A link that leads out of the root does not exist.
func (f *Files) Answer(method string, request wire.Header, path string, s *site.Static) (*wire.Response, error) {
	for _, try := range s.TryFiles {
		name := try.Suffix
		if try.HasURI {
			name = try.Prefix + path + try.Suffix
		}
		if response, err := f.try(method, request, name, s.Root); response != nil || err != nil {
			return response, err
		}
	}
	return nil, nil
}

// Exists reports whether Answer would find a file.
func (f *Files) Exists(path string, s *site.Static) bool {
	response, err := f.Answer(http.MethodHead, nil, path, s)
	if response != nil {
		response.Close()
	}
	return response != nil || err != nil
}

func (f *Files) try(method string, request wire.Header, name, root string) (*wire.Response, error) {
	if name == "" || name[len(name)-1] == '/' {
		return nil, nil
	}
	if name[0] != '/' {
		name = "/" + name
	}
	st, ok := stat(root + name)
	if !ok {
		return nil, nil
	}
	served := name
	if packed, ok := stat(root + name + ".gz"); ok {
		st.alternate = true
		if acceptsGzip(request) {
			st, served = packed, name+".gz"
			st.alternate, st.encoded = true, true
		}
	}
	if kept := f.look(root+served, st); kept != nil {
		return entity.Answer(method, request, kept.whole())
	}
	return f.open(method, request, file{root: root, name: served, mediaName: name, stamp: st})
}

// stat reports only regular files.
func stat(path string) (stamp, bool) {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return stamp{}, false
	}
	return stampOf(&st), true
}

func stampOf(st *syscall.Stat_t) stamp {
	return stamp{device: st.Dev, inode: st.Ino, size: st.Size, modified: st.Mtim.Nano(), changed: st.Ctim.Nano()}
}

// file is a file to be opened.
type file struct {
	root, name, mediaName string
	stamp                 stamp
}

// open answers from a file that is not kept. It is opened beneath its root,
// wherever links lead.
func (f *Files) open(method string, request wire.Header, want file) (*wire.Response, error) {
	root, err := os.OpenRoot(want.root)
	if err != nil {
		return nil, nil
	}
	defer root.Close()
	handle, err := root.OpenFile(strings.TrimLeft(want.name, "/"), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	info, err := handle.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, handle.Close())
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		now := stampOf(st)
		now.alternate, now.encoded = want.stamp.alternate, want.stamp.encoded
		want.stamp = now
	}
	header := f.describe(want)
	if want.stamp.size <= smallFile {
		defer handle.Close()
		return f.load(method, request, want, header, handle)
	}
	return stream(method, request, header, want.stamp.size, handle)
}

// describe makes the header fields of a file.
func (f *Files) describe(one file) wire.Header {
	modified := time.Unix(0, one.stamp.modified).UTC()
	tag := strconv.FormatInt(modified.Unix(), 16) + "-" + strconv.FormatInt(one.stamp.size, 16)
	h := wire.Header{
		{Name: "Content-Type", Value: f.MediaType(one.mediaName)},
		{Name: "Last-Modified", Value: modified.Format(http.TimeFormat)},
		{Name: "ETag", Value: `"` + tag + `"`},
		{Name: "Accept-Ranges", Value: "bytes"},
	}
	if one.stamp.encoded {
		h.Add("Content-Encoding", "gzip")
	}
	if one.stamp.alternate {
		h.Add("Vary", "Accept-Encoding")
	}
	return h
}

// acceptsGzip reads Accept-Encoding.
func acceptsGzip(request wire.Header) bool {
	star := false
	for member := range request.Members("Accept-Encoding") {
		coding, parameter, _ := strings.Cut(member, ";")
		coding = wire.TrimSpace(coding)
		weight, ok := strings.CutPrefix(strings.ToLower(wire.TrimSpace(parameter)), "q=")
		refused := ok && strings.Trim(weight, "0.") == ""
		switch {
		case wire.EqualFold(coding, "gzip"), wire.EqualFold(coding, "x-gzip"):
			return !refused
		case coding == "*":
			star = !refused
		}
	}
	return star
}
