package lifecycle

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
)

// second holds that a state directory has one edge, and that whoever comes second
// leaves the first alone.
func (e *running) second(t *testing.T) {
	t.Helper()
	h := e.home
	second := h.up()
	if code := second.Ends(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	want := fmt.Sprintf("edgegen: state directory %s is in use by process %d\n", h.State, e.PID())
	if said := second.Err.Text(); said != want {
		t.Errorf("it says %q, want %q", said, want)
	}
	e.get("/hello.txt")
	if s := h.status(); s.State != "ready" || s.PID != e.PID() {
		t.Errorf("the first is disturbed: %+v", s)
	}
}

// TestStateDirectory holds that the path of a state directory does not matter,
// nor what an earlier run has left in it.
func TestStateDirectory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, dir string
		engines   edge.Combination
	}{
		{"new, several levels", "state/below", edge.BuiltIn},
		{"longer than a socket's address", "state/" + strings.Repeat("long/", 40) + "end", edge.Native},
		{"spaces and quotes", `state/it's "one" of $mine; {really}`, edge.Native},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, c.engines)
			h.site(plan{})
			h.State = h.Path(c.dir)
			e := h.run(h.engines)
			e.get("/hello.txt")
			if stop := h.Verb("stop"); stop.Code != 0 || stop.Out+stop.Err != "stopped\n" {
				t.Errorf("stop: %+v", stop)
			}
			if code := e.Ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			var allowed []string
			for dir := c.dir; dir != "."; dir = filepath.Dir(dir) {
				allowed = append(allowed, dir)
			}
			h.clean(append(allowed, authorityFiles(t, h)...)...)
		})
	}
}

// authorityFiles are what the local authority keeps in the state directory.
func authorityFiles(t *testing.T, h *home) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(h.State, "ca"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Rel(h.Dir, filepath.Join(h.State, "ca"))
	if err != nil {
		t.Fatal(err)
	}
	files := []string{own}
	for _, entry := range entries {
		files = append(files, filepath.Join(own, entry.Name()))
	}
	return files
}

// TestSocket holds that a control socket that nobody serves is no obstacle, neither
// to those who ask nor to those who start, and that one that is served is one to
// who starts another edge.
func TestSocket(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	if err := os.Mkdir(h.State, 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: h.Path("state/control.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	status := h.Verb("status")
	if want := "edgegen: no edge is running here: " + h.State + "; start one with `edgegen up`, or name its state directory with --state-dir\n"; status.Code == 0 || status.Out+status.Err != want {
		t.Errorf("status: %+v, want %q", status, want)
	}
	e := h.run()
	e.get("/hello.txt")
	e.second(t)
	e.Stop()
	h.clean()
}

// TestTemporaryDirectory holds that a directory for temporary files that the
// daemons cannot be told of is no obstacle where the state directory is none
// either, and that what stands elsewhere is removed too.
func TestTemporaryDirectory(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	h.State = h.Path("state/a, b")
	if err := os.Mkdir(h.Path("tmp/a, b"), 0o755); err != nil {
		t.Fatal(err)
	}
	e := h.run(func(c *exec.Cmd) { c.Env = append(c.Env, "TMPDIR="+h.Path("tmp/a, b")) })
	e.get("/hello.txt")
	run := filepath.Dir(strings.TrimPrefix(tier(t, h.status(), "cache").Listen[0], "unix:"))
	if _, err := os.Stat(run); err != nil {
		t.Error(err)
	}
	e.Signal(syscall.SIGKILL)
	h.Settled(3 * goneWithin)
	if _, err := os.Stat(run); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left over: %v", run, err)
	}
	h.clean(append(authorityFiles(t, h), "state/a, b", "state/a, b/lock", "tmp/a, b")...)
}
