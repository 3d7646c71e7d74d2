package h2

import (
	"io"
	"time"
)

const inputSize = 4 << 10 // holds what of a frame has to be there at once

// input is what was read from a connection and not consumed yet.
type input struct {
	buf  []byte
	r, w int
	last time.Time // of the last read that brought something
}

func (in *input) len() int      { return in.w - in.r }
func (in *input) bytes() []byte { return in.buf[in.r:in.w] }

// take consumes up to n bytes. They are valid until the next fill.
func (in *input) take(n int) []byte {
	n = min(n, in.len())
	p := in.buf[in.r : in.r+n]
	in.r += n
	return p
}

// fill reads once.
func (in *input) fill(from io.Reader) (int, error) {
	in.w = copy(in.buf, in.buf[in.r:in.w])
	in.r = 0
	n, err := from.Read(in.buf[in.w:])
	if in.w += n; n > 0 {
		in.last = time.Now()
		return n, nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return 0, err
}
