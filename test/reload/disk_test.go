package reload

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
)

// TestFullDisk holds R1 where the state directory has no room for another
// generation. An edge that renders nothing needs none. Before that it holds that
// an edge does not start without room for it, whatever its engines are, and says
// what it needs.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.NginxAlone, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			w.small()
			filler := filepath.Join(w.State, "filler")
			w.startsInNoRoom(filler)
			e := w.Run()
			w.serves(e, 0)
			if c == edge.BuiltIn {
				fill(t, filler)
				w.next()
			} else {
				w.refused(e, refusal{name: "full disk", says: `(?i)no space left`,
					spoil: func(t *testing.T, _ *world, _ *edge.Edge) { fill(t, filler) },
					mend: func(t *testing.T, _ *world, _ *edge.Edge) {
						if err := os.Remove(filler); err != nil {
							t.Error(err)
						}
					}})
				w.number = 0
				w.next()
			}
			w.reload(e)
			w.serves(e, w.number)
			e.Stop()
		})
	}
}

// startsInNoRoom holds that the edge does not start while the disk is full.
func (w *world) startsInNoRoom(filler string) {
	w.t.Helper()
	fill(w.t, filler)
	for _, free := range []int64{0, 16 << 10, 1 << 20, 48 << 20} {
		info, err := os.Stat(filler)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.Truncate(filler, info.Size()-free); err != nil {
			w.t.Fatal(err)
		}
		refused := w.Up()
		if code, said := refused.Ends(), refused.Err.Text(); code != 1 || !strings.Contains(said, "a start needs 64 MiB") || strings.Count(said, "\n") != 1 {
			w.t.Errorf("%d KiB are free: up exits with %d: %s", free>>10, code, said)
		}
		if entries, err := os.ReadDir(w.State); err != nil || len(entries) != 1 {
			w.t.Errorf("left %v, %v", entries, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		w.t.Fatal(err)
	}
}

// small puts the state directory on a small file system of its own.
func (w *world) small() {
	w.t.Helper()
	if os.Geteuid() != 0 {
		edge.Skip(w.t, "a full disk: only root can mount a small one")
	}
	if err := os.Mkdir(w.State, 0o755); err != nil {
		w.t.Fatal(err)
	}
	// varnishd's own files take a third of this.
	if err := syscall.Mount("tmpfs", w.State, "tmpfs", 0, "size=256m,mode=0755"); err != nil {
		edge.Skip(w.t, "a full disk: nothing can be mounted here: %v", err)
	}
	w.t.Cleanup(func() {
		if err := syscall.Unmount(w.State, syscall.MNT_DETACH); err != nil {
			w.t.Error(err)
		}
	})
}

// fill makes a file that leaves no room.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	size := int64(0)
	for block := int64(64 << 20); block > 0; {
		err = syscall.Fallocate(int(file.Fd()), 0, size, block)
		switch {
		case err == nil:
			size += block
		case errors.Is(err, syscall.ENOSPC):
			block /= 2
		case !errors.Is(err, syscall.EINTR): // what it had of the block is free again
			t.Fatalf("the disk does not fill up: %v", err)
		}
	}
}
