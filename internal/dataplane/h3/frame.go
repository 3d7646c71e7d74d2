package h3

import (
	"bufio"
	"errors"
	"io"

	"github.com/quic-go/quic-go/quicvarint"
)

// frame is the head of a frame.
type frame struct {
	kind   uint64
	length uint64
}

// readFrame reads the head of a frame. One that has come in part only is read again the
// next time: a deadline loses nothing. io.EOF is the end before a frame.
func readFrame(r *bufio.Reader) (frame, error) {
	kind, n, err := peekNumber(r, 0)
	if err != nil {
		return frame{}, err
	}
	length, m, err := peekNumber(r, n)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = fault(frameError, "a stream ends within a frame")
		}
		return frame{}, err
	}
	_, _ = r.Discard(n + m)
	return frame{kind, length}, nil
}

// peekNumber reads a number of variable length (RFC 9000, 16) that begins behind so many
// bytes, and says how many bytes it has.
func peekNumber(r *bufio.Reader, behind int) (number uint64, size int, err error) {
	b, err := r.Peek(behind + 1)
	if err != nil {
		if errors.Is(err, io.EOF) && len(b) > 0 {
			err = fault(frameError, "a stream ends within a frame")
		}
		return 0, 0, err
	}
	size = 1 << (b[behind] >> 6)
	if b, err = r.Peek(behind + size); err != nil {
		if errors.Is(err, io.EOF) {
			err = fault(frameError, "a stream ends within a frame")
		}
		return 0, 0, err
	}
	number, _, err = quicvarint.Parse(b[behind:])
	return number, size, err
}

// maxSkipped bounds a frame of a kind that is unknown.
const maxSkipped = 64 << 10

// skip reads over what is in a frame.
func skip(r *bufio.Reader, f frame) error {
	if f.length > maxSkipped {
		return fault(excessiveLoad, "a large frame of an unknown kind")
	}
	if _, err := io.CopyN(io.Discard, r, int64(f.length)); errors.Is(err, io.EOF) {
		return fault(frameError, "a stream ends within a frame")
	} else if err != nil {
		return err
	}
	return nil
}

// appendFrame appends the head of a frame.
func appendFrame(b []byte, kind uint64, length int) []byte {
	return quicvarint.Append(quicvarint.Append(b, kind), uint64(length))
}
