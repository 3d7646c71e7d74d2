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
	"runtime/debug"
	"testing"
	"time"
)

// Patience is how long a test waits for what takes a second on an idle machine.
const Patience = 60 * time.Second

// programVariable names the edgegen that is tested, where it is not to be built.
// programsVariable names the directory where all programs stand.
const (
	programVariable  = "EDGEGEN_UNDER_TEST"
	programsVariable = "EDGEGEN_TEST_PROGRAMS"
)

// garbage is how much of it tests may have for each byte that is in use, in percent:
// they are small, and many.
const garbage = 400

// Main builds edgegen, and the programs of the packages that are named beside
// it, runs the tests of a package, and returns the exit code. Where the
// environment names a program in EDGEGEN_UNDER_TEST, that edgegen is tested, so
// that one is linked for many packages.
func Main(m *testing.M, packages ...string) int { return run(m, packages, false) }

// MainQuickly is Main where the varnishd of every home compiles its VCL by a quick
// compiler, if that is installed, but for those that ask for CompileAsUsers. See package
// quick for the tests that may ask for it.
func MainQuickly(m *testing.M, packages ...string) int { return run(m, packages, true) }

func run(m *testing.M, packages []string, hasty bool) int {
	code, err := runBuilt(m, os.Getenv(programVariable), packages, hasty)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Program is where Main has put the program of a package, by the last part of
// the package's path.
func Program(name string) string { return filepath.Join(os.Getenv(programsVariable), name) }

func runBuilt(m *testing.M, given string, packages []string, hasty bool) (code int, err error) {
	dir, err := os.MkdirTemp("", "edgegen-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // for those who run as another user
		return 1, err
	}
	if given == "" {
		packages = append(packages, "edgegen/cmd/edgegen")
	} else if err := copyProgram(given, filepath.Join(dir, "edgegen")); err != nil {
		return 1, err
	}
	if len(packages) > 0 {
		if err := build(dir, packages); err != nil {
			return 1, err
		}
	}
	if err := os.Setenv(programsVariable, dir); err != nil {
		return 1, err
	}
	if hasty {
		if err := compileQuickly(filepath.Join(dir, "quick")); err != nil {
			return 1, err
		}
	}
	debug.SetGCPercent(garbage)
	return m.Run(), nil
}

func build(dir string, packages []string) error {
	arguments := []string{"build", "-o", dir + "/"}
	if raceEnabled {
		arguments = append(arguments, "-race")
	}
	if output, err := exec.Command("go", append(arguments, packages...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("build %v: %w\n%s", packages, err, output)
	}
	return nil
}

// copyProgram puts a program where every user may run it. As the test itself reads
// it, go test knows that what it has to say depends on it.
func copyProgram(from, to string) error {
	program, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("read the program under test: %w", err)
	}
	return os.WriteFile(to, program, 0o755)
}
