package native

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestObjects(t *testing.T) {
	object := []byte("\x7fELF and so on")
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, path string)
		whole bool
	}{
		{"as it was kept", func(*testing.T, string) {}, true},
		{"cut short", func(t *testing.T, path string) { rewrite(t, path, func(b []byte) []byte { return b[:len(b)-1] }) }, false},
		{"cut to less than a checksum", func(t *testing.T, path string) { rewrite(t, path, func(b []byte) []byte { return b[:8] }) }, false},
		{"empty", func(t *testing.T, path string) { rewrite(t, path, func([]byte) []byte { return nil }) }, false},
		{"one byte changed", func(t *testing.T, path string) { rewrite(t, path, func(b []byte) []byte { b[5]++; return b }) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			kept := Objects{filepath.Join(t.TempDir(), "compiled")}
			if _, ok := kept.get("key"); ok {
				t.Error("there is an object before one is kept")
			}
			if err := kept.keep("key", object); err != nil {
				t.Fatal(err)
			}
			test.spoil(t, kept.path("key"))
			got, ok := kept.get("key")
			if ok != test.whole || ok && !bytes.Equal(got, object) {
				t.Errorf("got %q, %v", got, ok)
			}
			if kept.has("key") != test.whole {
				t.Error("what is not whole stays")
			}
		})
	}
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What has been used longest ago goes first, and to be given out is to be used.
func TestObjectsAreBounded(t *testing.T) {
	kept := Objects{filepath.Join(t.TempDir(), "compiled")}
	old := time.Now().Add(-time.Hour)
	for i, key := range []string{"a", "b", "c", "d"} {
		if err := kept.keep(key, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		at := old.Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(kept.path(key), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := kept.get("a"); !ok {
		t.Fatal("a is gone")
	}
	if err := kept.bound(2100); err != nil {
		t.Fatal(err)
	}
	for key, stays := range map[string]bool{"a": true, "b": false, "c": false, "d": true} {
		if kept.has(key) != stays {
			t.Errorf("%s: there %v, want %v", key, kept.has(key), stays)
		}
	}
}

// A compiler runs as the daemons' user, and so does whoever might write in its place.
func TestTakeObject(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "good.so"), "\x7fELF good")
	write(filepath.Join(dir, "text.so"), "no object")
	write(elsewhere, "\x7fELF secret")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "link.so")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"good.so": "\x7fELF good", "text.so": "", "link.so": "", "none.so": ""} {
		got, err := takeObject(dir, name)
		if (err == nil) != (want != "") || err == nil && string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
	if _, err := os.Stat(elsewhere); err != nil {
		t.Error(err)
	}
}
