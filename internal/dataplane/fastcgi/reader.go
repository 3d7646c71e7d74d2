package fastcgi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"edgegen/internal/dataplane/wire"
)

const (
	maxHead    = 64 << 10 // of an answer
	bufferSize = 8 << 10
)

// errMalformed is what no app should send.
var errMalformed = errors.New("malformed FastCGI")

// Reader reads an app's answer as a response of HTTP/1.1 on a connection that
// closes after it. An answer that has no end is io.ErrUnexpectedEOF. An error of
// the connection is passed on, and reading goes on where it was interrupted.
type Reader struct {
	from    *bufio.Reader
	record  header // of which content and pad are what is left
	head    []byte // of the answer, as far as it has come
	begun   bool   // the head is complete
	out     []byte // of the head that was made of it
	closed  bool   // stdout is
	ended   bool
	failed  error
	message message
}

// NewReader reads from a connection on which a request was sent. Each line of the
// app's log goes to log, which may be nil.
func NewReader(from io.Reader, log func(line string)) *Reader {
	return &Reader{from: bufio.NewReaderSize(from, bufferSize), message: message{log: log}}
}

// Read reads on.
func (r *Reader) Read(p []byte) (int, error) {
	for {
		if len(r.out) > 0 {
			n := copy(p, r.out)
			r.out = r.out[n:]
			return n, nil
		}
		if r.failed == nil && r.ended && !r.begun {
			r.failed = io.ErrUnexpectedEOF
		}
		switch {
		case r.failed != nil:
			return 0, r.failed
		case r.ended:
			return 0, io.EOF
		case r.record.content > 0 && r.record.kind == stdout && r.begun:
			n, err := r.from.Read(p[:min(len(p), r.record.content)])
			r.record.content -= n
			if n > 0 || err != nil {
				return n, cutOff(err)
			}
			return 0, io.ErrNoProgress
		}
		if err := r.step(); err != nil {
			if errors.Is(err, errMalformed) {
				r.failed = err
			}
			if errors.Is(err, io.EOF) {
				r.message.flush()
			}
			return 0, cutOff(err)
		}
	}
}

// step reads some records other than those of the body.
func (r *Reader) step() error {
	switch {
	case r.record.content > 0 && r.record.kind == endRequest:
		end, err := r.from.Peek(endBodySize)
		if err != nil {
			return err
		}
		if end[4] != 0 {
			return fmt.Errorf("%w: the app has refused the request with status %d", errMalformed, end[4])
		}
		r.ended = true
		r.message.flush()
		return nil
	case r.record.content > 0:
		part, err := r.part()
		if err != nil {
			return err
		}
		taken := len(part)
		if r.record.kind == stderr {
			r.message.add(part)
		} else if taken, err = r.take(part); err != nil {
			return err
		}
		_, _ = r.from.Discard(taken) // it is buffered
		r.record.content -= taken
		return nil
	case r.record.pad > 0:
		n, err := r.from.Discard(r.record.pad)
		r.record.pad -= n
		return err
	}
	return r.next()
}

// part is what has come of a record's content, or its first byte.
func (r *Reader) part() ([]byte, error) {
	if r.from.Buffered() == 0 {
		if _, err := r.from.Peek(1); err != nil {
			return nil, err
		}
	}
	return r.from.Peek(min(r.record.content, r.from.Buffered()))
}

// next reads the header of a record.
func (r *Reader) next() error {
	b, err := r.from.Peek(headerSize)
	if err != nil {
		return err
	}
	h, err := readHeader(b)
	if err != nil {
		return err
	}
	_, _ = r.from.Discard(headerSize) // it is buffered
	r.record = h
	if h.kind == stdout {
		if r.closed && h.content > 0 {
			return fmt.Errorf("%w: more behind the end of the answer", errMalformed)
		}
		r.closed = r.closed || h.content == 0
	}
	return nil
}

// take adds to the answer's head as much of a part as belongs to it.
func (r *Reader) take(part []byte) (int, error) {
	before := len(r.head)
	r.head = append(r.head, part...)
	end := headEnd(r.head, before)
	if end < 0 {
		if len(r.head) > maxHead {
			return 0, fmt.Errorf("%w: a head of more than %d bytes", errMalformed, maxHead)
		}
		return len(part), nil
	}
	out, err := appendHead(nil, r.head[:end])
	if err != nil {
		return 0, err
	}
	r.out, r.begun, r.head = out, true, nil
	return end - before, nil
}

// headEnd is where the empty line ends that ends a head, -1 where it has not come.
// It looks from a place on.
func headEnd(b []byte, from int) int {
	for i := from; i < len(b); i++ {
		if b[i] != '\n' {
			continue
		}
		line := b[:i]
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || line[len(line)-1] == '\n' {
			return i + 1
		}
	}
	return -1
}

// appendHead makes a response's head of an app's (RFC 3875, 6.3). What belongs to
// one connection is the edge's to say.
func appendHead(b, head []byte) ([]byte, error) {
	status, located := "", false
	var fields []byte
	for line := range bytes.Lines(head) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !wire.Token(string(name)) {
			return nil, fmt.Errorf("%w: a line of the head that is no field", errMalformed)
		}
		switch {
		case wire.EqualFold(string(name), "Status"):
			code, _, _ := bytes.Cut(bytes.TrimSpace(value), []byte(" "))
			if status != "" || len(code) != 3 || code[0] < '2' || code[0] > '5' {
				return nil, fmt.Errorf("%w: status %.20q", errMalformed, value)
			}
			status = string(code)
			continue
		case wire.EqualFold(string(name), "Location"):
			located = true
		case wire.EqualFold(string(name), "Connection"), wire.EqualFold(string(name), "Keep-Alive"),
			wire.EqualFold(string(name), "Transfer-Encoding"), wire.EqualFold(string(name), "Upgrade"), wire.EqualFold(string(name), "Trailer"):
			continue
		}
		fields = append(append(fields, line...), "\r\n"...)
	}
	switch {
	case status == "" && located:
		status = "302"
	case status == "":
		status = "200"
	}
	b = append(append(append(b, "HTTP/1.1 "...), status...), "\r\nConnection: close\r\n"...)
	return append(append(b, fields...), "\r\n"...), nil
}

// cutOff makes an end of the connection before that of the answer an error.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
