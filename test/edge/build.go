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

// programVariable names the edgegen that is tested, where it is not to be built.
// programsVariable names the directory of what is built.
const (
	programVariable  = "EDGEGEN_UNDER_TEST"
	programsVariable = "EDGEGEN_TEST_PROGRAMS"
)

// Main builds edgegen, and the programs of the packages that are named beside
// it, runs the tests of a package, and returns the exit code. Where the
// environment names a program in EDGEGEN_UNDER_TEST, that edgegen is tested.
func Main(m *testing.M, packages ...string) int {
	if os.Getenv(programVariable) == "" {
		packages = append(packages, "edgegen/cmd/edgegen")
	}
	code, err := runBuilt(m, packages)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Program is where Main has put the program of a package, by the last part of
// the package's path.
func Program(name string) string { return filepath.Join(os.Getenv(programsVariable), name) }

func runBuilt(m *testing.M, packages []string) (code int, err error) {
	if len(packages) == 0 {
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
	arguments := []string{"build", "-o", dir + "/"}
	if raceEnabled {
		arguments = append(arguments, "-race")
	}
	if output, err := exec.Command("go", append(arguments, packages...)...).CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build %v: %w\n%s", packages, err, output)
	}
	if err := os.Setenv(programsVariable, dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
