// Package lifecycle holds the life of an edge against the real program and the
// real daemons: how it starts, what it leaves behind however it ends, how it
// gets over the death of its parts, and what it says to bad input.
package lifecycle

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/site"
)

// patience is how long a test waits for what takes a second on an idle machine.
const patience = 40 * time.Second

// programs are what TestMain built, and what is missing on this machine.
var programs struct {
	edgegen, app string
	missing      []error
}

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lifecycle-")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // for those who run as another user
		return complain(err)
	}
	programs.edgegen, programs.app = filepath.Join(dir, "edgegen"), filepath.Join(dir, "app")
	build := []string{"build", "-o", dir + "/"}
	if raceEnabled {
		build = append(build, "-race")
	}
	build = append(build, "edgegen/cmd/edgegen", "edgegen/test/lifecycle/app")
	if output, err := exec.Command("go", build...).CombinedOutput(); err != nil {
		return complain(fmt.Errorf("build: %w\n%s", err, output))
	}
	for _, engine := range []site.Engine{site.Stunnel, site.Varnish, site.Nginx} {
		if _, err := native.Find(context.Background(), engine, native.Directories(os.Getenv("PATH"))); err != nil {
			fmt.Printf("lifecycle: not covered, as a daemon is missing: %v\n", err)
			programs.missing = append(programs.missing, err)
		}
	}
	return m.Run()
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "lifecycle:", err)
	return 1
}

// needDaemons skips a test where a daemon is missing; in CI that is a failure.
func needDaemons(t *testing.T) {
	t.Helper()
	if len(programs.missing) == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("a daemon is missing, see above")
	}
	t.Skip("a daemon is missing")
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}
