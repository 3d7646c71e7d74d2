package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// Body reads one message's body from a Reader and stops at its end.
type Body struct {
	from    *Reader
	left    int64 // of the body, or of the chunk under way
	mode    mode
	begun   bool  // a chunk was read before
	over    int64 // bytes of framing beyond what the data warrants
	limit   int64 // bytes still allowed; < 0 means no limit
	err     error
	trailer int
}

type mode uint8

const (
	counted mode = iota
	chunked
	untilClose
)

const (
	maxLine     = 1 << 10  // of a chunk's size and extensions
	maxOverhead = 16 << 10 // of all framing and trailers
)

// Reset makes b read a body of length bytes, or a chunked one where length is
// -1, and no more than limit bytes of data; a negative limit is none.
func (b *Body) Reset(from *Reader, length, limit int64) {
	*b = Body{from: from, left: length, limit: limit}
	if length < 0 {
		b.mode, b.left = chunked, 0
	}
}

// Limit lets no more than limit bytes of data through from now on.
func (b *Body) Limit(limit int64) { b.limit = limit }

// Resume lets what is left of the body be read without a limit, if nothing worse than the
// limit or a deadline has ended the reading. A chunked body that a deadline has ended stays
// ended: the deadline may have come within a line.
func (b *Body) Resume() {
	b.limit = -1
	if errors.Is(b.err, ErrBodyTooLarge) || b.mode == counted && errors.Is(b.err, os.ErrDeadlineExceeded) {
		b.err = nil
	}
}

// ResetUntilClose makes b read until the connection ends.
func (b *Body) ResetUntilClose(from *Reader) {
	*b = Body{from: from, mode: untilClose, limit: -1}
}

// Begin looks at the line before the first chunk, where that has come already, and
// returns what is wrong with it. It takes nothing from the Reader.
func (b *Body) Begin() error {
	line, _, ok := bytes.Cut(b.from.Buffered(), newline)
	if b.mode != chunked || !ok {
		return nil
	}
	line, ok = bytes.CutSuffix(line, []byte("\r"))
	if !ok {
		return malformed("bare LF")
	}
	_, err := chunkSize(line)
	return err
}

// Done reports whether the body was read to its end, so that the next message
// follows.
func (b *Body) Done() bool {
	return errors.Is(b.err, io.EOF) || b.err == nil && b.mode == counted && b.left == 0
}

// Ready reports whether all that is left of the body is already in memory.
func (b *Body) Ready() bool {
	return b.mode == counted && b.left <= int64(len(b.from.Buffered()))
}

// AtHand reports whether a Read finds data, or the end, in what has been received
// already. Between two chunks that takes the line before the next one, too.
func (b *Body) AtHand() bool {
	buffered := b.from.Buffered()
	if b.Done() || b.mode != chunked || b.left > 0 {
		return b.Done() || len(buffered) > 0
	}
	if b.begun { // the end of the chunk before
		_, rest, ok := bytes.Cut(buffered, newline)
		if !ok {
			return false
		}
		buffered = rest
	}
	line, rest, ok := bytes.Cut(buffered, newline)
	return ok && (len(rest) > 0 || len(line) > 0 && line[0] == '0')
}

var newline = []byte("\n")

// Read returns io.EOF at the end of the body and io.ErrUnexpectedEOF where
// the connection ends before it.
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.read(p)
	if b.limit >= 0 {
		if b.limit -= int64(n); b.limit < 0 {
			n, err = 0, ErrBodyTooLarge
		}
	}
	b.err = err
	return n, err
}

func (b *Body) read(p []byte) (int, error) {
	if b.mode == untilClose {
		return b.from.Read(p)
	}
	if b.left == 0 {
		if b.mode == counted {
			return 0, io.EOF
		}
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.from.Read(p)
	b.left -= int64(n)
	if err != nil {
		return n, cutOff(err)
	}
	return n, nil
}

// nextChunk reads the line before a chunk; after the last one it reads the
// trailers, drops them and returns io.EOF.
func (b *Body) nextChunk() error {
	if b.begun {
		line, err := b.from.line(1)
		if err != nil {
			return err
		}
		if len(line) > 0 {
			return malformed("chunk longer than its size")
		}
	}
	line, err := b.from.line(maxLine)
	if err != nil {
		return err
	}
	if b.left, err = chunkSize(line); err != nil {
		return err
	}
	if b.over = max(0, b.over+int64(len(line))-16-2*b.left); b.over > maxOverhead {
		return malformed("chunk overhead")
	}
	b.begun = true
	if b.left > 0 {
		return nil
	}
	return b.trailers()
}

func (b *Body) trailers() error {
	for {
		line, err := b.from.line(maxOverhead)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if _, err := field(string(line)); err != nil {
			return err
		}
		if b.trailer += len(line); b.trailer > maxOverhead {
			return malformed("trailers too large")
		}
	}
}

// chunkSize reads "1a;extension": hexadecimal digits, at most 15 of them,
// then nothing or an extension without control bytes.
func chunkSize(line []byte) (int64, error) {
	n, i := int64(0), 0
	for ; i < len(line); i++ {
		d := hexDigit(line[i])
		if d < 0 {
			break
		}
		if i == 15 {
			return 0, malformed("chunk size")
		}
		n = n<<4 | int64(d)
	}
	rest := TrimSpace(string(line[i:]))
	if i == 0 || rest == "" && i < len(line) || rest != "" && rest[0] != ';' {
		return 0, malformed("chunk size")
	}
	for j := 0; j < len(rest); j++ {
		if control(rest[j]) {
			return 0, malformed("control byte in a chunk extension")
		}
	}
	return n, nil
}

// hexDigit is the value of a hexadecimal digit in either case, -1 for any other byte.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// Bytes is a body that is in memory.
type Bytes struct{ rest []byte }

// NewBytes returns a body of data, which is not copied.
func NewBytes(data []byte) *Bytes { return &Bytes{data} }

// Read reads from what is left.
func (b *Bytes) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Rest returns and consumes what is left, without copying it.
func (b *Bytes) Rest() []byte {
	rest := b.rest
	b.rest = nil
	return rest
}

// Close does nothing.
func (b *Bytes) Close() error { return nil }
