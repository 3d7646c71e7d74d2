package api

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A socket that a crash left is no obstacle; what somebody else put there is.
func TestClearSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	if err := clearSocket(path); err != nil {
		t.Errorf("nothing there: %v", err)
	}
	leave := func() {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := clearSocket(path); err != nil {
		t.Errorf("our own: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("it is still there")
	}
	if os.Geteuid() != 0 {
		t.Skip("not covered here: only root can give a file to somebody else")
	}
	leave()
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if err := clearSocket(path); err == nil || !strings.Contains(err.Error(), "12345") {
		t.Errorf("somebody else's: %v", err)
	}
}
