package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/graph"
	"edgegen/internal/site"
)

// TestPictureOfTheReadme holds that the image is the one of the chat room.
func TestPictureOfTheReadme(t *testing.T) {
	const name = "docs/chat.svg"
	if !strings.Contains(read(t, "README.md"), "]("+name+")") {
		t.Error("the README does not show it")
	}
	loaded, problems := config.Load(filepath.Join(root, "examples/chat/site.hcl"))
	if loaded.Edge == nil {
		t.Fatal(text(t, problems))
	}
	var drawn strings.Builder
	engines := site.Engines{TLS: site.Stunnel, Cache: site.Varnish, Web: site.Nginx}
	if err := graph.Of(loaded.Edge, engines, loaded.Root).Write(&drawn, graph.SVG); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(filepath.Join(root, name), []byte(drawn.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, name) != drawn.String() {
		t.Errorf("%s is not what edgegen draws; run go test ./test/docs -update", name)
	}
}
