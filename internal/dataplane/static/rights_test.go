package static

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"edgegen/internal/site"
)

// nobody is a user who owns nothing.
const nobody = 65534

func asNobody(t *testing.T, groups ...uint32) *Rights {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("it takes root to act as another user")
	}
	rights, err := NewRights(nobody, nobody, groups)
	if err != nil {
		t.Fatal(err)
	}
	return rights
}

// TestRights holds that files are read as the user, and that nothing of that
// stays behind on any thread.
func TestRights(t *testing.T) {
	rights := asNobody(t, 4242)
	root := t.TempDir()
	for dir := root; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	at := func(name string) string { return filepath.Join(root, name) }
	large := strings.Repeat("x", smallFile+1)
	for name, c := range map[string]struct {
		text     string
		mode     os.FileMode
		uid, gid int
		want     string
	}{
		"everybody's": {"x", 0o644, 0, 0, "served"}, "root's": {"x", 0o600, 0, 0, "none"}, "large": {large, 0o644, 0, 0, "served"},
		"root's, large": {large, 0o600, 0, 0, "none"}, "the user's": {"x", 0o400, nobody, 0, "served"}, "not even the user's": {"x", 0o044, nobody, nobody, "none"},
		"the group's": {"x", 0o640, 0, nobody, "served"}, "a further group's": {"x", 0o640, 0, 4242, "served"}, "root's group's": {"x", 0o640, 1, 0, "none"},
		"closed/file": {"x", 0o644, 0, 0, "none"}, "dark/file": {"x", 0o644, 0, 0, "served"},
	} {
		must(t, os.MkdirAll(filepath.Dir(at(name)), 0o755), os.WriteFile(at(name), []byte(c.text), 0o600), os.Chown(at(name), c.uid, c.gid), os.Chmod(at(name), c.mode))
		defer func() {
			f := New(1<<20, rights)
			for range 3 {
				if got := f.answer(t, root, "/"+name, nil); got != c.want {
					t.Errorf("%s: %s, want %s", name, got, c.want)
				}
			}
		}()
	}
	must(t, os.Chmod(at("closed"), 0o700), os.Chmod(at("dark"), 0o711))
	for range 100 {
		done := make(chan error)
		go func() {
			runtime.LockOSThread() // and ends the thread
			_, err := os.ReadFile(at("root's"))
			done <- err
		}()
		must(t, <-done, rights.Do(func() {}))
	}
}

// TestRightsTakenAway holds that a right that is lost counts: at once where it
// is the file's own, and after a while where it is a directory's.
func TestRightsTakenAway(t *testing.T) {
	rights := asNobody(t)
	root := t.TempDir()
	for dir := root; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	path := filepath.Join(root, "dir/file")
	must(t, os.Mkdir(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("x"), 0o644))
	f := New(1<<20, rights)
	serve := func(want string) {
		t.Helper()
		if got := f.answer(t, root, "/dir/file", nil); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	serve("served")
	must(t, os.Chmod(path, 0o600))
	serve("none")
	must(t, os.Chmod(path, 0o644))
	serve("served")
	st, err := stat(path)
	must(t, err, os.Chmod(filepath.Dir(path), 0o700))
	f.keep(path, &known{stamp: st, data: []byte("x"), until: 1}) // it was looked at a while ago
	serve("none")
}

// TestRightsKeepParentDeath holds that the process still gets the signal that
// it asked for when its parent dies: a change of rights on its first thread
// would take that away.
func TestRightsKeepParentDeath(t *testing.T) {
	rights := asNobody(t)
	if os.Getenv("EDGEGEN_TEST_FIRST_THREAD") == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestRightsKeepParentDeath$", "-test.v")
		command.Env = append(os.Environ(), "EDGEGEN_TEST_FIRST_THREAD=1")
		command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return
	}
	for range 200 {
		done := make(chan error)
		for range 8 {
			go func() { done <- rights.Do(func() { runtime.Gosched() }) }()
		}
		for range 8 {
			must(t, <-done)
		}
	}
	if got := firstThreadSignal(t); got != int(unix.SIGTERM) {
		t.Errorf("the first thread's signal is %d", got)
	}
}

// firstThreadSignal asks on the process's first thread, for which it takes hold
// of the others.
func firstThreadSignal(t *testing.T) int {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Gettid() != os.Getpid() {
		found := make(chan int)
		go func() { found <- firstThreadSignal(t) }()
		return <-found
	}
	var signal int32
	must(t, unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&signal)), 0, 0, 0))
	return int(signal)
}

// TestNoRights holds that whoever may not act as another user is told.
func TestNoRights(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may")
	}
	if _, err := NewRights(nobody, nobody, nil); err == nil {
		t.Error("no error")
	}
	if got := New(0, nil).answer(t, t.TempDir(), "/none", NewPrivate(site.Private{})); got != "none" {
		t.Error(got)
	}
}
