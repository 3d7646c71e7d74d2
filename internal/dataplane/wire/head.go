package wire

import (
	"fmt"
	"strings"
)

func malformed(why string) error { return fmt.Errorf("%w: %s", ErrMalformed, why) }

// ReadHead reads a request's head, its empty line included, and consumes it.
// It refuses bare CR, bare LF and control bytes as they come, without waiting
// for the end. A client's head that ends before it begins is io.EOF; one that
// is cut off is io.ErrUnexpectedEOF. Beyond limit bytes it is ErrHeadTooLarge.
//
// begun, if not nil, is called once when the head is not complete with the
// first bytes of it: the time for the rest of it starts to run.
func (r *Reader) ReadHead(limit int, begun func()) (string, error) {
	return r.readHead(scanner{skips: true}, limit, begun)
}

// ReadResponseHead is ReadHead for a response, before which no empty line may
// stand: nginx passes what begins with one through, as an answer in HTTP/0.9
// that does not end where its fields say.
func (r *Reader) ReadResponseHead(limit int) (string, error) {
	return r.readHead(scanner{}, limit, nil)
}

func (r *Reader) readHead(scan scanner, limit int, begun func()) (string, error) {
	for {
		end, err := scan.advance(r.Buffered())
		if err != nil {
			return "", err
		}
		if end > limit || end == 0 && len(r.Buffered()) > limit {
			return "", ErrHeadTooLarge
		}
		if end > 0 {
			head := string(r.Buffered()[scan.start:end])
			r.Discard(end)
			return head, nil
		}
		if len(r.Buffered()) > 0 && begun != nil {
			begun()
			begun = nil
		}
		empty := len(r.Buffered()) == 0
		if err := r.Fill(); err != nil {
			if empty {
				return "", err
			}
			return "", cutOff(err)
		}
	}
}

// scanner looks for the end of a head.
type scanner struct {
	skips bool // empty lines before the head (RFC 9112 2.2)
	start int  // of the first line, after empty lines before it
	line  int  // start of the line under way
	next  int  // first byte not looked at
}

// advance returns where the head ends, 0 while it has not.
func (s *scanner) advance(data []byte) (int, error) {
	for ; s.next < len(data); s.next++ {
		c := data[s.next]
		if c >= 0x20 && c != 0x7f || c == '\t' {
			continue
		}
		if c == '\r' {
			if s.next+1 == len(data) {
				return 0, nil // decide when its successor is there
			}
			if data[s.next+1] != '\n' {
				return 0, malformed("bare CR")
			}
			continue
		}
		if c != '\n' {
			return 0, malformed("control byte in the head")
		}
		if s.next == 0 || data[s.next-1] != '\r' {
			return 0, malformed("bare LF")
		}
		empty := s.next-1 == s.line
		s.line = s.next + 1
		if empty && s.start != s.next-1 {
			return s.next + 1, nil
		}
		if empty {
			s.start = s.line
			if !s.skips || s.start > 4 {
				return 0, malformed("empty lines")
			}
		}
	}
	return 0, nil
}

// fields reads the field lines of a head that ReadHead approved of, appending
// to h. Each ends in CR LF, and so does rest.
func fields(rest string, h Header) (Header, error) {
	for rest != "\r\n" {
		i := strings.IndexByte(rest, '\n')
		if i < 1 {
			return nil, malformed("field line without an end")
		}
		f, err := field(rest[:i-1])
		if err != nil {
			return nil, err
		}
		h = append(h, f)
		rest = rest[i+1:]
	}
	return h, nil
}

func field(line string) (Field, error) {
	if line == "" || line[0] == ' ' || line[0] == '\t' {
		return Field{}, malformed("folded line")
	}
	i := strings.IndexByte(line, ':')
	if i < 1 || !Token(line[:i]) {
		return Field{}, malformed("field name")
	}
	value := TrimSpace(line[i+1:])
	for j := 0; j < len(value); j++ {
		if control(value[j]) {
			return Field{}, malformed("control byte in a field")
		}
	}
	return Field{line[:i], value}, nil
}
