package static

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestGlance holds that a glance tells what stat tells, or leaves it to stat.
func TestGlance(t *testing.T) {
	dir := t.TempDir()
	file, link, long := filepath.Join(dir, "file"), filepath.Join(dir, "link"), dir+"/"+strings.Repeat("./", 250)+"file"
	if err := errors.Join(os.WriteFile(file, []byte("text"), 0o644), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	if !onDisk(file) {
		t.Skipf("%s is on no disk that is known to be of this machine", dir)
	}
	same := func(when, path string) {
		t.Helper()
		want, _ := stat(path) // where it is none, so is what a glance says
		if got, ok := statNow(path); got != want || ok != (want != stamp{}) {
			t.Errorf("%s: %s is %+v, %v at a glance, and %+v", when, path, got, ok, want)
		}
	}
	same("a file", file)
	same("a link", link)
	same("a directory", dir)
	same("nothing", file+".gz")
	if _, ok := statNow(long); ok {
		t.Error("a long path is looked at")
	}
}

// TestGlanceOfWhatWasAskedFor holds which files are looked at so.
func TestGlanceOfWhatWasAskedFor(t *testing.T) {
	f, path := New(1<<20, nil), filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	want, err := stat(path)
	if err != nil {
		t.Fatal(err)
	}
	known := &known{stamp: want, local: true}
	f.kept[path] = known
	look := func(when string, wanted bool) {
		t.Helper()
		if got, ok := f.glance(path); ok != wanted || ok && got != want {
			t.Errorf("%s: %+v, %v", when, got, ok)
		}
	}
	f.began = time.Now().Add(-time.Hour)
	look("for the first time", false)
	look("again", true)
	known.asked.Store(int64(f.age() - 2*fresh))
	look("after a while", false)
	look("again after a while", true)
	known.local = false
	look("of another machine", false)
	known.local = true
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	look("once it is gone", false)
	if _, err := f.stat(path); !errors.Is(err, unix.ENOENT) {
		t.Errorf("stat of what is gone: %v", err)
	}
}
