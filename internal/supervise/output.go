package supervise

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

const lineLimit = 64 << 10

// lines cuts a stream of bytes into lines and hands each one on.
type lines struct {
	emit    func([]byte)
	pending []byte // the start of a line whose end has not come
}

// add takes the next bytes of the stream.
func (l *lines) add(chunk []byte) {
	for len(chunk) > 0 {
		end := bytes.IndexByte(chunk, '\n')
		room := lineLimit - len(l.pending)
		switch {
		case end >= 0 && end <= room:
			l.emit(l.joined(chunk[:end]))
			l.pending = l.pending[:0]
			chunk = chunk[end+1:]
		case len(chunk) > room:
			l.emit(l.joined(chunk[:room]))
			l.pending = l.pending[:0]
			chunk = chunk[room:]
		default:
			l.pending = append(l.pending, chunk...)
			return
		}
	}
}

func (l *lines) joined(rest []byte) []byte {
	if len(l.pending) == 0 {
		return rest
	}
	l.pending = append(l.pending, rest...)
	return l.pending
}

// finish hands on a last line that had no newline.
func (l *lines) finish() {
	if len(l.pending) > 0 {
		l.emit(l.pending)
		l.pending = nil
	}
}

// tail keeps the last lines of a stream, cut to a length that fits an error message.
// Most are never looked at, so nothing is made of them before.
type tail struct {
	kept [tailLines][]byte // a ring
	next int               // the place of the next one
}

const (
	tailLines  = 5
	tailLength = 400 // bytes of a line
)

func (t *tail) add(line []byte) {
	line = bytes.TrimSpace(line[:min(len(line), tailLength)])
	if len(line) == 0 {
		return
	}
	t.kept[t.next] = append(t.kept[t.next][:0], line...)
	t.next = (t.next + 1) % tailLines
}

// lines are those that are kept, printable, the last one last.
func (t *tail) lines() (all []string) {
	for i := range tailLines {
		if line := t.kept[(t.next+i)%tailLines]; len(line) > 0 {
			all = append(all, printable(line))
		}
	}
	return all
}

// printable is not that of the room of this name, which keeps no tab: this one has the
// lines of logs, and supervise knows none of the other rooms.
func printable(line []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || (unicode.IsPrint(r) && r != utf8.RuneError) {
			return r
		}
		return '.'
	}, string(line))
}

// stream reads one of a child's outputs until nobody holds its other end.
type stream struct {
	reader *os.File
	tail   tail // of the pump, until done
	done   chan struct{}
}

// openStream returns the stream and the descriptor that the child is to write
// to, which the caller closes.
func openStream() (*stream, int, error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return nil, -1, err
	}
	// Only our end is non-blocking: a child must not get EAGAIN on its output.
	if err := syscall.SetNonblock(ends[0], true); err != nil {
		syscall.Close(ends[0])
		syscall.Close(ends[1])
		return nil, -1, err
	}
	return &stream{reader: os.NewFile(uintptr(ends[0]), "output"), done: make(chan struct{})}, ends[1], nil
}

// pump hands the lines on until the stream ends.
func (s *stream) pump(sink func([]byte)) {
	defer close(s.done)
	framed := lines{emit: func(line []byte) {
		s.tail.add(line)
		if sink != nil {
			sink(line)
		}
	}}
	chunk := make([]byte, 32<<10)
	for {
		n, err := s.reader.Read(chunk)
		framed.add(chunk[:n])
		if err != nil {
			framed.finish()
			return
		}
	}
}

// expire lets a stream end after the child's end even where a stranger that
// inherited the other end lives on.
func (s *stream) expire(when time.Time) {
	// An error means that there is no deadline to set: the stream has ended.
	_ = s.reader.SetReadDeadline(when)
}

// finish waits until all lines have been handed on, and returns the last ones. A
// sink that has not returned by then is left behind with the pump, which ends
// when the sink does; there are no lines then.
func (s *stream) finish(limit time.Time) []string {
	defer s.reader.Close()
	late := time.NewTimer(time.Until(limit))
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C:
	}
	select {
	case <-s.done: // in time, or though it was late already
		return s.tail.lines()
	default:
		return nil
	}
}
