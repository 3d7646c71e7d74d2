// Package upload takes in the bodies of requests: at the pace that clients have to keep, and
// whole, where an app is to hear of a request only then.
package upload

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

// ErrNoRoom means that a request's body could not be put down.
var ErrNoRoom = errors.New("hold the request's body")

// Rooms are where bodies are held. They may be used from many goroutines.
type Rooms struct {
	Small, Large *sync.Pool // of *[]byte, of 4 KiB and of 32 KiB
	// Dir is where a body is put down that is too large for memory; "" is the system's
	// directory for temporary files.
	Dir string
}

// Take reads all of a request's body before any app hears of the request, so that a client
// that sends slowly holds up nobody but itself. A small body is kept in memory, a larger one
// in a file. Memory is taken only for what has come. The caller calls letGo, also where there
// is an error, when nobody reads the body any more. An error is an upstream.ErrClient or an
// ErrNoRoom.
func (r *Rooms) Take(request *wire.Request) (letGo func(), err error) {
	memory := &room{in: r}
	held, ended, err := gather(request, inMemory, memory)
	if err != nil || ended {
		return memory.letGo, err
	}
	defer memory.letGo()
	nothing := func() {}
	file, err := os.CreateTemp(r.Dir, "body-")
	if err != nil {
		return nothing, noRoom(request, err)
	}
	letGo = func() { _ = file.Close() } // nothing of it is to last
	if err := os.Remove(file.Name()); err != nil {
		return letGo, noRoom(request, err)
	}
	buffer := r.Large.Get().(*[]byte)
	defer r.Large.Put(buffer)
	size := int64(0)
	for part, failed := held, error(nil); ; {
		if _, err := file.Write(part); err != nil {
			return letGo, noRoom(request, err)
		}
		size += int64(len(part))
		if errors.Is(failed, io.EOF) {
			break
		}
		if failed != nil {
			return letGo, fmt.Errorf("%w: %w", upstream.ErrClient, failed)
		}
		n := 0
		n, failed = request.Body.Read(*buffer)
		part = (*buffer)[:n]
	}
	request.Body, request.Length = &filed{io.NewSectionReader(file, 0, size)}, size
	return letGo, nil
}

// noRoom reads what is left of a body that cannot be put down: a client that is
// cut off while it sends does not see the answer.
func noRoom(request *wire.Request, err error) error {
	_, _ = io.Copy(io.Discard, request.Body) // who leaves meanwhile wants no answer
	return fmt.Errorf("%w: %w", ErrNoRoom, err)
}

// gather reads up to limit bytes of a request's body into memory, and makes them the
// whole body where it ends with them.
func gather(request *wire.Request, limit int, memory *room) (held []byte, ended bool, err error) {
	size := min(4<<10, limit)
	if request.Length >= 0 {
		size = int(min(int64(size), request.Length+1)) // with room to see its end
	}
	held = memory.grow(nil, size)
	for len(held) < limit {
		if len(held) == cap(held) {
			held = memory.grow(held, roomFor(request, len(held), limit))
		}
		n, err := request.Body.Read(held[len(held):min(cap(held), limit)])
		held = held[:len(held)+n]
		if errors.Is(err, io.EOF) {
			request.Body, request.Length = wire.NewBytes(held), int64(len(held))
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
func roomFor(request *wire.Request, come, limit int) int {
	size := min(4*come, limit)
	if request.Length >= int64(come) {
		size = int(min(int64(size), request.Length+1))
	}
	return size
}

// room is memory that a request's body is held in; a nil one is never used again.
type room struct {
	in     *Rooms
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
		r.from = r.in.Small
	case size <= 32<<10:
		r.from = r.in.Large
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

// AtHand takes a body that came together with the head, so that nothing has to be waited
// for.
func AtHand(request *wire.Request) error {
	if b, ok := request.Body.(interface{ Ready() bool }); !ok || request.Length > inMemory || !b.Ready() {
		return nil
	}
	_, _, err := gather(request, inMemory+1, nil)
	return err
}

// filed is a body in a file; it can be read again.
type filed struct{ *io.SectionReader }

// Rewind goes back to the start.
func (f *filed) Rewind() error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// InFile reports whether a body is one that Take has put into a file.
func InFile(body io.Reader) bool {
	_, ok := body.(*filed)
	return ok
}
