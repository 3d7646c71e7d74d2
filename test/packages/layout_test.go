package packages

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layerOf reads an OCI layout as a registry's client does, from index.json down,
// and returns the file of the image's only layer.
func layerOf(t *testing.T, layout string) string {
	t.Helper()
	var index struct {
		Manifests []struct{ Digest, MediaType string }
	}
	decode(t, filepath.Join(layout, "index.json"), &index)
	if len(index.Manifests) != 1 || index.Manifests[0].MediaType != "application/vnd.oci.image.manifest.v1+json" {
		t.Fatalf("the index should name one OCI manifest: %+v", index)
	}
	var manifest struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	decode(t, blob(layout, index.Manifests[0].Digest), &manifest)
	if len(manifest.Layers) != 1 {
		t.Fatalf("the manifest should name one layer: %+v", manifest)
	}
	var config struct {
		Architecture, OS string
		Config           struct {
			User, StopSignal string
			Entrypoint, Cmd  []string
			Env              []string
			ExposedPorts     map[string]any
		}
	}
	decode(t, blob(layout, manifest.Config.Digest), &config)
	if config.OS != "linux" || config.Config.User != "65532:65532" || config.Config.StopSignal != "SIGTERM" ||
		!slices.Equal(config.Config.Entrypoint, []string{"/usr/bin/edgegen"}) || len(config.Config.ExposedPorts) != 2 || len(config.Config.Env) != 1 {
		t.Errorf("the image is configured as %+v", config)
	}
	return blob(layout, manifest.Layers[0].Digest)
}

// blob is the file that holds what has digest.
func blob(layout, digest string) string {
	return filepath.Join(layout, "blobs", strings.Replace(digest, ":", "/", 1))
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run make image", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
}
