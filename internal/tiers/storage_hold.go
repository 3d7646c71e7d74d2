package tiers

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// storageHold is varnishd's file, locked for as long as a varnishd may have it
// open: varnishd locks nothing itself. The builtin tier locks its file too, so
// that neither opens what the other writes to. The zero value holds none.
type storageHold struct {
	mu    sync.Mutex
	file  *os.File
	owner any
}

// hold locks the file at the path for the owner, in place of the one that was
// held; "" is none.
func (h *storageHold) hold(owner any, path string, uid, gid int) error {
	if h.is(path) {
		return nil
	}
	var file *os.File
	if path != "" {
		var err error
		if file, err = openStorage(path, uid, gid); err != nil {
			return fmt.Errorf("open the cache's file: %w", err)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.let()
	h.file, h.owner = file, owner
	return nil
}

// is reports whether the file at the path is the one that is held.
func (h *storageHold) is(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return false
	}
	held, err := h.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(held, there)
}

// release lets go of what the owner holds.
func (h *storageHold) release(owner any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.owner == owner {
		h.let()
	}
}

func (h *storageHold) let() {
	if h.file != nil {
		_ = h.file.Close() // nothing was written
	}
	h.file, h.owner = nil, nil
}

// errInUse is about a file that somebody has open.
var errInUse = errors.New("in use by another process")

// openStorage opens a file, makes it if there is none, locks it, and gives it to the
// daemons' user and group. That user may be able to write in its directory, and must not
// be given what a link there leads to.
func openStorage(path string, uid, gid int) (*os.File, error) {
	// Opening a pipe must not wait for its other end.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link", path)
	}
	if err != nil {
		return nil, err
	}
	if err := giveStorage(file, uid, gid); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func giveStorage(file *os.File, uid, gid int) error {
	var info unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &info); err != nil {
		return fmt.Errorf("look at %s: %w", file.Name(), err)
	}
	if info.Mode&unix.S_IFMT != unix.S_IFREG {
		return fmt.Errorf("%s is not a regular file", file.Name())
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("%s is %w", file.Name(), errInUse)
	}
	mode := uint32(0o600)
	if uid != os.Geteuid() {
		uid, mode = os.Geteuid(), 0o660 // for apps may run as that user, but not in that group
	}
	switch {
	case int(info.Uid) == uid && int(info.Gid) == gid && info.Mode&0o777 == mode:
		return nil
	case info.Nlink != 1:
		return fmt.Errorf("%s has another name too", file.Name())
	}
	return errors.Join(file.Chown(uid, gid), file.Chmod(os.FileMode(mode)))
}
