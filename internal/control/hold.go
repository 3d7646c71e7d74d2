package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openUnix opens a Unix socket for the tiers' use, in place of one that stands
// there, and gives it to the owner. Who has the path open is not disturbed. The
// socket stands where nobody else can put another one in its place; what would
// be given away is at the worst a link itself, not what it leads to.
func openUnix(path string, uid, gid int) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("clear the way for socket %s: %w", path, err)
	}
	listener, err := listenPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("open socket %s: %w", path, err)
	}
	defer listener.Close()
	if err := os.Lchown(path, uid, gid); err != nil {
		return nil, fmt.Errorf("give away socket %s: %w", path, err)
	}
	return listener.File()
}

// listenPrivate listens on a new Unix socket that its owner alone may connect
// to, at any time and whatever the umask is: the socket's own mode, which is set
// before it has a name, is the one that its name gets. The name stays when the
// listener is closed.
func listenPrivate(path string) (*net.UnixListener, error) {
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

// isSocket reports whether a socket has the name.
func isSocket(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == os.ModeSocket
}

// publish lets a socket be reached under another name too, in place of what was
// reached there. Whoever connects meets the one or the other, never nothing.
func publish(path, name string) error {
	beside := name + ".new"
	if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	if err := os.Link(path, beside); err != nil {
		return fmt.Errorf("publish %s: %w", path, err)
	}
	// A daemon's user may have put a link there, which root must not follow when
	// it connects. What has been linked nobody else can exchange any more.
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

// refuse keeps new connections out while those that are open go on: a filter
// that lets nothing through drops the packets that would begin one, without a
// word to the process that serves the listener. Where the kernel will not have
// it, new connections go on being served until the process ends.
func refuse(listeners []*listener) {
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	program := unix.SockFprog{Len: 1, Filter: &nothing}
	for _, l := range listeners {
		if l.passed {
			continue // the filter would outlive the edge as well
		}
		raw, err := l.file.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
		})
	}
}
