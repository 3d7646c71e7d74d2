package pipe

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"edgegen/internal/dataplane/socket"
)

// flow is one direction of a pipe. While nothing moves it rests: it has no goroutine and
// no buffers then.
type flow struct {
	pipe     *Pipe
	from, to net.Conn
	plain    bool        // from is a socket itself, with no TLS upon it
	wait     socket.Wait // for that socket; its Raw is nil where there is none
	n        int64       // bytes so far
	small    *[]byte     // to wait with for what comes by TLS
	filled   bool        // small was not enough
}

// begin makes f the direction between two ends.
func (f *flow) begin(p *Pipe, to, from net.Conn) {
	f.pipe, f.to, f.from = p, to, from
	under := from
	if over, ok := from.(*tls.Conn); ok {
		under = over.NetConn()
	}
	c, ok := under.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := c.SyscallConn(); err == nil {
		f.plain = under == from
		f.wait = socket.Wait{Raw: raw, Ready: f.resume}
	}
}

// rest has the flow go on by itself when there is something to read, and reports whether
// it does. Nothing that was read may wait to be passed on.
func (f *flow) rest() bool {
	if f.wait.Raw == nil || f.pipe.poller == nil {
		return false
	}
	f.letGo()
	return f.pipe.poller.Watch(&f.wait) // others may have it from here on
}

// resume copies in a goroutine of its own.
func (f *flow) resume() {
	room := f.pipe.Room
	room.Tasks.Go(func() {
		defer room.Survive(f.from)
		f.copy(calm)
	})
}

// copy copies until from ends, or rests when nothing has come for a while: at first for
// patience, which is zero where only what was read already is to be passed on. A broken
// connection ends both directions.
func (f *flow) copy(patience time.Duration) {
	well := false
	defer func() {
		if !well {
			f.pipe.abort()
			f.pipe.ended(f)
		}
	}()
	for err := error(nil); err == nil; patience = calm {
		err = f.pass(patience)
		switch {
		case errors.Is(err, errCalm):
			if well = f.rest(); well {
				return
			}
			err = nil
		case errors.Is(err, io.EOF) && CloseWrite(f.to):
			well = true
			f.letGo()
			f.pipe.ended(f)
		}
	}
}

// errCalm is a pause in what moves.
var errCalm = errors.New("nothing has moved for a while")

// pass passes on what comes until there is a pause, or the end.
func (f *flow) pass(patience time.Duration) error {
	last := time.Now()
	if f.wait.Raw != nil {
		_ = f.from.SetReadDeadline(last.Add(patience)) // read tells
	}
	for {
		buf, pooled, err := f.read()
		if len(buf) > 0 {
			last = time.Now()
			f.pipe.moved.Store(last.UnixNano())
			n, failed := f.to.Write(buf)
			f.n += int64(n)
			if failed != nil {
				err = failed
			}
		} else if errors.Is(err, os.ErrDeadlineExceeded) && f.wait.Raw != nil {
			if time.Since(last) < patience {
				return nil
			}
			return errCalm
		}
		if pooled != nil {
			f.pipe.Room.Large.Put(pooled)
		}
		if err != nil {
			return err
		}
	}
}

// read reads. From a plain connection it takes a buffer only once there is something to
// read, so that whoever waits holds none. A TLS connection wants one to wait with: a small
// one, until that was not enough.
func (f *flow) read() (buf []byte, pooled *[]byte, err error) {
	if f.plain {
		return f.readPlain()
	}
	if f.small == nil {
		f.small = f.pipe.Room.Small.Get().(*[]byte)
	}
	if f.filled {
		pooled = f.pipe.Room.Large.Get().(*[]byte)
		n, err := f.from.Read(*pooled)
		f.filled = n > len(*f.small)
		return (*pooled)[:n], pooled, err
	}
	n, err := f.from.Read(*f.small)
	f.filled = n == len(*f.small)
	return (*f.small)[:n], nil, err
}

// letGo gives the buffer back.
func (f *flow) letGo() {
	if f.small != nil {
		f.pipe.Room.Small.Put(f.small)
	}
	f.small, f.filled = nil, false
}

func (f *flow) readPlain() (buf []byte, pooled *[]byte, err error) {
	n := 0
	failed := f.wait.Raw.Read(func(fd uintptr) bool {
		b := f.pipe.Room.Large.Get().(*[]byte)
		n, err = socket.Read(fd, *b)
		if err == nil && n > 0 {
			pooled = b
			return true
		}
		f.pipe.Room.Large.Put(b)
		return !errors.Is(err, syscall.EAGAIN)
	})
	switch {
	case failed != nil:
		return nil, nil, failed
	case err != nil:
		return nil, nil, err
	case n == 0:
		return nil, nil, io.EOF
	}
	return (*pooled)[:n], pooled, nil
}

// CloseWrite tells whoever reads from the other end that nothing more comes, and reports
// whether that could be told.
func CloseWrite(c net.Conn) bool {
	half, ok := c.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}
