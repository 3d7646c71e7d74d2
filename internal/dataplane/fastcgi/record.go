package fastcgi

import (
	"encoding/binary"
	"fmt"
)

// The types of records, and what else their headers hold.
const (
	version      = 1
	beginRequest = 1
	endRequest   = 3
	params       = 4
	stdin        = 5
	stdout       = 6
	stderr       = 7

	responder   = 1 // the role that apps have here
	requestID   = 1 // a connection has one request
	headerSize  = 8
	endBodySize = 8
	maxContent  = 65535
)

// appendHeader begins a record.
func appendHeader(b []byte, kind byte, content int) []byte {
	return append(b, version, kind, 0, requestID, byte(content>>8), byte(content), 0, 0)
}

// appendStream appends data as records of a stream, without its end.
func appendStream(b []byte, kind byte, data []byte) []byte {
	for len(data) > 0 {
		n := min(len(data), maxContent)
		b = append(appendHeader(b, kind, n), data[:n]...)
		data = data[n:]
	}
	return b
}

// AppendBody appends a part of a request's body.
func AppendBody(b, part []byte) []byte { return appendStream(b, stdin, part) }

// EndBody is what follows a request's body.
const EndBody = "\x01\x05\x00\x01\x00\x00\x00\x00"

// appendPair appends a name and a value as they stand in params.
func appendPair(b []byte, name, value string) []byte {
	b = appendLength(appendLength(b, len(name)), len(value))
	return append(append(b, name...), value...)
}

func appendLength(b []byte, n int) []byte {
	if n < 128 {
		return append(b, byte(n))
	}
	return binary.BigEndian.AppendUint32(b, uint32(n)|1<<31)
}

// header is that of a record.
type header struct {
	kind         byte
	content, pad int
}

// readHeader reads the eight bytes of a header. An app that speaks of another
// request, or of none, is not to be understood.
func readHeader(b []byte) (header, error) {
	h := header{kind: b[1], content: int(binary.BigEndian.Uint16(b[4:])), pad: int(b[6])}
	switch id := binary.BigEndian.Uint16(b[2:]); {
	case b[0] != version:
		return h, fmt.Errorf("%w: version %d", errMalformed, b[0])
	case id != requestID:
		return h, fmt.Errorf("%w: a record for request %d", errMalformed, id)
	case h.kind != stdout && h.kind != stderr && h.kind != endRequest:
		return h, fmt.Errorf("%w: a record of type %d", errMalformed, h.kind)
	case h.kind == endRequest && h.content != endBodySize:
		return h, fmt.Errorf("%w: an end of %d bytes", errMalformed, h.content)
	}
	return h, nil
}
