package dataplane

import (
	"io"
	"net/http"
	"path/filepath"
	"testing"

	"edgegen/internal/site"
)

// What is purged does not come back with the file that was in use before.
func TestK6FileOfBefore(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) site.Storage {
		return site.Storage{Type: "file", Path: filepath.Join(dir, name), Size: 4 << 20}
	}
	model := simple(t, app(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }))
	model.Storage = file("a")
	e := start(t, model)
	stored := func() {
		e.get(t, "/ttl/x")
		eventually(t, "stored", func() bool { return e.get(t, "/ttl/x").Header.Get("X-Cache") == "HIT" })
	}
	change := func(to site.Storage) {
		prepared, err := e.prepare(Model{Edge: changed(model, func(n *site.Edge) { n.Storage = to }), Certificates: e.options.Certificates})
		if err != nil {
			t.Fatal(err)
		}
		prepared.Commit()
		prepared.Discard()
	}
	stored()
	change(file("b"))
	stored()
	if got := e.plane.Purge(site.Purge{Site: model.Sites[0].Host}); got != 1 {
		t.Errorf("%d are purged, want 1", got)
	}
	change(file("a"))
	if got := e.get(t, "/ttl/x").Header.Get("X-Cache"); got != "MISS" {
		t.Errorf("after a purge, what the file holds is a %s", got)
	}
}
