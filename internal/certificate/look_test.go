package certificate

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	hosts := []string{"localhost", "www.localhost"}
	look := func() Local {
		t.Helper()
		found, err := Look(dir, hosts)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := look(); found.Root != nil || found.Leaf != nil || found.RootFile != filepath.Join(dir, "root.crt") {
		t.Errorf("found %+v in a directory that does not exist", found)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("looking made the directory: %v", err)
	}

	authority, err := OpenAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	if found := look(); found.Root == nil || found.Leaf != nil {
		t.Errorf("found root %v and leaf %v, want a root alone", found.Root, found.Leaf)
	}
	pair, err := authority.Issue(hosts)
	if err != nil {
		t.Fatal(err)
	}
	if found := look(); found.Leaf == nil || !found.Leaf.Equal(pair.Leaf) {
		t.Errorf("found leaf %v, want the one that was issued", found.Leaf)
	}
	if err := os.WriteFile(filepath.Join(dir, "root.crt"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := Look(dir, hosts); err == nil {
		t.Errorf("found %+v with a damaged root, want an error", found)
	}
}
