package control

import (
	"fmt"
	"os"
	"testing"

	"edgegen/internal/supervise"
)

// TestMain lets the test binary play the parts of other processes.
func TestMain(m *testing.M) {
	roles := map[string]func(arguments []string) int{
		"guardian":       func([]string) int { return supervise.GuardianMain(os.Stdin, os.Stdout, os.Stderr) },
		"keep-last-good": keepLastGoodRole,
	}
	if len(os.Args) > 1 {
		if role, known := roles[os.Args[1]]; known {
			os.Exit(role(os.Args[2:]))
		}
	}
	// The race detector of the roles must not wait for a second at their end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
