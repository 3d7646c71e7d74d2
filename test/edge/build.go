// Package edge runs edgegen's own program for the tests of other packages: it
// builds it, starts it in a directory of its own with the engines that a test
// asks for, asks it for its status, and holds that nothing is left of it.
package edge

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Patience is how long a test waits for what takes a second on an idle machine.
const Patience = 60 * time.Second

// programVariable names edgegen's program to the tests of this process.
const programVariable = "EDGEGEN_UNDER_TEST"

// Main builds edgegen, runs the tests of a package, and returns the exit code.
// Where the environment names a program in EDGEGEN_UNDER_TEST already, that one
// is tested.
func Main(m *testing.M) int {
	code, err := runBuilt(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func runBuilt(m *testing.M) (code int, err error) {
	if os.Getenv(programVariable) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "edgegen-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // for those who run as another user
		return 1, err
	}
	program := filepath.Join(dir, "edgegen")
	arguments := []string{"build", "-o", program}
	if raceEnabled {
		arguments = append(arguments, "-race")
	}
	if output, err := exec.Command("go", append(arguments, "edgegen/cmd/edgegen")...).CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build edgegen: %w\n%s", err, output)
	}
	if err := os.Setenv(programVariable, program); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
