package dataplane

import (
	"sync"
	"time"
)

// glance is how long a request is worked on before it is looked whether the client is
// still there.
const glance = 100 * time.Millisecond

// eye looks whether a client leaves while its request is worked on, by
// reading ahead from its connection. Between open and shut nobody else reads
// from it.
type eye struct {
	conn   *http1
	timer  *time.Timer
	mu     sync.Mutex
	wanted bool
	done   chan struct{} // not nil while looking
	failed bool
}

// open starts to look after a while. It may be called more than once.
func (e *eye) open() {
	if e.wanted || e.conn.x.Body != nil && !e.conn.body.finished.Load() || len(e.conn.reader.Buffered()) > 0 {
		return
	}
	e.mu.Lock()
	e.wanted = true
	e.mu.Unlock()
	if e.timer == nil {
		e.timer = time.AfterFunc(glance, e.look)
		return
	}
	e.timer.Reset(glance)
}

// look runs in a goroutine of its own.
func (e *eye) look() {
	e.mu.Lock()
	if !e.wanted || e.done != nil {
		e.mu.Unlock()
		return
	}
	done := make(chan struct{})
	e.done = done
	_ = e.conn.SetReadDeadline(time.Time{})
	e.mu.Unlock()
	defer close(done)
	if err := e.conn.reader.Fill(); err != nil {
		e.mu.Lock()
		shut := !e.wanted
		e.failed = !shut
		e.mu.Unlock()
		if !shut {
			e.conn.cancel()
		}
	}
}

// shut ends the looking, and reports whether the client is still there.
func (e *eye) shut() bool {
	if !e.wanted {
		return true
	}
	e.timer.Stop()
	e.mu.Lock()
	e.wanted = false
	done := e.done
	e.done = nil
	if done != nil {
		_ = e.conn.SetReadDeadline(time.Unix(1, 0))
	}
	e.mu.Unlock()
	if done != nil {
		<-done
		e.conn.read.forget()
		_ = e.conn.SetReadDeadline(time.Time{})
	}
	return !e.failed
}
