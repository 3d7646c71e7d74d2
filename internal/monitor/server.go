package monitor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"edgegen/internal/generation"
)

// mostConnections is how many connections to the metrics listener are open at most.
const mostConnections = 256

// Server serves a Monitor on the listeners of a configuration.
type Server struct {
	http    *http.Server
	end     context.CancelFunc // of its requests
	serving sync.WaitGroup

	mu   sync.Mutex
	open map[*generation.Listener]net.Listener
}

// NewServer makes one that listens nowhere yet.
func NewServer(source Source) *Server {
	ctx, end := context.WithCancel(context.Background())
	return &Server{end: end, open: make(map[*generation.Listener]net.Listener), http: &http.Server{
		Handler: New(source), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}}
}

// Addresses are where it is asked; none before it is there.
func (m *Server) Addresses() (all []string) {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for l := range m.open {
		all = append(all, l.Address.String())
	}
	slices.Sort(all)
	return all
}

// Change is another set of listeners for the monitor. A nil one changes
// nothing.
type Change struct {
	server *Server
	wanted []*generation.Listener
	fresh  map[*generation.Listener]net.Listener // that were not served before
}

// Prepare opens the wanted listeners that are not served yet. It can fail only for want
// of descriptors.
func (m *Server) Prepare(wanted []*generation.Listener) (*Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &Change{server: m, wanted: wanted, fresh: make(map[*generation.Listener]net.Listener)}
	for _, l := range wanted {
		if m.open[l] != nil {
			continue
		}
		own, err := net.FileListener(l.File())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen for metrics: %w", err), c.Abandon())
		}
		c.fresh[l] = own
	}
	return c, nil
}

// Abandon closes what was opened.
func (c *Change) Abandon() error {
	if c == nil {
		return nil
	}
	var failed []error
	for _, l := range c.fresh {
		failed = append(failed, l.Close())
	}
	return errors.Join(failed...)
}

// Commit serves what is wanted and lets go of the rest.
func (c *Change) Commit() {
	if c == nil {
		return
	}
	m := c.server
	m.mu.Lock()
	defer m.mu.Unlock()
	for at, listener := range c.fresh {
		m.open[at] = listener
		m.serving.Go(func() { _ = m.http.Serve(netutil.LimitListener(listener, mostConnections)) }) // which ends with the listener or the server
	}
	for at, listener := range m.open {
		if !slices.Contains(c.wanted, at) {
			_ = listener.Close() // nothing is written to a listener
			delete(m.open, at)
		}
	}
}

// Close ends what is being answered.
func (m *Server) Close() {
	m.end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.http.Shutdown(ctx) != nil {
		_ = m.http.Close() // somebody does not read their answer
	}
	m.serving.Wait()
}
