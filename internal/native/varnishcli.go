package native

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"edgegen/internal/wait"
)

// VarnishCLI is edgegen's end of varnishd's command line: varnishd -M dials it, and dials
// again, about once a second, whenever the connection is closed. So it lives longer than
// any varnishd, and serves one at a time. Its methods may be called from any goroutine.
type VarnishCLI struct {
	listener net.Listener
	secret   []byte
	life     context.Context // ends with Close; bounds every connection
	end      context.CancelFunc
	workers  sync.WaitGroup
	turn     chan struct{} // holds one token, the right to send a command

	mutex    sync.Mutex
	expected int           // process ID of our varnishd; 0 while there is none
	current  *cliSession   // the newest varnishd that knew the secret; nil for none
	refused  error         // why the last dialer was turned away
	changed  chan struct{} // closed when expected or current has changed
}

// ListenVarnishCLI opens a port on the loopback interface for varnishd -M. The
// secret is the whole content of the file that varnishd -S names, with its
// newline if it has one. The caller calls Expect after each start of varnishd
// and Close at the end.
func ListenVarnishCLI(secret []byte) (*VarnishCLI, error) {
	if len(secret) == 0 {
		return nil, errors.New("listen for varnishd: empty secret")
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for varnishd: %w", err)
	}
	c := &VarnishCLI{
		listener: listener,
		secret:   append([]byte(nil), secret...),
		turn:     make(chan struct{}, 1),
		changed:  make(chan struct{}),
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.workers.Go(c.accept)
	return c, nil
}

// Address returns the host:port for varnishd -M.
func (c *VarnishCLI) Address() string { return c.listener.Addr().String() }

// Expect names the process ID of the varnishd whose connection is to be taken.
// Until it is called nobody is let in; connections of any other process are
// closed, an earlier process's too. 0 says that none runs.
func (c *VarnishCLI) Expect(pid int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.expected == pid {
		return
	}
	c.expected = pid
	if c.current != nil {
		c.current.connection.Close()
		c.current = nil
	}
	c.announce()
}

// during returns a context that ends, with errVarnishEnded as its cause, when another
// process than this one is expected. The caller calls done.
func (c *VarnishCLI) during(ctx context.Context, pid int) (during context.Context, done func()) {
	during, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for during.Err() == nil {
			c.mutex.Lock()
			expected, changed := c.expected, c.changed
			c.mutex.Unlock()
			if expected != pid {
				cancel(errVarnishEnded)
				return
			}
			select {
			case <-changed:
			case <-during.Done():
			}
		}
	}()
	return during, func() {
		cancel(nil)
		<-watched
	}
}

// Connected waits until varnishd is connected. The error is ctx's, or
// net.ErrClosed after Close.
func (c *VarnishCLI) Connected(ctx context.Context) error {
	if _, err := c.session(ctx); err != nil {
		return fmt.Errorf("wait for varnishd's command line: %w", err)
	}
	return nil
}

// Close closes the port and the connection and waits for the goroutines behind
// them. Commands under way fail.
func (c *VarnishCLI) Close() error {
	c.end()
	err := c.listener.Close()
	c.workers.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// accept takes in connections until Close.
func (c *VarnishCLI) accept() {
	const (
		manyAtOnce = 16
		pause      = 50 * time.Millisecond
	)
	slots := make(chan struct{}, manyAtOnce)
	for {
		connection, err := c.listener.Accept()
		if err != nil {
			if c.life.Err() != nil {
				return
			}
			// Out of descriptors, as a rule: that passes.
			if !wait.For(c.life, pause) {
				return
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-c.life.Done():
			connection.Close()
			return
		}
		c.workers.Go(func() {
			c.serve(connection, func() { <-slots })
		})
	}
}

// serve lets a dialer in that is our varnishd, and carries its replies until
// the connection ends. It calls settled when it is known who the dialer is.
func (c *VarnishCLI) serve(connection net.Conn, settled func()) {
	defer connection.Close()
	defer context.AfterFunc(c.life, func() { connection.Close() })()
	pid, err := c.greet(connection)
	settled()
	if err != nil {
		c.refuse(err) // varnishd dials again; nobody else is owed an answer
		return
	}
	session := &cliSession{
		connection: connection,
		asked:      make(chan struct{}, 1),
		replies:    make(chan Reply, 1),
		gone:       make(chan struct{}),
	}
	defer close(session.gone)
	if !c.adopt(session, pid) {
		return
	}
	defer c.forget(session)
	for {
		reply, err := readReply(connection)
		if err != nil {
			return
		}
		select {
		case <-session.asked:
			session.replies <- reply
		default:
			return
		}
	}
}
