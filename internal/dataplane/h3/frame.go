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
		return frame{}, err
	}
	_, _ = r.Discard(n + m)
	return frame{kind, length}, nil
}

// within is what reading within a frame has met, where a stream must not end (RFC 9114, 7.1).
func within(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault(frameError, "a stream ends within a frame")
	}
	return err
}

// peekNumber reads a number of variable length (RFC 9000, 16) that begins behind so many
// bytes, and says how many bytes it has.
func peekNumber(r *bufio.Reader, behind int) (number uint64, size int, err error) {
	b, err := r.Peek(behind + 1)
	if err != nil {
		if len(b) > 0 {
			err = within(err)
		}
		return 0, 0, err
	}
	size = 1 << (b[behind] >> 6)
	if b, err = r.Peek(behind + size); err != nil {
		return 0, 0, within(err)
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
	_, err := io.CopyN(io.Discard, r, int64(f.length))
	return within(err)
}

// payload reads what is in a short frame.
func payload(r *bufio.Reader, f frame) ([]byte, error) {
	b := make([]byte, f.length)
	_, err := io.ReadFull(r, b)
	return b, within(err)
}

// appendFrame appends the head of a frame.
func appendFrame(b []byte, kind uint64, length int) []byte {
	return quicvarint.Append(quicvarint.Append(b, kind), uint64(length))
}
