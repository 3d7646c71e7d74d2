// Package conformance asks a running edge for what the contract promises. The
// corpus of cases names no engine: it is run against every combination of
// engines, and what a daemon cannot do is declared in native.Differences and
// has to be observed here.
package conformance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"edgegen/internal/native"
)

// binaryVariable names edgegen's binary to the tests of this process.
const binaryVariable = "CONFORMANCE_EDGEGEN"

func TestMain(m *testing.M) {
	flag.Parse()
	// Most cases wait for somebody else's clock; the processors are not what
	// limits how many can run.
	if err := flag.Set("test.parallel", "24"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code, err := runWithBinary(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runWithBinary builds edgegen once for all tests.
func runWithBinary(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, "edgegen")
	if out, err := exec.Command("go", "build", "-o", binary, "edgegen/cmd/edgegen").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build edgegen: %w\n%s", err, out)
	}
	if err := os.Setenv(binaryVariable, binary); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// needDaemons skips what cannot run on this machine, with one line for each
// daemon that is missing. In CI nothing is skipped.
func needDaemons(t *testing.T, c combination) {
	t.Helper()
	missing := 0
	for _, engine := range c.daemons() {
		if _, err := native.Find(context.Background(), engine, native.Directories(os.Getenv("PATH"))); err != nil {
			t.Logf("not covered: %s: %v", c.name, err)
			missing++
		}
	}
	switch {
	case missing > 0 && os.Getenv("CI") == "true":
		t.Fatal("daemons are missing")
	case missing > 0:
		t.SkipNow()
	}
}

// edgegen runs the binary and returns what it prints on stdout.
func edgegen(arguments ...string) (string, error) {
	out, err := exec.Command(os.Getenv(binaryVariable), arguments...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return string(out), err
}
