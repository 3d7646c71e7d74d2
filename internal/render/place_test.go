package render_test

import (
	"os"
	"path/filepath"
	"testing"

	"edgegen/internal/render"
)

func TestPlaceLinksWhatIsThere(t *testing.T) {
	root := t.TempDir()
	owner := render.Owner{UID: os.Geteuid(), GID: os.Getegid()}
	first, second := filepath.Join(root, "1"), filepath.Join(root, "2")
	same := render.File{Name: "pem/same.pem", Data: []byte("same"), Mode: 0o600}
	files := []render.File{{Name: "nginx.conf", Data: []byte("old"), Mode: 0o644}, same}
	if err := render.Place(first, files, owner, ""); err != nil {
		t.Fatal(err)
	}
	files[0].Data = []byte("new")
	if err := render.Place(second, files, owner, first); err != nil {
		t.Fatal(err)
	}
	stat := func(dir, name string) os.FileInfo {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	if !os.SameFile(stat(first, same.Name), stat(second, same.Name)) {
		t.Error("an equal file was written again")
	}
	if mode := stat(second, same.Name).Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %o", mode)
	}
	for dir, want := range map[string]string{first: "old", second: "new"} {
		if data, err := os.ReadFile(filepath.Join(dir, "nginx.conf")); err != nil || string(data) != want {
			t.Errorf("%s holds %q, %v", dir, data, err)
		}
	}
	if err := render.Place(second, files, owner, first); err == nil {
		t.Error("wrote over a file that is in use")
	}
}
