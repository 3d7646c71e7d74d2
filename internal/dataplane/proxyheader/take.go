package proxyheader

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	one     = "PROXY "
	two     = "\r\n\r\n\x00\r\nQUIT\n"
	oneMost = 107      // bytes, CR LF included
	twoMost = 16 << 10 // of what follows the first 16 bytes
)

// errNone is about bytes that are no PROXY header.
var errNone = errors.New("no PROXY header")

// Take returns the bytes of a header, and reads nothing behind it. It begins with as many
// bytes as the signature of version 2 has: every header is longer.
func Take(from io.Reader) ([]byte, error) {
	header := make([]byte, len(two), oneMost)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, err
	}
	if string(header) == two {
		return takeTwo(from, header)
	}
	if !bytes.HasPrefix(header, []byte(one)) {
		return nil, errNone
	}
	for !bytes.HasSuffix(header, []byte("\r\n")) {
		if len(header) == oneMost {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", errNone, oneMost)
		}
		n := len(header)
		header = header[:n+1]
		if _, err := io.ReadFull(from, header[n:]); err != nil {
			return nil, err
		}
	}
	return header, nil
}

func takeTwo(from io.Reader, header []byte) ([]byte, error) {
	n := len(header)
	header = append(header, 0, 0, 0, 0)
	if _, err := io.ReadFull(from, header[n:]); err != nil {
		return nil, err
	}
	rest := int(binary.BigEndian.Uint16(header[n+2:]))
	if rest > twoMost {
		return nil, fmt.Errorf("%w: %d bytes", errNone, rest)
	}
	n = len(header)
	header = append(header, make([]byte, rest)...)
	_, err := io.ReadFull(from, header[n:])
	return header, err
}

// Begins reports whether what comes is a header of either version. It reads no further than
// it takes to tell that from a request.
func Begins(r *bufio.Reader) bool {
	for _, signature := range [][]byte{[]byte(one), []byte(two)} {
		for n := 1; n <= len(signature); n++ {
			got, err := r.Peek(n)
			if err != nil || !bytes.HasPrefix(signature, got) {
				break
			}
			if n == len(signature) {
				return true
			}
		}
	}
	return false
}
