package reload

import (
	"net"
	"os"
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

func (w *world) remove(name string) {
	w.t.Helper()
	if err := os.Remove(w.Path(name)); err != nil {
		w.t.Fatal(err)
	}
}
