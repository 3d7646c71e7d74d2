package socket

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

// Poller tells when sockets can be read, so that no goroutine has to wait for each. It
// may be used by any goroutine. Close ends it.
type Poller struct {
	epoll *os.File
	raw   syscall.RawConn // of epoll

	mu      sync.Mutex
	waiting map[uint64]*Wait // by number
	last    uint64           // number; none is given twice
	closed  bool

	ended chan struct{} // closed when run has ended
}

// Wait is one socket, which may be waited for again and again.
type Wait struct {
	// Raw is the socket. Whoever closes it calls Wake behind that.
	Raw syscall.RawConn
	// Ready is called once for each Watch. It must not take long, and may call Watch.
	Ready func()

	number uint64 // of the last Watch; the Poller's lock guards it
}

// NewPoller makes a Poller, with a goroutine that ends with Close.
func NewPoller() (*Poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // so that the scheduler waits for it
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	p := &Poller{epoll: os.NewFile(uintptr(fd), "epoll"), waiting: map[uint64]*Wait{}, ended: make(chan struct{})}
	if p.raw, err = p.epoll.SyscallConn(); err != nil {
		return nil, errors.Join(err, p.epoll.Close())
	}
	go p.run()
	return p, nil
}

// Watch has w.Ready called when there is something to read, be it the end. It reports
// false, and then does not call it, where the socket or the Poller is closed.
func (p *Poller) Watch(w *Wait) bool {
	number := p.enter(w)
	if number == 0 {
		return false
	}
	var failed error
	err := w.Raw.Control(func(fd uintptr) { failed = p.arm(int(fd), number) })
	if err == nil && failed == nil {
		return true
	}
	return p.take(number) == nil // somebody has woken it meanwhile
}

// enter notes a wait, and returns its number; zero once the Poller is closed.
func (p *Poller) enter(w *Wait) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0
	}
	p.last++
	w.number = p.last
	p.waiting[w.number] = w
	return w.number
}

// arm asks the kernel to tell once.
func (p *Poller) arm(fd int, number uint64) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | oneShot, Fd: int32(number), Pad: int32(number >> 32)}
	var err error
	controlled := p.raw.Control(func(epoll uintptr) {
		err = syscall.EpollCtl(int(epoll), syscall.EPOLL_CTL_MOD, fd, &event)
		if errors.Is(err, syscall.ENOENT) { // it was never asked about this socket
			err = syscall.EpollCtl(int(epoll), syscall.EPOLL_CTL_ADD, fd, &event)
		}
	})
	return errors.Join(controlled, err)
}

const oneShot = 1 << 30 // EPOLLONESHOT

// take ends a wait; nil where it has ended already.
func (p *Poller) take(number uint64) *Wait {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.waiting[number]
	delete(p.waiting, number)
	return w
}

// Wake calls w.Ready if w is waited for.
func (p *Poller) Wake(w *Wait) {
	p.mu.Lock()
	number := w.number
	p.mu.Unlock()
	if p.take(number) != nil {
		w.Ready()
	}
}

// run tells until the Poller is closed.
func (p *Poller) run() {
	defer close(p.ended)
	events := make([]syscall.EpollEvent, 128)
	for {
		var n int
		var failed error
		err := p.raw.Read(func(epoll uintptr) bool {
			n, failed = syscall.EpollWait(int(epoll), events, 0)
			return n != 0
		})
		if err != nil || failed != nil && !errors.Is(failed, syscall.EINTR) {
			return
		}
		for _, e := range events[:max(n, 0)] {
			if w := p.take(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32); w != nil {
				w.Ready()
			}
		}
	}
}

// Close wakes all that is waited for. No Ready is called once it has returned.
func (p *Poller) Close() {
	p.mu.Lock()
	all := p.waiting
	p.waiting, p.closed = map[uint64]*Wait{}, true
	p.mu.Unlock()
	_ = p.epoll.Close() // nobody waits for it to tell anything
	for _, w := range all {
		w.Ready()
	}
	<-p.ended
}
