package static

import (
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/wire"
)

// file is a file to be served.
type file struct {
	root, name, path, mediaName string // path is root and name
	stamp                       stamp
}

// serve answers from a file whose stamp has just been taken.
func (f *Files) serve(a *Ask, want file) (*wire.Response, error) {
	if a.Private.holds(want.stamp) {
		return nil, fs.ErrPermission
	}
	known := f.look(want.path, want.stamp)
	switch {
	case known == nil:
		return f.open(a, want, f.rights)
	case known.useless:
		return nil, errNone
	case known.data != nil:
		return entity.Answer(a.Method, a.Header, known.whole())
	}
	return f.open(a, want, nil)
}

// open answers from a file of which nothing is known yet, with the rights of
// whom it is opened for.
func (f *Files) open(a *Ask, want file, rights *Rights) (*wire.Response, error) {
	var handle *os.File
	var now stamp
	var err error
	if denied := rights.Do(func() { handle, now, err = openBelow(want.root, want.name) }); denied != nil {
		return nil, denied
	}
	if err != nil {
		return nil, errNone
	}
	now.alternate, now.encoded = want.stamp.alternate, want.stamp.encoded
	if now != want.stamp && rights != f.rights { // it is not what the user was seen to open
		handle.Close()
		return f.open(a, want, f.rights)
	}
	if now.device != want.stamp.device || now.inode != want.stamp.inode {
		if a.Private.holds(now) { // it has just taken the other's place
			handle.Close()
			return nil, fs.ErrPermission
		}
	}
	want.stamp = now
	header := f.describe(want)
	if now.encoded && !isGzip(handle) {
		handle.Close()
		f.remember(want, &known{useless: true})
		return nil, errNone
	}
	if now.size <= smallFile {
		defer handle.Close()
		return f.load(a, want, header, handle)
	}
	if rights != nil {
		f.remember(want, &known{})
	}
	return stream(a.Method, a.Header, header, now.size, handle)
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
