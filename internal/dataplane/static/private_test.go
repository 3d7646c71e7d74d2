package static

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"edgegen/internal/site"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// answer tells how a file was answered for.
func (f *Files) answer(t *testing.T, root, name string, private *Private) string {
	t.Helper()
	r, err := f.Answer(Ask{Method: "HEAD", Path: name, Private: private, Static: &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}}}})
	switch {
	case err != nil:
		return err.Error()
	case r == nil:
		return "none"
	}
	r.Close()
	return "served"
}

const denied = "permission denied"

// TestPrivate asks for private files by every kind of name, before and after
// they come to be.
func TestPrivate(t *testing.T) {
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	write := func(name string) {
		must(t, os.MkdirAll(filepath.Dir(at(name)), 0o755), os.WriteFile(at(name), []byte(name), 0o644))
	}
	for _, name := range []string{"key", "site.hcl", "site.txt", "state/deep/file", "public.txt", "old/cert.pem", "new/cert.pem"} {
		write(name)
	}
	must(t, os.Symlink("key", at("link")), os.Link(at("key"), at("hard")), os.Symlink("old", at("current")))
	private := NewPrivate(site.Private{Files: []string{at("key"), at("later"), at("current/cert.pem")},
		Families: []site.Family{{Directory: root, Ending: ".hcl"}}, Trees: []string{at("state")}})
	f := New(1<<20, nil)
	check := func(want string, names ...string) {
		t.Helper()
		for _, name := range names {
			if got := f.answer(t, root, "/"+name, private); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
	check(denied, "key", "link", "hard", "site.hcl", "state/deep/file", "old/cert.pem", "current/cert.pem")
	check("served", "site.txt", "public.txt", "new/cert.pem")
	// What comes later counts at once, whether it is new or was there under
	// another name.
	write("later")
	write("more.hcl")
	write("state/other")
	must(t, os.Rename(at("site.txt"), at("key")), os.Link(at("public.txt"), at("state/linked")))
	check(denied, "later", "more.hcl", "state/other", "key", "public.txt")
	check("served", "hard")
	// Where a link leads another way, no file has changed.
	private.seen.Load().lasts = 0
	must(t, os.Remove(at("current")), os.Symlink("new", at("current")))
	check(denied, "new/cert.pem")
	check("served", "old/cert.pem")
	if private.seen.Load().lasts < time.Second {
		t.Error("it is looked at all the time")
	}
}

// TestLinks holds where links may lead.
func TestLinks(t *testing.T) {
	outer := t.TempDir()
	root := filepath.Join(outer, "root")
	at := func(name string) string { return filepath.Join(root, name) }
	must(t, os.MkdirAll(at("sub/.git"), 0o755), os.MkdirAll(at(".well-known"), 0o755), os.MkdirAll(filepath.Join(outer, "rooted"), 0o755), os.Symlink("root", filepath.Join(outer, "current")))
	for _, name := range []string{"root/file", "root/.env", "root/sub/.git/config", "root/.well-known/token", "outside", "rooted/file"} {
		must(t, os.WriteFile(filepath.Join(outer, name), []byte(name), 0o644))
	}
	for name, c := range map[string]struct{ target, want string }{
		"inside":      {"file", "served"},
		"absolute":    {at("file"), "served"},
		"through":     {filepath.Join(outer, "current/file"), "served"},
		"twice":       {"inside", "served"},
		"known":       {".well-known/token", "served"},
		"env":         {".env", "none"},
		"twice env":   {"env", "none"},
		"config":      {"sub/.git/config", "none"},
		"out":         {"../outside", "none"},
		"like root":   {"../rooted/file", "none"},
		"up and back": {"../root/file", "served"},
	} {
		must(t, os.Symlink(c.target, at(name)))
		for _, from := range []string{root, filepath.Join(outer, "current")} {
			if got := New(1<<20, nil).answer(t, from, "/"+name, nil); got != c.want && name != "twice env" && name != "twice" {
				t.Errorf("%s below %s: %s, want %s", name, from, got, c.want)
			}
		}
	}
	for name, want := range map[string]string{"twice": "served", "twice env": "none"} {
		if got := New(1<<20, nil).answer(t, root, "/"+name, nil); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	must(t, os.Symlink("sub/.git", at("dir")))
	if got := New(1<<20, nil).answer(t, root, "/dir/config", nil); got != "none" {
		t.Errorf("through a linked directory: %s", got)
	}
	// The same where the kernel has no openat2.
	for name, want := range map[string]bool{"file": true, "inside": false, "dir/config": false} {
		fd, err := openOld(root, name, os.O_RDONLY)
		if (err == nil) != want {
			t.Errorf("openOld %s: %v", name, err)
		}
		if err == nil {
			must(t, os.NewFile(uintptr(fd), name).Close())
		}
	}
}

// TestCompressedBeside holds that a compressed file is served where it can be,
// and the plain one else.
func TestCompressedBeside(t *testing.T) {
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	const packed = "\x1f\x8b\x08packed"
	old := time.Now().Add(-time.Hour)
	for name, text := range map[string]string{"good.js.gz": packed, "plain.js.gz": "no gzip", "short.js.gz": "\x1f\x8b", "empty.js.gz": "", "private.js.gz": packed, "../outside": packed} {
		must(t, os.WriteFile(at(name), []byte(text), 0o644))
	}
	must(t, os.Symlink("../outside", at("linked.js.gz")), os.Mkdir(at("dir.js.gz"), 0o755), os.Symlink("none", at("broken.js.gz")))
	private := NewPrivate(site.Private{Files: []string{at("private.js.gz")}})
	f := New(1<<20, nil)
	for name, want := range map[string]string{"good": packed, "plain": "plain", "short": "plain", "empty": "plain", "private": "plain", "linked": "plain", "dir": "plain", "broken": "plain"} {
		must(t, os.WriteFile(at(name+".js"), []byte("plain"), 0o644), os.Chtimes(at(name+".js"), old, old))
		for range 2 { // the second time it is known
			r, err := f.Answer(Ask{Method: "GET", Path: "/" + name + ".js", Private: private, Header: gzipHeader(),
				Static: &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}}}})
			if err != nil || r == nil {
				t.Fatalf("%s: %v, %v", name, r, err)
			}
			if got := body(t, r); got != want || (r.Header.Get("Content-Encoding") == "gzip") != (want == packed) {
				t.Errorf("%s: %q, %v", name, got, r.Header)
			}
		}
	}
}

// TestCompressedComes holds that a compressed file that comes to be beside a
// known one is served soon, and that the known one changes at once meanwhile.
func TestCompressedComes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.js")
	ask := Ask{Method: "GET", Path: "/a.js", Header: gzipHeader(), Static: &site.Static{Root: filepath.Dir(path), TryFiles: []site.Try{{HasURI: true}}}}
	f := New(1<<20, nil)
	answer := func() string {
		t.Helper()
		r, err := f.Answer(ask)
		if err != nil || r == nil {
			t.Fatalf("%v, %v", r, err)
		}
		return body(t, r)
	}
	must(t, os.WriteFile(path, []byte("plain"), 0o644))
	time.Sleep(settled) // what is younger is not kept
	for range 2 {
		answer()
	}
	began := time.Now()
	must(t, os.WriteFile(path+".gz", []byte("\x1f\x8b\x08packed"), 0o644))
	for answer() == "plain" {
		if time.Since(began) > 10*lookedAt {
			t.Fatalf("the compressed file is not served after %v", time.Since(began))
		}
	}
	must(t, os.Remove(path+".gz"), os.WriteFile(path, []byte("changed"), 0o644))
	if got := answer(); got != "changed" {
		t.Errorf("%q once the file has changed", got)
	}
}
