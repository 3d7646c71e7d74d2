package tiers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// opens opens a file as varnishd's, for a moment.
func opens(path string, uid, gid int) error {
	file, err := openStorage(path, uid, gid)
	if err == nil {
		err = file.Close()
	}
	return err
}

// contents tells what a directory holds.
func contents(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			text = []byte("?")
		}
		all = append(all, entry.Name()+"="+string(text))
	}
	return strings.Join(all, " ")
}

// writer is a cache tier that writes "new" to its file.
type writer struct {
	Server
	path string
	fail error
}

func (*writer) Roles() []string { return []string{site.CacheTier} }

func (w *writer) Start(context.Context, *generation.Generation) error {
	file, err := os.OpenFile(w.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString("new")
	return errors.Join(err, file.Close(), w.fail)
}

func (*writer) retire()              {}
func (*writer) Stop(context.Context) {}

// A cache tier that begins never gets a file that another one has open, and that
// other one has its file again where the change is undone.
func TestR1StorageOfAnotherEngine(t *testing.T) {
	failed := errors.New("it does not start")
	for _, c := range []struct {
		name     string
		before   map[string]string // what is there
		fail     error
		finished string // afterwards, "" where it is not committed
		undone   string
	}{
		{"a file", map[string]string{"P": "old"}, nil, "P=new", "P=old"},
		{"nothing", nil, nil, "P=new", ""},
		{"a start that fails", map[string]string{"P": "old"}, failed, "", "P=old"},
		{"a first start that fails", nil, failed, "", ""},
		{"what a crash has left", map[string]string{"P": "old", "P.before": "older"}, nil, "P=new", "P=old"},
	} {
		for _, undo := range []bool{false, true} {
			if c.fail != nil && !undo {
				continue
			}
			dir := t.TempDir()
			for name, text := range c.before {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "P")
			reader, err := os.Open(path)
			if err == nil {
				defer reader.Close()
			}
			e := New(t.Context(), Options{}, nil)
			next := &generation.Generation{Loaded: &config.Loaded{Edge: &site.Edge{Storage: site.Storage{Type: "file", Path: path, Size: 1 << 20}}}}
			change := e.Begin(&writer{path: path, fail: c.fail}, next)
			if err := change.Commit(t.Context()); !errors.Is(err, c.fail) {
				t.Errorf("%s: commit: %v", c.name, err)
			}
			text := make([]byte, 3)
			if reader != nil {
				if _, err := reader.ReadAt(text, 0); err != nil || string(text) != "old" {
					t.Errorf("%s: who has the file open reads %q, %v", c.name, text, err)
				}
			}
			want := c.finished
			if undo {
				want = c.undone
				if err := change.Undo(t.Context()); err != nil {
					t.Errorf("%s: undo: %v", c.name, err)
				}
			} else {
				change.Finish(t.Context())
			}
			if got := contents(t, dir); got != want {
				t.Errorf("%s, undone %v: %q, want %q", c.name, undo, got, want)
			}
		}
	}
}

// What is no file is left for the engine to refuse, and no link is followed.
func TestX3StorageThatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	target, path := filepath.Join(dir, "target"), filepath.Join(dir, "P")
	for _, err := range []error{os.WriteFile(target, []byte("precious"), 0o600), os.Symlink(target, path), os.Symlink(target, path+asideName)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	file := &asideFile{path: path}
	for _, err := range []error{file.goAside(), file.comeBack(), TidyStorage(site.Storage{Type: "file", Path: path})} {
		if err != nil {
			t.Error(err)
		}
	}
	if got := contents(t, dir); got != "P=precious P.before=precious target=precious" {
		t.Errorf("%q", got)
	}
}

// A start removes what a crash left beside the file, and not the file.
func TestTidyStorage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "P")
	for _, name := range []string{"P", "P.before", "P.next", "P.other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := TidyStorage(site.Storage{Type: "file", Path: path}); err != nil {
			t.Error(err)
		}
	}
	if got := contents(t, dir); got != "P= P.other=" {
		t.Errorf("%q", got)
	}
}

// varnishd is not started on a file that the builtin tier has open, and the
// builtin tier does not open that of a varnishd that may run.
func TestStorageHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.bin")
	e := New(t.Context(), Options{}, nil)
	v, ok := newVarnish(e, generation.Chosen{}).(*varnishServer)
	if !ok {
		t.Fatal("not varnish")
	}
	prepared := 0
	varnishd := v.withHold(supervise.Process{Prepare: func(context.Context) error { prepared++; return nil }}, path)
	store, err := httpcache.OpenFile(path, 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := varnishd.Prepare(t.Context()); !errors.Is(err, errInUse) || prepared != 0 {
		t.Errorf("varnishd starts on the builtin tier's file: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second one is a restart
		if err := varnishd.Prepare(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := httpcache.OpenFile(path, 8<<20); err == nil {
		t.Error("the builtin tier opens varnishd's file")
	}
	e.storage.release(nil) // another one's
	if !e.storage.is(path) {
		t.Error("not held any more")
	}
	g := &generation.Generation{Loaded: &config.Loaded{Edge: &site.Edge{Storage: site.Storage{Type: "file", Path: path, Size: 8 << 20}}}, Engines: map[string]generation.Chosen{site.CacheTier: {Engine: site.Varnish}}}
	if err := e.makeStorage(g); err != nil || !e.storage.is(path) {
		t.Errorf("its own file: %v", err)
	}
	e.storage.release(v)
	if store, err = httpcache.OpenFile(path, 8<<20); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := e.makeStorage(g); err == nil {
		t.Error("another edge's file is taken at the start")
	}
	e.Served.Store(true)
	if err := errors.Join(e.makeStorage(g), varnishd.Prepare(t.Context())); err != nil {
		t.Errorf("where a retired tier has it open: %v", err)
	}
	e.storage.release(v)
}
