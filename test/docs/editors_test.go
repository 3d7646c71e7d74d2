package docs

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// TestEditors holds that what VS Code reads is JSON, and names files that are there.
func TestEditors(t *testing.T) {
	const directory = "editors/vscode"
	var extension struct {
		Main        string
		Contributes struct {
			Languages []struct{ Configuration string }
			Grammars  []struct{ Path string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, directory+"/package.json")), &extension); err != nil {
		t.Fatal(err)
	}
	if len(extension.Contributes.Languages) != 1 || len(extension.Contributes.Grammars) != 1 {
		t.Fatalf("%+v", extension)
	}
	read(t, filepath.Join(directory, extension.Main))
	for _, name := range []string{extension.Contributes.Languages[0].Configuration, extension.Contributes.Grammars[0].Path} {
		if !json.Valid([]byte(read(t, filepath.Join(directory, name)))) {
			t.Errorf("%s is no JSON", name)
		}
	}
}
