package httpcache

import (
	"context"
	"errors"
	"io"
	"sync"

	"edgegen/internal/dataplane/wire"
)

const (
	chunkSize = 32 << 10
	window    = 256 << 10
)

// Spool is a body that is coming in and is read by several meanwhile. It is
// kept whole as long as it may be stored; then it holds no more than a window
// between its slowest reader and its writer.
type Spool struct {
	store *Store
	limit int64
	stop  context.CancelFunc // ends the fetch when nobody reads any more

	mu       sync.Mutex
	changed  sync.Cond
	chunks   [][]byte // all full but the last
	base     int64    // offset of the first chunk
	size     int64
	reserved int64
	whole    bool // nothing was dropped
	ended    error
	readers  map[*SpoolReader]struct{}
}

// NewSpool returns a spool that is stored as long as it holds no more than
// the store takes. stop is called when nothing needs it any more before its end.
func NewSpool(store *Store, stop context.CancelFunc) *Spool {
	s := &Spool{store: store, limit: store.MaxObject(), stop: stop, whole: true, readers: map[*SpoolReader]struct{}{}}
	s.changed.L = &s.mu
	return s
}

// Fill copies body into the spool until it ends, and returns the error it
// ended with, nil for the regular end. length is what the response said, -1
// for nothing.
func (s *Spool) Fill(body io.Reader, length int64) error {
	for {
		chunk, err := s.space(length)
		if err != nil {
			return s.finish(err)
		}
		n, err := body.Read(chunk)
		s.mu.Lock()
		last := len(s.chunks) - 1
		s.chunks[last] = s.chunks[last][:len(s.chunks[last])+n]
		s.size += int64(n)
		s.changed.Broadcast()
		s.mu.Unlock()
		if errors.Is(err, io.EOF) || err == nil && s.size == length {
			return s.finish(nil)
		}
		if err != nil {
			return s.finish(err)
		}
	}
}

// space returns where to read to: the rest of the last chunk or a new one.
func (s *Spool) space(length int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if n := len(s.chunks); n > 0 && len(s.chunks[n-1]) < cap(s.chunks[n-1]) {
			last := s.chunks[n-1]
			return last[len(last):cap(last)], nil
		}
		want := int64(chunkSize)
		if length >= 0 && length-s.size < want {
			want = max(length-s.size, 1)
		}
		if s.whole && (s.size+want > s.limit+1 || !s.store.Reserve(want)) {
			s.whole = false
		}
		if s.whole {
			s.reserved += want
		} else if !s.slide() {
			s.changed.Wait()
			continue
		}
		if len(s.readers) == 0 && !s.whole {
			return nil, context.Canceled
		}
		s.chunks = append(s.chunks, make([]byte, 0, want))
		return s.chunks[len(s.chunks)-1][:want], nil
	}
}

// slide drops what every reader is past, and reports whether there is room.
func (s *Spool) slide() bool {
	slowest := s.size
	for r := range s.readers {
		slowest = min(slowest, r.at)
	}
	for len(s.chunks) > 0 && s.base+int64(len(s.chunks[0])) <= slowest && len(s.chunks[0]) == cap(s.chunks[0]) {
		s.base += int64(len(s.chunks[0]))
		s.chunks[0] = nil
		s.chunks = s.chunks[1:]
	}
	return s.size-s.base < window || len(s.readers) == 0
}

func (s *Spool) finish(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended = err; err == nil {
		s.ended = io.EOF
	}
	s.store.Unreserve(s.reserved)
	s.reserved = 0
	s.changed.Broadcast()
	return err
}

// Content returns the body for storing, once Fill has returned without an
// error; false where it grew too large.
func (s *Spool) Content() (Memory, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.chunks); n > 0 && len(s.chunks[n-1]) == 0 {
		s.chunks = s.chunks[:n-1]
	}
	return Memory{s.chunks, s.size}, s.whole && errors.Is(s.ended, io.EOF) && s.size <= s.limit
}

// SpoolReader reads a spool from its start.
type SpoolReader struct {
	spool *Spool
	ctx   context.Context
	wake  func() bool
	at    int64
}

// Reader returns a reader of the whole body, false where its start is gone
// already. The end of ctx ends a Read that waits.
func (s *Spool) Reader(ctx context.Context) (*SpoolReader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.whole || s.ended != nil && !errors.Is(s.ended, io.EOF) {
		return nil, false
	}
	r := &SpoolReader{spool: s, ctx: ctx}
	r.wake = context.AfterFunc(ctx, func() {
		s.mu.Lock()
		s.changed.Broadcast()
		s.mu.Unlock()
	})
	s.readers[r] = struct{}{}
	return r, true
}

// Read waits for more of the body.
func (r *SpoolReader) Read(p []byte) (int, error) {
	s := r.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	for r.at == s.size {
		if s.ended != nil {
			return 0, s.ended
		}
		if r.ctx.Err() != nil {
			return 0, r.ctx.Err()
		}
		s.changed.Wait()
	}
	n := 0
	offset := r.at - s.base
	for _, chunk := range s.chunks {
		if offset >= int64(len(chunk)) {
			offset -= int64(len(chunk))
			continue
		}
		n += copy(p[n:], chunk[offset:])
		offset = 0
		if n == len(p) {
			break
		}
	}
	r.at += int64(n)
	if !s.whole {
		s.changed.Broadcast()
	}
	return n, nil
}

// Close ends the reading. A body that is not stored any more and that nobody
// else reads is not fetched any further.
func (r *SpoolReader) Close() error {
	r.wake()
	s := r.spool
	s.mu.Lock()
	_, open := s.readers[r]
	delete(s.readers, r)
	abandoned := open && len(s.readers) == 0 && s.ended == nil && !s.whole
	s.changed.Broadcast()
	s.mu.Unlock()
	if abandoned {
		s.stop()
	}
	return nil
}

// Memory is a body in memory.
type Memory struct {
	chunks [][]byte
	size   int64
}

// NewMemory returns a body of data, which is not copied.
func NewMemory(data []byte) Memory { return Memory{[][]byte{data}, int64(len(data))} }

// Len returns the body's bytes.
func (m Memory) Len() int64 { return m.size }

// Open never fails.
func (m Memory) Open(offset, length int64) (io.ReadCloser, error) {
	if len(m.chunks) == 1 {
		return wire.NewBytes(m.chunks[0][offset : offset+length]), nil
	}
	readers := make([]io.Reader, 0, len(m.chunks))
	for _, chunk := range m.chunks {
		n := int64(len(chunk))
		if offset >= n || length == 0 {
			offset -= min(offset, n)
			continue
		}
		part := chunk[offset:min(n, offset+length)]
		length -= int64(len(part))
		offset = 0
		readers = append(readers, wire.NewBytes(part))
	}
	return io.NopCloser(io.MultiReader(readers...)), nil
}
