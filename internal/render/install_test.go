package render_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/render"
)

func twoFiles() []render.File {
	return []render.File{
		{Name: "a.conf", Data: []byte("a\n"), Mode: 0o644},
		{Name: "pem/a.pem", Data: []byte("key\n"), Mode: 0o600},
	}
}

func install(t *testing.T, dir string, files []render.File, want bool) {
	t.Helper()
	changed, err := render.Install(dir, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	if changed != want {
		t.Errorf("changed %v", changed)
	}
}

// listing is every path below a directory with its mode and content.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		relative := strings.TrimPrefix(path, dir)
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			relative += "=" + string(data)
		}
		all = append(all, info.Mode().String()+" "+relative)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// X2: keys are readable by their owner alone.
func TestX2InstallModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "config")
	install(t, dir, twoFiles(), true)
	want := []string{"drwxr-xr-x ", "-rw-r--r-- /a.conf=a\n", "drwx------ /pem", "-rw------- /pem/a.pem=key\n"}
	if got := listing(t, dir); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	install(t, dir, twoFiles(), false)

	// What others have opened is closed again.
	for path, mode := range map[string]os.FileMode{"pem": 0o755, "pem/a.pem": 0o644} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	install(t, dir, twoFiles(), true)
	if got := listing(t, dir); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// R3: only what changed is touched.
func TestR3InstallLeavesEqualFilesAlone(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, twoFiles(), true)
	past := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, name := range []string{"a.conf", "pem/a.pem"} {
		if err := os.Chtimes(filepath.Join(dir, name), past, past); err != nil {
			t.Fatal(err)
		}
	}
	files := twoFiles()
	files[0].Data = []byte("b\n")
	install(t, dir, files, true)
	for name, want := range map[string]bool{"a.conf": false, "pem/a.pem": true} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.ModTime().Equal(past) != want {
			t.Errorf("%s is of %v", name, info.ModTime())
		}
	}
}

// R1: where something cannot be written, nothing has changed.
func TestR1InstallAllOrNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(dir string) error
	}{
		{"a directory is in the way", func(dir string) error { return os.Mkdir(filepath.Join(dir, "z.conf"), 0o755) }},
		{"a full directory is in the way", func(dir string) error { return os.MkdirAll(filepath.Join(dir, "z.conf", "x"), 0o755) }},
		{"a file is where a directory has to be", func(dir string) error { return os.WriteFile(filepath.Join(dir, "z"), nil, 0o644) }},
		{"a name is too long", func(string) error { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			install(t, dir, twoFiles(), true)
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			before := listing(t, dir)
			files := twoFiles()
			files[0].Data, files[1].Data = []byte("new\n"), []byte("new key\n")
			last := map[string]string{"a file is where a directory has to be": "z/z.conf", "a name is too long": strings.Repeat("z", 300)}[c.name]
			if last == "" {
				last = "z.conf"
			}
			changed, err := render.Install(dir, append(files, render.File{Name: last, Mode: 0o644}), nil)
			if err == nil || changed {
				t.Errorf("changed %v, error %v", changed, err)
			}
			if after := listing(t, dir); !slices.Equal(before, after) {
				t.Errorf("before %q\nafter  %q", before, after)
			}
		})
	}
}

// A symbolic link is replaced, never written through.
func TestInstallReplacesLinks(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(dir, "a.conf")); err != nil {
		t.Fatal(err)
	}
	install(t, dir, []render.File{{Name: "a.conf", Data: []byte("b\n"), Mode: 0o644}}, true)
	if data, err := os.ReadFile(other); err != nil || string(data) != "a\n" {
		t.Errorf("%q, %v", data, err)
	}
	if got := listing(t, dir); len(got) != 2 || got[1] != "-rw-r--r-- /a.conf=b\n" {
		t.Errorf("%q", got)
	}
}

// X3: as root, what is installed belongs to whom the daemons run as.
func TestX3InstallOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not covered here: only root can give files away")
	}
	dir := t.TempDir()
	install(t, dir, twoFiles(), true)
	owner := &render.Owner{UID: 65534, GID: 65534}
	for _, want := range []bool{true, false} {
		changed, err := render.Install(dir, twoFiles(), owner)
		if err != nil || changed != want {
			t.Fatalf("changed %v, %v", changed, err)
		}
		for _, name := range []string{"", "a.conf", "pem", "pem/a.pem"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 65534 || stat.Gid != 65534 {
				t.Errorf("%q belongs to %d:%d", name, stat.Uid, stat.Gid)
			}
		}
	}
}
