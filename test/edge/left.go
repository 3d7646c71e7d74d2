package edge

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Belonging returns the living processes that work in the home, or name it
// among their arguments or variables: every process that an edge of the home
// has started, whoever its parent is now.
func (h *Home) Belonging() []Process { return belonging(h.Dir) }

func belonging(dir string) []Process {
	var found []Process
	for _, p := range all() {
		if p.PID == os.Getpid() || p.State == "Z" {
			continue
		}
		// What cannot be read has ended meanwhile.
		path := fmt.Sprintf("/proc/%d", p.PID)
		where, _ := os.Readlink(path + "/cwd")
		arguments, _ := os.ReadFile(path + "/cmdline")
		environment, _ := os.ReadFile(path + "/environ")
		if strings.Contains(where+"\x00"+string(arguments)+"\x00"+string(environment), dir) {
			found = append(found, p)
		}
	}
	return found
}

// Settled waits until no process of the home is left, and returns how long that
// took. It is an error where one lives longer than the limit.
func (h *Home) Settled(limit time.Duration) time.Duration {
	h.t.Helper()
	begun := time.Now()
	awaitNone(h.t, h.Dir, limit)
	return time.Since(begun)
}

// awaitNone waits until no process belongs to the directory, and ends those
// that do after that time.
func awaitNone(t testing.TB, dir string, limit time.Duration) {
	t.Helper()
	deadline := time.Now().Add(limit)
	left := belonging(dir)
	for len(left) > 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
		left = belonging(dir)
	}
	for _, p := range left {
		t.Errorf("%v is left over", p)
		_ = p.Signal(syscall.SIGKILL) // it may have ended at last
	}
}

// NoSockets holds that no socket is left below the home but the test's own.
func (h *Home) NoSockets(own ...string) {
	h.t.Helper()
	err := filepath.WalkDir(h.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type()&fs.ModeSocket != 0 && !slices.Contains(own, path) {
			h.t.Errorf("the socket %s is left over", path)
		}
		return err
	})
	if err != nil {
		h.t.Error(err)
	}
}
