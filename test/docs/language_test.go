package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/render"
)

// L7: so is what there is to know of templates.
func TestTemplatesAreThoseOfTheCode(t *testing.T) {
	files, err := render.TemplateFiles()
	if err != nil {
		t.Fatal(err)
	}
	wanted := files[len(files)-1].Data // the README that is exported with them
	if *update {
		if err := os.WriteFile(filepath.Join(root, "docs", "templates.md"), wanted, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if written := read(t, "docs/templates.md"); !bytes.Equal([]byte(written), wanted) {
		t.Error("docs/templates.md is not what the code makes; run go test ./test/docs -update")
	}
}

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
