package members

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// balancer leads connections to edges that say that they are ready, in turn. It knows
// nothing of what is said on them.
type balancer struct {
	address  string
	listener net.Listener
	stop     context.CancelFunc
	tasks    sync.WaitGroup

	mu      sync.Mutex
	targets []*target
	turn    int
	open    map[net.Conn]bool
}

// target is an edge behind it.
type target struct {
	address, ready string
	well           bool
	connections    int // that lead to it now
	served         int // that ever led to it
	passed         int // that were led elsewhere, as it took none
}

// lookPause is how often it asks whether an edge is ready.
const lookPause = 50 * time.Millisecond

// balance runs one until the test ends.
func balance(t *testing.T, targets ...*target) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", center+":443")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	b := &balancer{address: listener.Addr().String(), listener: listener, stop: stop, targets: targets, open: map[net.Conn]bool{}}
	for _, one := range targets {
		b.tasks.Go(func() { b.look(ctx, one) })
	}
	b.tasks.Go(b.accept)
	t.Cleanup(b.end)
	return b
}

func (b *balancer) end() {
	b.stop()
	_ = b.listener.Close() // nobody comes any more
	b.mu.Lock()
	for conn := range b.open {
		_ = conn.Close() // whoever has it is gone
	}
	b.mu.Unlock()
	b.tasks.Wait()
}

// look asks a target whether it is ready.
func (b *balancer) look(ctx context.Context, one *target) {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	again := time.NewTicker(lookPause)
	defer again.Stop()
	for ctx.Err() == nil {
		response, err := client.Get("http://" + one.ready + "/readyz")
		if err == nil {
			_ = response.Body.Close() // the status says it
		}
		b.mu.Lock()
		one.well = err == nil && response.StatusCode == http.StatusOK
		b.mu.Unlock()
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}

func (b *balancer) accept() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.tasks.Go(func() { b.carry(client) })
	}
}

// carry leads one connection to a target that takes it.
func (b *balancer) carry(client net.Conn) {
	defer b.forget(client)
	for range 2 * len(b.targets) {
		one := b.next()
		if one == nil {
			return // the client sees that it is closed
		}
		server, err := net.DialTimeout("tcp", one.address, 5*time.Second)
		if err != nil {
			b.mu.Lock()
			one.well, one.passed = false, one.passed+1
			b.mu.Unlock()
			continue
		}
		b.note(one, 1, client, server)
		var both sync.WaitGroup
		both.Go(func() { pour(server, client) })
		both.Go(func() { pour(client, server) })
		both.Wait()
		b.note(one, -1)
		b.forget(server)
		return
	}
}

// pour copies until the end of one side, and tells the other of it: of a reset by a reset.
func pour(to, from net.Conn) {
	_, err := io.Copy(to, from)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		_ = to.(*net.TCPConn).SetLinger(0) // it may be closed already
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.(*net.TCPConn).CloseWrite() // likewise
}

// next is the target whose turn it is; nil where none is well.
func (b *balancer) next() *target {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.targets {
		b.turn++
		if one := b.targets[b.turn%len(b.targets)]; one.well {
			return one
		}
	}
	return nil
}

func (b *balancer) note(one *target, change int, opened ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one.connections += change
	one.served += max(change, 0)
	for _, conn := range opened {
		b.open[conn] = true
	}
}

func (b *balancer) forget(conn net.Conn) {
	_ = conn.Close() // what was to be said has been
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, conn)
}

// well is how many targets are ready.
func (b *balancer) well() (count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.targets {
		if one.well {
			count++
		}
	}
	return count
}

// of is how many connections lead to a target, and how many ever have.
func (b *balancer) of(one *target) (now, ever int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return one.connections, one.served
}
