package control

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestX2PrivateSocket holds X2 where the umask lets everybody in: the name of a
// socket appears with its rights, and they are not changed afterwards.
func TestX2PrivateSocket(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // no test of this package is parallel
	dir := t.TempDir()
	path := filepath.Join(dir, "a.sock")
	watch, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(watch)
	if _, err := unix.InotifyAddWatch(watch, dir, unix.IN_CREATE|unix.IN_ATTRIB); err != nil {
		t.Fatal(err)
	}
	listener, err := listenShort(dir, path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("the mode is %v", info.Mode())
	}
	// One event: a head of 16 bytes, and the name in 16 more.
	events := make([]byte, 4096)
	if n, err := unix.Read(watch, events); err != nil || n != unix.SizeofInotifyEvent+16 {
		t.Errorf("%d bytes of events, %v: the rights were changed after the name was there", n, err)
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the name is gone: %v", err)
	}
	// In its place, and as private.
	file, err := openUnix(path, os.Geteuid(), os.Getegid())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err = os.Lstat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
