// Package unixsocket opens sockets of the file system for one user alone, and
// gives them other names without a moment in which nobody answers.
package unixsocket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Open opens a Unix socket for the tiers' use, in place of one that stands
// there, and gives it to the owner. Who has the path open is not disturbed. The
// socket stands where nobody else can put another one in its place; what would
// be given away is at the worst a link itself, not what it leads to.
func Open(path string, uid, gid int) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("clear the way for socket %s: %w", path, err)
	}
	listener, err := ListenPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("open socket %s: %w", path, err)
	}
	defer listener.Close()
	if err := os.Lchown(path, uid, gid); err != nil {
		return nil, fmt.Errorf("give away socket %s: %w", path, err)
	}
	return listener.File()
}

// ListenPrivate listens on a new Unix socket that its owner alone may connect
// to, at any time and whatever the umask is: the socket's own mode, which is set
// before it has a name, is the one that its name gets. The name stays when the
// listener is closed.
func ListenPrivate(path string) (*net.UnixListener, error) {
	private := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = unix.Fchmod(int(fd), 0o600) })
		return errors.Join(err, failed)
	}}
	listener, err := private.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	named, ok := listener.(*net.UnixListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s is no Unix socket", path), listener.Close())
	}
	named.SetUnlinkOnClose(false)
	return named, nil
}

// Is reports whether a socket has the name.
func Is(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == os.ModeSocket
}

// Publish gives a socket another name as well, in place of the socket that had it. A
// client that connects reaches the one or the other, and is never refused. What atomicfile
// does is not enough: here one looks at what has been linked.
func Publish(path, name string) error {
	beside := name + ".new"
	if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	if err := os.Link(path, beside); err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	// A daemon's user may have put a link there, which root must not follow when it
	// connects. After it has been linked, nobody else can exchange it.
	if info, err := os.Lstat(beside); err != nil || info.Mode().Type() != os.ModeSocket {
		return errors.Join(fmt.Errorf("publish %s: it is not a socket", path), err, os.Remove(beside))
	}
	if err := os.Rename(beside, name); err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	// Where both are one file already, rename leaves both names.
	if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	return nil
}

func Shorten(dir, path string) (short string, done func(), err error) {
	if len(path) <= MaxPath {
		return path, func() {}, nil
	}
	directory, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	short = fmt.Sprintf("/proc/self/fd/%d%s", directory.Fd(), path[len(dir):])
	return short, func() { _ = directory.Close() }, nil // it was only read
}

// MaxPath is the longest path of a Unix socket (unix(7)).
const MaxPath = 107

// Listen listens on a private socket whose path may be longer than an
// address holds: it is reached by way of a descriptor of its directory.
func Listen(dir, path string) (net.Listener, error) {
	short, done, err := Shorten(dir, path)
	if err != nil {
		return nil, err
	}
	defer done()
	return ListenPrivate(short) // the short name is gone when it is closed
}
