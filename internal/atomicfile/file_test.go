package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMakePrivate holds that what is made private is the directory alone, and not what
// had to be made above it.
func TestMakePrivate(t *testing.T) {
	above := filepath.Join(t.TempDir(), "state")
	for range 2 {
		if err := MakePrivate(filepath.Join(above, "last-good")); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{above: 0o755, filepath.Join(above, "last-good"): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}
