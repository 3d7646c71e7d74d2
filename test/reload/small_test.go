package reload

import (
	"net"
	"os"
	"strings"
	"testing"

	"edgegen/internal/control"
)

func ready(s control.Status) bool { return s.State == "ready" }

// listen takes a port.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// replaceText changes the site.
func (w *world) replaceText(old, new string) {
	w.t.Helper()
	text, err := os.ReadFile(w.File)
	if err != nil {
		w.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		w.t.Fatalf("%q is not in the site", old)
	}
	w.Write("site.hcl", strings.ReplaceAll(string(text), old, new))
}

func (w *world) remove(name string) {
	w.t.Helper()
	if err := os.Remove(w.Path(name)); err != nil {
		w.t.Fatal(err)
	}
}
