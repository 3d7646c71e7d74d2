package static

import (
	"io"
	"os"
	"time"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/wire"
)

func (k *known) whole() entity.Whole {
	return entity.Whole{Status: 200, Header: k.header, Size: int64(len(k.data)), Forms: &k.forms,
		Open: func(offset, length int64) (io.ReadCloser, error) {
			return wire.NewBytes(k.data[offset : offset+length]), nil
		}}
}

// look returns what is known of a file that is still as it was.
func (f *Files) look(path string, st stamp) *known {
	f.mu.RLock()
	k := f.kept[path]
	f.mu.RUnlock()
	if k == nil || k.stamp != st || k.until > 0 && f.age() > k.until {
		return nil
	}
	return k
}

// load reads a small file whole and answers from memory.
func (f *Files) load(a *Ask, want file, header wire.Header, from io.Reader) (*wire.Response, error) {
	data := make([]byte, want.stamp.size)
	if _, err := io.ReadFull(from, data); err != nil {
		return nil, err
	}
	loaded := &known{header: header, data: data}
	f.remember(want, loaded)
	return entity.Answer(a.Method, a.Header, loaded.whole())
}

// remember keeps what is known of a file, unless that could change again
// without its time changing.
func (f *Files) remember(of file, k *known) {
	k.stamp = of.stamp
	if f.rights != nil || k.useless {
		k.until = f.age() + lookedAt
	}
	if time.Since(time.Unix(0, of.stamp.changed)) > settled {
		k.local = onDisk(of.path)
		f.keep(of.path, k)
	}
}

// keep keeps what is known of a file, in place of what was.
func (f *Files) keep(path string, k *known) {
	k.forms.Grown = func() { f.grown(path, k) }
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.kept[path]; old != nil {
		f.used -= old.cost
	}
	f.kept[path] = k
	f.count(path, k)
}

// grown counts what is known of a file once more, if that is still kept.
func (f *Files) grown(path string, k *known) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept[path] == k {
		f.used -= k.cost
		f.count(path, k)
	}
}

// count counts what has been put at a path, and makes room by dropping whatever comes
// first; nearly all sites fit. The lock is held.
func (f *Files) count(path string, k *known) {
	k.cost = int64(len(k.data)+len(path)+512) + k.forms.Size()
	f.used += k.cost
	for name, one := range f.kept {
		if f.used <= f.limit {
			return
		}
		delete(f.kept, name)
		f.used -= one.cost
	}
}

// GzipMagic is how many bytes tell a gzip.
const GzipMagic = 3

// IsGzip looks at the first bytes of a file (RFC 1952, 2.3.1).
func IsGzip(beginning []byte) bool { return string(beginning) == "\x1f\x8b\b" }

func isGzip(file io.ReaderAt) bool {
	var magic [GzipMagic]byte
	n, _ := file.ReadAt(magic[:], 0)
	return IsGzip(magic[:n])
}

// stream answers from an open file, and closes it.
func stream(method string, request, header wire.Header, size int64, handle *os.File) (*wire.Response, error) {
	response, err := entity.Answer(method, request, entity.Whole{Status: 200, Header: header, Size: size,
		Open: func(offset, length int64) (io.ReadCloser, error) {
			return &Section{file: handle, offset: offset, left: length}, nil
		}})
	if err != nil || response.Body == nil {
		handle.Close()
		return response, err
	}
	response.Body = &owner{response.Body, handle}
	return response, nil
}

// owner closes the file with the body.
type owner struct {
	io.ReadCloser
	handle *os.File
}

func (o *owner) Close() error { return o.handle.Close() }

// Section hands out what the kernel could send without copying: the part of
// the file that is the body. It is false where the body is more than that.
func (o *owner) Section() (file *os.File, offset, length int64, ok bool) {
	s, ok := o.ReadCloser.(*Section)
	if !ok {
		return nil, 0, 0, false
	}
	return s.file, s.offset, s.left, true
}

// Section is a part of a file. It does not own the file.
type Section struct {
	file         *os.File
	offset, left int64
}

// Read reads on. A file that has become shorter meanwhile is
// io.ErrUnexpectedEOF.
func (s *Section) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.file.ReadAt(p, s.offset)
	s.offset += int64(n)
	s.left -= int64(n)
	if n > 0 {
		return n, nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return 0, err
}

// Close does nothing.
func (s *Section) Close() error { return nil }
