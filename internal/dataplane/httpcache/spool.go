package httpcache

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"
)

const (
	chunkSize = 32 << 10
	// window is how many bytes a body that is not going to be stored is read ahead of its
	// fastest reader, and how many are kept for slower ones in any case.
	window = 256 << 10
	// patience is for how long in all a body without a length waits for its
	// fastest reader while it may still be stored, and afterwards for the
	// slower ones.
	patience = 5 * time.Second
	// pause is how long a reader may read nothing while others wait for it.
	pause = 2 * time.Second
)

// Spool is a body that is coming in and is read by several meanwhile. As long
// as it may be stored it is kept whole. Then it keeps what its readers have
// still to read, as far as there is room. One that falls back further and does
// not catch up is left behind, so that nobody waits for it for long.
type Spool struct {
	// Whole is given the body when all of it has come, before its readers reach the end:
	// a client that has read it to the end, and asks again, finds what Whole has stored.
	// With false the body is not to be stored. Set it before Fill; nil is told nothing.
	Whole func(content Memory, store bool)

	store *Store
	limit int64
	stop  context.CancelFunc // ends the fetch when nobody reads any more

	mu      sync.Mutex
	changed sync.Cond // readers wait for it
	room    sync.Cond // the writer does
	chunks  [][]byte  // all full but the last
	base    int64     // offset of the first chunk
	size    int64
	whole   bool          // it may be stored: nothing was dropped
	held    int64         // bytes the store accounts for: reserved while whole, trailing afterwards
	left    time.Duration // of patience
	ended   error
	readers map[*SpoolReader]struct{}
}

// NewSpool returns a spool that is stored as long as it holds no more than
// the store takes. stop is called when nothing needs it any more before its end.
func NewSpool(store *Store, stop context.CancelFunc) *Spool {
	s := &Spool{store: store, limit: store.MaxObject(), stop: stop, whole: true, left: patience, readers: map[*SpoolReader]struct{}{}}
	s.changed.L, s.room.L = &s.mu, &s.mu
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
		if errors.Is(err, io.EOF) || err == nil && s.size+int64(n) == length {
			s.handOver(n)
			s.grow(n)
			return s.finish(nil)
		}
		s.grow(n)
		if err != nil {
			return s.finish(err)
		}
	}
}

// grow lets readers have n more bytes, which are in the last chunk already.
func (s *Spool) grow(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.chunks) - 1
	s.chunks[last] = s.chunks[last][:len(s.chunks[last])+n]
	s.size += int64(n)
	s.changed.Broadcast()
}

// handOver calls Whole with the body. Its last n bytes are in the last chunk, and no reader
// has them yet.
func (s *Spool) handOver(n int) {
	s.mu.Lock()
	if s.whole { // what is stored is accounted for by itself
		s.store.Unreserve(s.held)
		s.held = 0
	}
	content, store := s.content(n)
	s.mu.Unlock()
	if s.Whole != nil {
		s.Whole(content, store)
	}
}

// space returns where to read to: the rest of the last chunk or a new one.
func (s *Spool) space(length int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.chunks); n > 0 && len(s.chunks[n-1]) < cap(s.chunks[n-1]) {
		last := s.chunks[n-1]
		return last[len(last):cap(last)], nil
	}
	want := int64(chunkSize)
	if length >= 0 && length-s.size < want {
		want = max(length-s.size, 1)
	}
	s.pace(length)
	switch {
	case !s.whole:
	case s.size+want <= s.limit+1 && s.store.Reserve(want):
		s.held += want
	default:
		s.letGo()
		s.pace(length)
	}
	if !s.whole {
		if len(s.readers) == 0 {
			return nil, context.Canceled
		}
		s.leaveBehind()
	}
	s.chunks = append(s.chunks, make([]byte, 0, want))
	return s.chunks[len(s.chunks)-1][:want], nil
}

// trim drops what every reader is past, and accounts for the rest beyond the
// window. It reports false where there is no room for that.
func (s *Spool) trim() bool {
	slowest := s.size
	for r := range s.readers {
		slowest = min(slowest, r.at)
	}
	for len(s.chunks) > 0 && s.base+int64(len(s.chunks[0])) <= slowest && len(s.chunks[0]) == cap(s.chunks[0]) {
		s.base += int64(len(s.chunks[0]))
		s.chunks[0] = nil
		s.chunks = s.chunks[1:]
	}
	beyond := max(0, s.size-s.base-window)
	if len(s.readers) == 0 {
		beyond = 0
	}
	if beyond > s.held && !s.store.Trail(beyond-s.held) {
		return false
	}
	if beyond < s.held {
		s.store.Untrail(s.held - beyond)
	}
	s.held = beyond
	return true
}

func (s *Spool) finish(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended = err; err == nil {
		s.ended = io.EOF
	}
	if s.whole {
		s.store.Unreserve(s.held)
		s.held = 0
	} else {
		s.trim()
	}
	s.changed.Broadcast()
	return err
}

// content is the body with n more bytes of its last chunk; false where it grew too
// large. The lock is held.
func (s *Spool) content(n int) (Memory, bool) {
	chunks, size := slices.Clone(s.chunks), s.size+int64(n)
	last := len(chunks) - 1
	if chunks[last] = chunks[last][:len(chunks[last])+n]; len(chunks[last]) == 0 {
		chunks = chunks[:last]
	}
	return Memory{chunks, size}, s.whole && size <= s.limit
}
