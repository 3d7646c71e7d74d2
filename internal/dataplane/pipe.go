package dataplane

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"edgegen/internal/dataplane/socket"
)

// pipe copies both ways between a client and a backend until both have
// ended, or nothing has moved for idle. The end of one direction is passed
// on; the other goes on.
type pipe struct {
	idle time.Duration
	// after is how long a client may go on once the other side has ended;
	// zero is as long as ever.
	after   time.Duration
	over    atomic.Bool  // the other side has ended, and after holds
	moved   atomic.Int64 // when a byte last moved, Unix nanoseconds
	buffers *sync.Pool   // of *[]byte
}

// run copies and returns how many bytes went each way. Both connections are
// closed when it returns; closing them ends it.
func (p *pipe) run(client, backend net.Conn) (up, down int64) {
	p.moved.Store(time.Now().UnixNano())
	var direction sync.WaitGroup
	direction.Go(func() { up = p.copy(backend, client) })
	down = p.copy(client, backend)
	if p.after > 0 {
		p.over.Store(true)
		_ = client.SetReadDeadline(time.Now().Add(p.after))
	}
	direction.Wait()
	client.Close()
	backend.Close()
	return up, down
}

// copy copies until from ends. A broken connection ends both directions.
func (p *pipe) copy(to, from net.Conn) (n int64) {
	read := p.reader(from)
	for {
		buf, m, err := read()
		if m > 0 {
			p.moved.Store(time.Now().UnixNano())
			w, werr := to.Write((*buf)[:m])
			n += int64(w)
			if werr != nil {
				err = werr
			}
		}
		if buf != nil {
			p.buffers.Put(buf)
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && m == 0 && p.rearm(from):
		case errors.Is(err, io.EOF) && closeWrite(to):
			return n
		default:
			to.Close()
			from.Close()
			return n
		}
	}
}

// rearm sets the deadline for what is left of the idle time, and reports
// whether there is any: the other direction may have been busy.
func (p *pipe) rearm(from net.Conn) bool {
	if p.over.Load() {
		return false
	}
	left := p.idle - time.Since(time.Unix(0, p.moved.Load()))
	if left <= 0 {
		return false
	}
	return from.SetReadDeadline(time.Now().Add(left)) == nil
}

// reader returns a function that reads into a pooled buffer. From a plain
// connection it takes the buffer only once there is something to read, so
// that a WebSocket in which nothing moves holds none. A TLS connection wants
// one to wait with: a small one, until that was not enough.
func (p *pipe) reader(from net.Conn) func() (*[]byte, int, error) {
	_ = from.SetReadDeadline(time.Now().Add(p.idle))
	if sc, ok := from.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			return func() (*[]byte, int, error) { return p.readRaw(raw) }
		}
	}
	small := make([]byte, 2<<10)
	filled := false
	return func() (*[]byte, int, error) {
		if filled {
			buf := p.buffers.Get().(*[]byte)
			n, err := from.Read(*buf)
			filled = n > len(small)
			return buf, n, err
		}
		n, err := from.Read(small)
		if n == 0 {
			return nil, 0, err
		}
		filled = n == len(small)
		buf := p.buffers.Get().(*[]byte)
		return buf, copy(*buf, small[:n]), err
	}
}

func (p *pipe) readRaw(raw syscall.RawConn) (buf *[]byte, n int, err error) {
	werr := raw.Read(func(fd uintptr) bool {
		b := p.buffers.Get().(*[]byte)
		n, err = socket.Read(fd, *b)
		if err == nil && n > 0 {
			buf = b
			return true
		}
		p.buffers.Put(b)
		return !errors.Is(err, syscall.EAGAIN)
	})
	switch {
	case werr != nil:
		return buf, n, werr
	case err != nil:
		return buf, n, err
	case n == 0:
		return nil, 0, io.EOF
	}
	return buf, n, nil
}

// closeWrite passes on the end of one direction.
func closeWrite(c net.Conn) bool {
	half, ok := c.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}

// gauge counts what is open, up to a limit.
type gauge struct{ open atomic.Int64 }

// enter counts one more, false where that would be too many.
func (g *gauge) enter(limit int) bool {
	if g.open.Add(1) > int64(limit) {
		g.open.Add(-1)
		return false
	}
	return true
}

func (g *gauge) leave() { g.open.Add(-1) }
