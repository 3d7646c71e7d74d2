package docs

import (
	"os"
	"path/filepath"
	"testing"

	"edgegen/internal/config"
)

// L5: the reference is what the table in the code makes.
func TestReferenceIsThatOfTheCode(t *testing.T) {
	path := filepath.Join(root, "docs", "language.md")
	wanted := config.Reference()
	if *update {
		if err := os.WriteFile(path, wanted, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if written := read(t, "docs/language.md"); written != string(wanted) {
		t.Error("docs/language.md is not what the code makes; run go test ./test/docs -update")
	}
}
