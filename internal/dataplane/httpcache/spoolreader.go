package httpcache

import (
	"context"
	"errors"
	"io"
	"time"
)

// errLeft is the error of a reader that is too far behind the others.
var errLeft = errors.New("left behind by those who read the same body")

// SpoolReader reads a spool from its start.
type SpoolReader struct {
	spool  *Spool
	ctx    context.Context
	wake   func() bool
	at     int64
	moved  time.Time // when it last read
	behind bool      // left behind
}

// Reader returns a reader of the whole body, false where its start is gone
// already. The end of ctx ends a Read that waits.
func (s *Spool) Reader(ctx context.Context) (*SpoolReader, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.whole || s.ended != nil && !errors.Is(s.ended, io.EOF) {
		return nil, false
	}
	r := &SpoolReader{spool: s, ctx: ctx, moved: time.Now()}
	r.wake = context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	s.readers[r] = struct{}{}
	return r, true
}

// Read waits for more of the body.
func (r *SpoolReader) Read(p []byte) (int, error) {
	s := r.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	for !r.behind && r.at == s.size {
		if s.ended != nil {
			return 0, s.ended
		}
		if r.ctx.Err() != nil {
			return 0, r.ctx.Err()
		}
		s.changed.Wait()
	}
	if r.behind {
		return 0, errLeft
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
	r.at, r.moved = r.at+int64(n), time.Now()
	if !s.whole {
		s.trim()
	}
	s.room.Signal()
	return n, nil
}

// Waits reports whether a Read would have to wait.
func (r *SpoolReader) Waits() bool {
	r.spool.mu.Lock()
	defer r.spool.mu.Unlock()
	return !r.behind && r.at == r.spool.size && r.spool.ended == nil
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
	if !s.whole {
		s.trim()
	}
	s.room.Signal()
	s.mu.Unlock()
	if abandoned {
		s.stop()
	}
	return nil
}
