package unixsocket

import (
	"net"
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
	listener, err := Listen(dir, path)
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
	file, err := Open(path, os.Geteuid(), os.Getegid())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err = os.Lstat(path); err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// X2: nobody but the daemons' user gets to a socket between the tiers.
func TestX2UnixSocketMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	file, err := Open(path, os.Geteuid(), os.Getegid())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("%v, %v", info, err)
	}
	connection, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
}

// Whoever connects meets the old socket or the new one, and at no moment none.
func TestP5PublishLeavesNoGap(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "cache.sock")
	var paths []string
	for _, base := range []string{"a.sock", "b.sock"} {
		path := filepath.Join(dir, base)
		file, err := Open(path, os.Geteuid(), os.Getegid())
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		listener, err := net.FileListener(file)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				_ = connection.Close()
			}
		}()
		paths = append(paths, path)
	}
	if err := Publish(paths[0], name); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			connection, err := net.Dial("unix", name)
			if err != nil {
				stopped <- err
				return
			}
			_ = connection.Close()
		}
	}()
	for i := range 400 {
		if err := Publish(paths[i/2%2], name); err != nil { // each twice: again is no error
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
