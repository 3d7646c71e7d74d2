package httpcache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever may write in the directory cannot have another file overwritten.
func TestX3FileIsNoLink(t *testing.T) {
	dir := t.TempDir()
	target, path := filepath.Join(dir, "target"), filepath.Join(dir, "cache.bin")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(path, 8<<20); err == nil || !strings.Contains(err.Error(), "is a symbolic link") {
		t.Errorf("opened a link: %v", err)
	}
	if text, err := os.ReadFile(target); err != nil || string(text) != "precious" {
		t.Errorf("%q, %v", text, err)
	}
}
