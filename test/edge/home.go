package edge

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Home is where one edge of a test lives: its site, its state, its temporary
// files. The daemons may enter it whoever they run as. It is gone when the test
// has ended.
type Home struct {
	Dir   string // absolute, short enough for the sockets below it
	State string // the state directory
	File  string // the site
	Combination
	t testing.TB
	// environment is what edgegen is told beside the tests' own.
	environment []string
}

// NewHome makes a home whose edges have the combination's engines. The test is
// skipped where a daemon is missing.
func NewHome(t testing.TB, c Combination) *Home {
	t.Helper()
	c.Need(t)
	// What go test keeps of a result is not to hold for another edgegen, so it has to see
	// that a test depends on this one.
	if given := os.Getenv(programVariable); given != "" {
		if _, err := os.Stat(given); err != nil {
			t.Fatal(err)
		}
	}
	// Not the test's own directory: its name may be too long for a socket.
	dir, err := os.MkdirTemp("", "edge-")
	if err != nil {
		t.Fatal(err)
	}
	h := &Home{Dir: dir, State: filepath.Join(dir, "state"), File: filepath.Join(dir, "site.hcl"), Combination: c, t: t}
	t.Cleanup(func() {
		awaitNone(t, dir, 10*time.Second)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for _, path := range []string{dir, h.Path("tmp"), h.Path("public")} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.environment = []string{"TMPDIR=" + h.Path("tmp"),
		// The race detector would have every program sleep for a second at its end.
		"GORACE=atexit_sleep_ms=0"}
	h.environment = append(h.environment, quickly()...)
	return h
}

// Path returns a path below the home.
func (h *Home) Path(name string) string { return filepath.Join(h.Dir, name) }

// Write writes a file below the home as an editor does that is careful: beside
// its place, and then renamed. Directories are made.
func (h *Home) Write(name, text string) {
	h.t.Helper()
	path := h.Path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	beside := path + ".new"
	if err := os.WriteFile(beside, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(beside, path); err != nil {
		h.t.Fatal(err)
	}
}

// Overwrite writes a file below the home where it stands.
func (h *Home) Overwrite(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(h.Path(name), []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// Replace changes the site, which has to hold the old text.
func (h *Home) Replace(old, new string) {
	h.t.Helper()
	text, err := os.ReadFile(h.Path("site.hcl"))
	if err != nil {
		h.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		h.t.Fatalf("%q is not in the site", old)
	}
	h.Write("site.hcl", strings.ReplaceAll(string(text), old, new))
}

// Link makes a symbolic link below the home, or moves it to another target in
// one step.
func (h *Home) Link(name, target string) {
	h.t.Helper()
	beside := h.Path(name) + ".new"
	if err := os.Symlink(target, beside); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(beside, h.Path(name)); err != nil {
		h.t.Fatal(err)
	}
}

// AwaitFile waits until a file is there.
func (h *Home) AwaitFile(name string) {
	h.t.Helper()
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Lstat(h.Path(name)); err == nil {
			return
		}
	}
	h.t.Fatalf("%s never appears", name)
}

// Command is edgegen with arguments; it is killed when the test ends.
func (h *Home) Command(arguments ...string) *exec.Cmd {
	c := exec.CommandContext(h.t.Context(), Program("edgegen"), arguments...)
	c.Dir, c.Env = h.Dir, append(os.Environ(), h.environment...)
	c.WaitDelay = 10 * time.Second // whoever is left over must not hold up the test
	return c
}

// Result is what a verb printed and its exit code.
type Result struct {
	Code     int
	Out, Err string
}

// Verb runs a verb on the home's state directory and waits for its end.
func (h *Home) Verb(name string, arguments ...string) Result {
	h.t.Helper()
	c := h.Command(append([]string{name, "--state-dir", h.State}, arguments...)...)
	var out, err strings.Builder
	c.Stdout, c.Stderr = &out, &err
	if problem := c.Run(); problem != nil && c.ProcessState == nil {
		h.t.Fatalf("edgegen %s: %v", name, problem)
	}
	return Result{Code: c.ProcessState.ExitCode(), Out: out.String(), Err: err.String()}
}
