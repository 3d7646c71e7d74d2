package dataplane

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/site"
)

func TestUpdateStorage(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, size int64) site.Storage {
		return site.Storage{Type: "file", Path: filepath.Join(dir, name), Size: size}
	}
	memory := func(size int64) site.Storage { return site.Storage{Type: "memory", Size: size} }
	tests := map[string]struct {
		from, to site.Storage
		want     string // of what was stored before
	}{
		"memory grows":            {memory(1 << 20), memory(8 << 20), "HIT"},
		"memory shrinks":          {memory(8 << 20), memory(1 << 10), "MISS"},
		"memory to file":          {memory(8 << 20), file("a", 4<<20), "MISS"},
		"file to memory":          {file("b", 4<<20), memory(8 << 20), "MISS"},
		"same file":               {file("c", 4<<20), file("c", 4<<20), "HIT"},
		"file of another size":    {file("d", 4<<20), file("d", 8<<20), "MISS"},
		"file of another path":    {file("e", 4<<20), file("f", 4<<20), "MISS"},
		"standby keeps to memory": {file("g", 4<<20), file("h", 4<<20), "HIT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 4<<10)) }))
			model.Storage = test.from
			standby := strings.HasPrefix(name, "standby")
			e := start(t, model, func(o *Options) {
				if standby {
					o.CacheMemory = 1 << 20
				}
			})
			e.get(t, "/ttl/x")
			eventually(t, "stored", func() bool { return e.get(t, "/ttl/x").Header.Get("X-Cache") == "HIT" })
			m := Model{Edge: changed(model, func(n *site.Edge) { n.Storage = test.to }), Certificates: e.options.Certificates}
			prepared, err := e.prepare(m)
			if err != nil {
				t.Fatal(err)
			}
			prepared.Commit()()
			prepared.Discard()
			if left, _ := filepath.Glob(filepath.Join(dir, "*.next")); len(left) > 0 {
				t.Errorf("left over by an undo: %v", left)
			}
			if _, err := os.Stat(test.to.Path); err == nil && test.to.Path != test.from.Path {
				t.Error("an undo leaves its file")
			}
			if got := e.get(t, "/ttl/x"); got.Header.Get("X-Cache") != "HIT" && name != "memory shrinks" {
				t.Errorf("after an undo: %v", got.Header)
			}
			if err := e.update(m); err != nil {
				t.Fatal(err)
			}
			if got := e.get(t, "/ttl/x"); got.Header.Get("X-Cache") != test.want || len(got.text) != 4<<10 {
				t.Errorf("got %v", got.Header)
			}
			info, err := os.Stat(test.to.Path)
			if test.to.Type == "file" && !standby && (err != nil || info.Size() != test.to.Size) || standby && err == nil {
				t.Errorf("file: %v %v", info, err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.next")); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}
