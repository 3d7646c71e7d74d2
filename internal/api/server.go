package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/unixsocket"
)

// Server has the control socket of an edge.
type Server struct {
	http      *http.Server
	dir, path string

	serving  sync.WaitGroup // what serves a listener
	listener net.Listener
	made     os.FileInfo // of its file
}

// NewServer opens the control socket of a state directory, for questions that a handler
// answers. The caller holds the directory's lock, so a socket that stands there is nobody's.
// What is told to removeAtEnd is removed should the process be killed.
func NewServer(stateDir string, removeAtEnd func(path string) error, handler http.Handler) (*Server, error) {
	s := &Server{http: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}, dir: stateDir, path: Socket(stateDir)}
	// Once the way is clear the socket is this run's, to be removed should it be killed
	// before it has said that there is one.
	if err := clearSocket(s.path); err != nil {
		return nil, err
	}
	if err := removeAtEnd(s.path); err != nil {
		return nil, err
	}
	return s, s.Listen()
}

// Listen opens the socket. It may be called again where that has gone: who has
// connected before is answered all the same.
func (s *Server) Listen() error {
	if err := clearSocket(s.path); err != nil {
		return err
	}
	listener, err := unixsocket.Listen(s.dir, s.path)
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	if s.made, err = os.Lstat(s.path); err != nil {
		return errors.Join(fmt.Errorf("open the control socket: %w", err), listener.Close())
	}
	before := s.listener
	s.listener = listener
	s.serving.Go(func() { _ = s.http.Serve(listener) }) // which ends with the listener or the server
	if before != nil {
		_ = before.Close() // nobody finds it any more
	}
	return nil
}

// Stands reports whether the socket is where verbs look for it.
func (s *Server) Stands() bool {
	there, err := os.Lstat(s.path)
	return err == nil && os.SameFile(there, s.made)
}

// Close waits a moment for who is being answered, and closes the socket.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close() // somebody does not read their answer
	}
	s.serving.Wait()
	_ = os.Remove(s.path)
}

// clearSocket removes what an earlier run of the same user left. What belongs to
// somebody else was not put there by an edge.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the control socket: %w", err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d: remove it, or name another state directory with --state-dir", path, stat.Uid)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the control socket of an earlier run: %w", err)
	}
	return nil
}
