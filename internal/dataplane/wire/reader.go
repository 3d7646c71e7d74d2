package wire

import (
	"errors"
	"io"
	"sync"
)

// bufferSize holds nearly every head whole.
const bufferSize = 4 << 10

// Reader reads messages from a connection through one buffer. It is for one
// goroutine at a time.
type Reader struct {
	from io.Reader
	buf  []byte
	r, w int
	pool *sync.Pool
}

// NewReader returns a Reader of from. Its buffer is from pool, which makes
// *[]byte as NewBuffer does; nil means a buffer of its own.
func NewReader(from io.Reader, pool *sync.Pool) *Reader {
	r := &Reader{from: from, pool: pool}
	if pool != nil {
		r.buf = *pool.Get().(*[]byte)
	} else {
		r.buf = make([]byte, bufferSize)
	}
	return r
}

// NewBuffer makes what a Reader's pool holds.
func NewBuffer() any {
	b := make([]byte, bufferSize)
	return &b
}

// Prime puts what was read from the connection already before everything else.
func (r *Reader) Prime(early []byte) {
	for r.w = 0; len(r.buf) < len(early); {
		r.buf = make([]byte, 2*len(r.buf))
	}
	r.w = copy(r.buf, early)
}

// Release gives the buffer back. The Reader is of no use after it.
func (r *Reader) Release() {
	if r.pool != nil && len(r.buf) == bufferSize {
		buf := r.buf
		r.pool.Put(&buf)
	}
	r.buf, r.r, r.w = nil, 0, 0
}

// Buffered returns what was read and not yet consumed. It is valid until the
// next call.
func (r *Reader) Buffered() []byte { return r.buf[r.r:r.w] }

// Discard consumes n of the buffered bytes.
func (r *Reader) Discard(n int) {
	r.r += n
	if r.r == r.w {
		r.r, r.w = 0, 0
	}
}

// Fill reads once more from the connection. The buffer grows as needed; the
// caller bounds it by looking at Buffered.
func (r *Reader) Fill() error {
	if r.w == len(r.buf) {
		if r.r > 0 {
			r.w = copy(r.buf, r.buf[r.r:r.w])
			r.r = 0
		} else {
			grown := make([]byte, 2*len(r.buf))
			r.w = copy(grown, r.buf)
			r.buf = grown
		}
	}
	n, err := r.from.Read(r.buf[r.w:])
	r.w += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// Read returns buffered bytes first. With none, a large p is read into
// directly.
func (r *Reader) Read(p []byte) (int, error) {
	if r.r == r.w {
		if len(p) >= bufferSize {
			return r.from.Read(p)
		}
		if err := r.Fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.r:r.w])
	r.Discard(n)
	return n, nil
}

// line reads a line that ends in CR LF and returns it without them. It is
// valid until the next call.
func (r *Reader) line(limit int) ([]byte, error) {
	seen := 0
	for {
		have := r.Buffered()
		for ; seen < len(have); seen++ {
			if have[seen] != '\n' {
				continue
			}
			if seen == 0 || have[seen-1] != '\r' {
				return nil, malformed("bare LF")
			}
			line := have[:seen-1]
			r.r += seen + 1 // not Discard: the line stays valid
			return line, nil
		}
		if len(have) > limit {
			return nil, malformed("line too long")
		}
		if err := r.Fill(); err != nil {
			return nil, cutOff(err)
		}
	}
}

// cutOff makes an end inside a message an error.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
