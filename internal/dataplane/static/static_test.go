package static

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

func text(t *testing.T, f *Files, name string, s *site.Static) string {
	t.Helper()
	r, err := f.Answer(Ask{Method: "GET", Path: name, Static: s})
	if err != nil {
		return err.Error()
	}
	if r == nil {
		return "none"
	}
	defer r.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.Length {
		t.Errorf("%d of %d bytes, %v", len(body), r.Length, err)
	}
	return string(body)
}

func body(t *testing.T, r *wire.Response) string {
	t.Helper()
	defer r.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func gzipHeader() wire.Header { return wire.Header{{Name: "Accept-Encoding", Value: "gzip"}} }

func TestKeptFileChanges(t *testing.T) {
	root := t.TempDir()
	s := &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}}}
	f := New(1<<20, nil)
	path := filepath.Join(root, "a.txt")
	for i := range 3 {
		want := fmt.Sprint("text ", i)
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := text(t, f, "/a.txt", s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	st, err := stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f.keep(path, &known{stamp: st, data: []byte("kept")})
	if got := text(t, f, "/a.txt", s); got != "kept" {
		t.Errorf("not kept: %q", got)
	}
	if err := os.Chtimes(path, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := text(t, f, "/a.txt", s); got != "text 2" {
		t.Errorf("a change went unnoticed: %q", got)
	}
}

func TestKeepIsBounded(t *testing.T) {
	f := New(10000, nil)
	for i := range 100 {
		f.keep(fmt.Sprint(i), &known{data: make([]byte, 1000)})
	}
	if f.used > 10000 || len(f.kept) == 0 {
		t.Errorf("%d bytes in %d files", f.used, len(f.kept))
	}
}

func TestWhatIsNoFile(t *testing.T) {
	root := t.TempDir()
	s := &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}}}
	for name, err := range map[string]error{
		"fifo": syscall.Mkfifo(filepath.Join(root, "fifo"), 0o644),
		"dir":  os.Mkdir(filepath.Join(root, "dir"), 0o755),
		"loop": os.Symlink("loop", filepath.Join(root, "loop")),
		"up":   os.Symlink("../../etc/hostname", filepath.Join(root, "up")),
	} {
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, New(0, nil), "/"+name, s); got != "none" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "file"), []byte(strings.Repeat("x", smallFile+1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := text(t, New(0, nil), "/file/", s); got != "none" {
		t.Errorf("file with a slash: %q", got)
	}
	if got := text(t, New(0, nil), "/file", s); len(got) != smallFile+1 {
		t.Errorf("large file: %d bytes", len(got))
	}
}
