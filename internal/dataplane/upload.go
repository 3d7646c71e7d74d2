package dataplane

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
)

// inMemory is how many bytes of a request's body are held in memory; a longer one goes
// into a file.
const inMemory = 64 << 10

// errNoRoom means that a request's body could not be put down.
var errNoRoom = errors.New("hold the request's body")

// take reads all of a request's body before any app hears of the request, so that a
// client that sends slowly holds up nobody but itself. A small body is kept in memory, a
// larger one in a file. Memory is taken only for what has come. The caller calls the
// returned function when nobody reads the body any more.
func (p *Plane) take(x *exchange) (letGo func(), err error) {
	memory := &room{plane: p}
	held, ended, err := x.gather(inMemory, memory)
	if err != nil || ended {
		return memory.letGo, err
	}
	defer memory.letGo()
	nothing := func() {}
	file, err := os.CreateTemp(p.options.TempDir, "body-")
	if err != nil {
		return nothing, x.noRoom(err)
	}
	letGo = func() { _ = file.Close() } // nothing of it is to last
	if err := os.Remove(file.Name()); err != nil {
		return letGo, x.noRoom(err)
	}
	buffer := p.copies.Get().(*[]byte)
	defer p.copies.Put(buffer)
	size := int64(0)
	for part, failed := held, error(nil); ; {
		if _, err := file.Write(part); err != nil {
			return letGo, x.noRoom(err)
		}
		size += int64(len(part))
		if errors.Is(failed, io.EOF) {
			break
		}
		if failed != nil {
			return letGo, fmt.Errorf("%w: %w", upstream.ErrClient, failed)
		}
		n := 0
		n, failed = x.Body.Read(*buffer)
		part = (*buffer)[:n]
	}
	x.Body, x.Length = &stored{io.NewSectionReader(file, 0, size)}, size
	return letGo, nil
}

// noRoom reads what is left of a body that cannot be put down: a client that is
// cut off while it sends does not see the answer.
func (x *exchange) noRoom(err error) error {
	_, _ = io.Copy(io.Discard, x.Body) // who leaves meanwhile wants no answer
	return fmt.Errorf("%w: %w", errNoRoom, err)
}

// gather reads up to limit bytes of a request's body into memory, and makes them the
// whole body where it ends with them.
func (x *exchange) gather(limit int, memory *room) (held []byte, ended bool, err error) {
	size := min(4<<10, limit)
	if x.Length >= 0 {
		size = int(min(int64(size), x.Length+1)) // with room to see its end
	}
	held = memory.grow(nil, size)
	for len(held) < limit {
		if len(held) == cap(held) {
			held = memory.grow(held, x.roomFor(len(held), limit))
		}
		n, err := x.Body.Read(held[len(held):min(cap(held), limit)])
		held = held[:len(held)+n]
		if errors.Is(err, io.EOF) {
			x.Body, x.Length = wire.NewBytes(held), int64(len(held))
			return nil, true, nil
		}
		if err != nil {
			return nil, false, fmt.Errorf("%w: %w", upstream.ErrClient, err)
		}
	}
	return held, false, nil
}

// roomFor is how much of a body to have room for when so much has come: no more than
// is announced, with room to see its end, and no more than four times what has come.
func (x *exchange) roomFor(come, limit int) int {
	size := min(4*come, limit)
	if x.Length >= int64(come) {
		size = int(min(int64(size), x.Length+1))
	}
	return size
}

// room is memory that a request's body is held in; a nil one is never used again.
type room struct {
	plane  *Plane
	buffer *[]byte    // taken
	from   *sync.Pool // that it goes back to
}

// grow returns memory with what is held so far, and room for size bytes in all.
func (r *room) grow(held []byte, size int) []byte {
	if r == nil {
		return append(make([]byte, 0, size), held...)
	}
	was := *r
	switch r.buffer, r.from = nil, nil; {
	case size <= 4<<10:
		r.from = &r.plane.buffers
	case size <= 32<<10:
		r.from = &r.plane.copies
	default:
		held = append(make([]byte, 0, size), held...)
		was.letGo()
		return held
	}
	r.buffer = r.from.Get().(*[]byte)
	held = append((*r.buffer)[:0], held...)
	was.letGo()
	return held
}

// letGo gives the memory back, once nobody reads from it any more.
func (r *room) letGo() {
	if r.buffer != nil {
		r.from.Put(r.buffer)
		r.buffer = nil
	}
}

// atHand takes a body that came together with the head, so that nothing has to be waited
// for.
func (x *exchange) atHand() error {
	if b, ok := x.Body.(*requestBody); !ok || x.Length > inMemory || !b.Ready() {
		return nil
	}
	_, _, err := x.gather(inMemory+1, nil)
	return err
}

// stored is a body in a file; it can be read again.
type stored struct{ *io.SectionReader }

// Rewind goes back to the start.
func (s *stored) Rewind() error {
	_, err := s.Seek(0, io.SeekStart)
	return err
}
