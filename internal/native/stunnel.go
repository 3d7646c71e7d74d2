package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"edgegen/internal/atomicfile"

	"edgegen/internal/render"
	"edgegen/internal/supervise"
)

// StunnelProcess describes stunnel as the TLS tier. It takes the listeners, in
// the order of its "accept" lines, by socket activation (sd_listen_fds(3)):
// LISTEN_PID has to be its own number, which only the process that becomes
// stunnel can write down, so a shell execs it.
func StunnelProcess(d Daemon, s Setup, listeners []*os.File, ready func(context.Context) error) supervise.Process {
	return supervise.Process{
		Name:       "stunnel",
		Path:       "/bin/sh",
		Args:       []string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, d.Path, s.Layout.Dir + "/stunnel.conf"},
		Dir:        s.Layout.Run,
		Env:        s.environment(fmt.Sprintf("LISTEN_FDS=%d", len(listeners)), heapOnly),
		ExtraFiles: listeners,
		Credential: s.Credential,
		// stunnel cannot end slowly: whoever stops it waits for requests first.
		StopTimeout: 5 * time.Second,
		Ready:       ready,
		Stdout:      s.says("stunnel"),
		Stderr:      s.says("stunnel"),
	}
}

// heapOnly makes the C library take all memory from its heap (mallopt(3)). stunnel would
// have it map whatever is larger than a page. Then each record costs two system calls, and
// zeroing in the kernel, which is half of what a request costs stunnel.
const heapOnly = "MALLOC_MMAP_MAX_=0"

// Stunnel is one stunnel as the TLS tier, running files that were rendered with
// Input.Standby. Several may run beside each other on the same listeners. Make
// one with NewStunnel and close it when its process has ended. Its methods may
// be called from any goroutine, Reload and Retire one at a time.
type Stunnel struct {
	daemon    Daemon
	listeners []*os.File // the private one first
	// directory is this stunnel's alone, and its working directory: stunnel.conf,
	// by which it is made to read one file or another, a link to the certificates
	// that go with it, and the private socket with its certificate. The user it
	// runs as can only read there.
	directory  string
	said       hearing
	short      shortage
	handshakes handshakes // of EndSlowHandshakes alone

	closed     chan struct{}
	background sync.WaitGroup

	mu        sync.Mutex
	setup     Setup
	retired   bool
	anchored  *anchors   // nil while there are none
	held      []net.Conn // those of the anchors that are open
	certified []string   // the generations whose certificates are there, at most two
}

// NewStunnel prepares a stunnel for the listeners, which are in the order of the edge's
// and stay the caller's. What it needs besides is made in a directory of its own in
// Layout.Run. Layout.Dir must hold the files of this generation at any time, since
// stunnel may be started at any time.
func NewStunnel(d Daemon, s Setup, listeners []*os.File) (*Stunnel, error) {
	directory, err := os.MkdirTemp(s.Layout.Run, "tls")
	if err != nil {
		return nil, fmt.Errorf("make a directory for stunnel: %w", err)
	}
	stunnel := &Stunnel{daemon: d, directory: directory, setup: s, closed: make(chan struct{})}
	probe, err := listenUnix(stunnel.socket())
	if err == nil {
		stunnel.listeners = append([]*os.File{probe}, listeners...)
		err = stunnel.furnish()
	}
	if err != nil {
		return nil, fmt.Errorf("prepare stunnel: %w", errors.Join(err, stunnel.Close()))
	}
	return stunnel, nil
}

// furnish writes what Retire needs into the directory beforehand, because Retire has to
// work even if the disk is full by then.
func (s *Stunnel) furnish() error {
	return errors.Join(s.setup.give(s.retiredConf(), []byte(retiredConf)), s.setup.show(s.directory))
}

// Missing lists what this stunnel needs in its directory to be asked, reloaded or
// started again, and that has gone.
func (s *Stunnel) Missing() (missing []string) {
	for _, path := range []string{s.socket(), s.retiredConf(), filepath.Join(s.directory, "probe.pem"), filepath.Join(s.directory, render.PEMDir)} {
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
			missing = append(missing, path)
		}
	}
	return missing
}

// Close removes what is this stunnel's alone.
func (s *Stunnel) Close() error {
	close(s.closed)
	s.background.Wait()
	err := os.RemoveAll(s.directory)
	if len(s.listeners) > 0 {
		err = errors.Join(err, s.listeners[0].Close())
	}
	return err
}

func (s *Stunnel) socket() string { return filepath.Join(s.directory, "ask") } // short: see render.MaxRun
func (s *Stunnel) conf() string   { return filepath.Join(s.directory, "stunnel.conf") }

func (s *Stunnel) retiredConf() string { return filepath.Join(s.directory, "retired.conf") }

// Adopt makes the next start and the next Reload use another generation, from its files in
// Layout.Dir. The listeners stay; other listeners take another Stunnel.
func (s *Stunnel) Adopt(setup Setup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setup = setup
}

// Moved says where the files of the generation that was adopted last are now. stunnel
// keeps what it has read of them.
func (s *Stunnel) Moved(setup Setup) error {
	s.Adopt(setup)
	return s.prepare(context.Background()) // which does not wait
}

func (s *Stunnel) current() Setup {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.setup
}

// Process describes stunnel. It is ready when it serves the generation that was
// adopted last.
func (s *Stunnel) Process() supervise.Process {
	p := StunnelProcess(s.daemon, s.current(), s.listeners, func(ctx context.Context) error {
		return untilServed(ctx, func() error { return s.Probe(ctx) })
	})
	p.Args[len(p.Args)-1] = s.conf()
	p.Dir = s.directory
	p.Prepare = s.prepare
	p.Stdout, p.Stderr = s.hear, s.hear
	return p
}

func (s *Stunnel) hear(line []byte) {
	s.said.line(line)
	s.short.line(line)
	s.mu.Lock()
	setup, retired := s.setup, s.retired
	s.mu.Unlock()
	if retired && bytes.Contains(line, []byte("[ui]: ")) {
		return // Retire makes it complain
	}
	setup.Message("stunnel", line)
}

// prepare makes a start read the files of the generation. A stunnel that has been retired
// is not to be started again.
func (s *Stunnel) prepare(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.retired {
		return errors.New("stunnel has been retired")
	}
	if err := s.certify(); err != nil {
		return fmt.Errorf("name stunnel's generation: %w", err)
	}
	if err := leadTo(filepath.Join(s.setup.Layout.Dir, render.PEMDir), filepath.Join(s.directory, render.PEMDir)); err != nil {
		return fmt.Errorf("lead stunnel to its certificates: %w", err)
	}
	return linkTo(s.setup.Layout.Dir+"/stunnel.conf", s.conf())
}

// certify puts the certificate in place that names the generation. That of the
// generation before is kept: the way back needs no disk space. The caller holds
// the lock.
func (s *Stunnel) certify() error {
	name := s.setup.Generation
	file := filepath.Join(s.directory, name+".pem")
	if !slices.Contains(s.certified, name) {
		text, err := probePEM(name)
		if err != nil {
			return err
		}
		if err := s.setup.give(file, text); err != nil {
			return err
		}
	}
	// The probe's certificate comes last.
	s.certified = append(slices.DeleteFunc(s.certified, func(other string) bool { return other == name }), name)
	if len(s.certified) > 2 {
		if err := os.Remove(filepath.Join(s.directory, s.certified[0]+".pem")); err != nil {
			return err
		}
		s.certified = s.certified[1:]
	}
	return linkTo(file, filepath.Join(s.directory, "probe.pem"))
}

// Probe asks stunnel once, on the socket that is its alone, whether it serves the
// generation that was adopted last. The error is ErrBusy if stunnel has so many clients
// that it cannot answer, since it counts connections to that socket like any other.
func (s *Stunnel) Probe(ctx context.Context) error {
	return s.short.judge(probeStunnel(ctx, s.socket(), s.current().Generation))
}

// linkTo gives a file another name, in place of what had it. It is a hard link,
// which takes no disk space, because stunnel resolves the symbolic links in the
// name of its file when it starts and would read that file for ever.
func linkTo(file, name string) error { return atomicfile.Link(os.Link, file, name) }

// leadTo makes the name a symbolic link to a directory, which takes no disk space either.
func leadTo(directory, name string) error { return atomicfile.Link(os.Symlink, directory, name) }

// listenUnix opens a Unix socket that the caller alone may connect to.
func listenUnix(path string) (*os.File, error) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	defer listener.Close() // the file is a second descriptor of the same socket
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	return listener.File()
}
