package static

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"edgegen/internal/site"
)

// TestAbsent holds what the file system is asked for in a call that cannot wait, and that
// it is asked: what is there since a moment is seen.
func TestAbsent(t *testing.T) {
	root := t.TempDir()
	if !onDisk(root) {
		t.Skipf("%s is on no disk that is known to be of this machine", root)
	}
	f := New(1<<20, nil)
	f.began = time.Now().Add(-time.Hour)
	absent := func(when, first string, want bool) {
		t.Helper()
		if got := f.absent(root, first); got != want {
			t.Errorf("%s: %s is absent: %v", when, first, got)
		}
	}
	gone := func(missing, want string) {
		t.Helper()
		if got := f.gone(root, missing); got != want {
			t.Errorf("where %s is missing, %s is, not %s", missing, got, want)
		}
	}
	if err := errors.Join(os.Mkdir(root+"/here", 0o755), os.Symlink(root+"/nowhere", root+"/link")); err != nil {
		t.Fatal(err)
	}
	absent("before anything was asked", "/app", false)
	gone("/app/one/two", "/app")
	absent("noted", "/app", true)
	absent("below", "/app/one", false)
	gone("/here/one", "/here/one")
	absent("a directory", "/here", false)
	gone("/link", "/link")
	absent("a link that leads nowhere", "/link", false)
	f.began = f.began.Add(-fresh - time.Millisecond)
	absent("after a while", "/app", false)
	gone("/app", "/app")
	absent("noted again", "/app", true)
	if err := os.WriteFile(filepath.Join(root, "app"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	absent("now that it is there", "/app", false)
}

// TestAnswerAfterAbsence holds that a file is served from the moment on in which it is
// there, whatever was asked for before.
func TestAnswerAfterAbsence(t *testing.T) {
	root := t.TempDir()
	f := New(1<<20, nil)
	tries := &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}, {HasURI: true, Suffix: ".html"}, {Suffix: "/index.html"}}}
	served := func(when, path string, want bool) {
		t.Helper()
		r, err := f.Answer(Ask{Method: "GET", Path: path, Static: tries})
		if err != nil || (r != nil) != want {
			t.Errorf("%s: %s is answered with %+v, %v", when, path, r, err)
		}
	}
	for _, path := range []string{"/one", "/one/two", "/two", "/three"} {
		served("without files", path, false)
		served("without files, again", path, false)
	}
	if err := errors.Join(os.Mkdir(root+"/one", 0o755), os.WriteFile(root+"/one/two", nil, 0o644), os.WriteFile(root+"/two.html", nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	served("a file in a new directory", "/one/two", true)
	served("a file with a suffix", "/two", true)
	served("still without a file", "/three", false)
	if err := os.WriteFile(root+"/index.html", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	served("by the last name", "/three", true)
}
