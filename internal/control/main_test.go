package control

import (
	"fmt"
	"os"
	"testing"

	"edgegen/internal/supervise"
)

// TestMain lets the test binary play the part of the guardian.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "guardian" {
		os.Exit(supervise.GuardianMain(os.Stdin, os.Stdout, os.Stderr))
	}
	// The race detector of the guardian must not wait for a second at its end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
