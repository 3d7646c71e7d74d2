package reload

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// TestDirectoriesGoAway holds that an edge whose state directory or whose runtime
// directory goes away puts it back and serves again, that open WebSockets stay,
// and that reload, status and stop work afterwards.
func TestDirectoriesGoAway(t *testing.T) {
	t.Parallel()
	asked := []edge.Combination{edge.Native, edge.BuiltIn, edge.BuiltInCache}
	if *every {
		asked = append(asked, edge.BuiltInTLS, edge.BuiltInWeb)
	}
	for _, c := range asked {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			e := w.Run()
			open := w.sockets(e, 5)
			for i, gone := range []string{"state", "state/run", "state", "state"} {
				kept := w.keptFromCleaners()
				w.away(gone)
				if i == 3 { // and who writes into it makes it again, for himself
					if err := os.Mkdir(w.State, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
						t.Fatal(err)
					}
				}
				w.AwaitFile("state/control.sock")
				w.next()
				w.reload(e)
				w.serves(e, w.number)
				if len(kept) < 2 || len(w.keptFromCleaners()) < 2 {
					t.Errorf("kept from cleaners are only %q before and %q after %s has gone", kept, w.keptFromCleaners(), gone)
				}
			}
			if status := e.Status(); status.State != "ready" {
				t.Errorf("the edge is %s", status.State)
			}
			if again := w.Up(); again.Ends() != 1 || !strings.Contains(again.Err.Text(), "is in use by process") {
				t.Errorf("another edge may have the state directory: %s", again.Err.Text())
			}
			if r := open.Stop(); len(r.Cuts) > 0 {
				t.Errorf("%d of 5 WebSockets closed: %v", len(r.Cuts), r.Cuts)
			}
			if result := w.Verb("stop"); result.Code != 0 || e.Ends() != 0 {
				t.Errorf("stop exits with %d: %s", result.Code, result.Err)
			}
		})
	}
}

// TestPartsGoAway holds the same of what a cleaner may take singly.
func TestPartsGoAway(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.StunnelAlone, edge.VarnishAlone} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			e := w.Run()
			seen := map[string]bool{}
			parts := []string{"control.sock", "run/*.sock", "run/generations", "run/tls*", "run/varnish/*", "run/config", "run/nginx"}
			for _, part := range parts {
				found, err := filepath.Glob(w.Path("state/" + part))
				if err != nil {
					t.Fatal(err)
				}
				for _, path := range found {
					remove(t, path)
				}
				if len(found) == 0 {
					continue // its engines have no part in that
				}
				seen[part] = true
				w.AwaitFile("state/control.sock")
				w.next()
				w.reload(e)
				w.serves(e, w.number)
			}
			if c == edge.Native && len(seen) != len(parts) {
				t.Errorf("of %q only %v were there", parts, seen)
			}
			e.Until("it is ready", edge.Patience, func(s api.Status) bool { return s.State == "ready" })
			e.Stop()
		})
	}
}

// away takes a directory from where it is, in one step, and removes it.
func (w *world) away(name string) {
	w.t.Helper()
	aside := w.Path("aside")
	if err := errors.Join(os.Rename(w.Path(name), aside), os.RemoveAll(aside)); err != nil {
		w.t.Fatal(err)
	}
}

// keptFromCleaners are the edge's directories that systemd-tmpfiles leaves alone,
// as it goes into none that it cannot lock for itself.
func (w *world) keptFromCleaners() (kept []string) {
	w.t.Helper()
	for _, dir := range []string{w.State, w.Path("state/run")} {
		file, err := os.Open(dir)
		if err != nil {
			continue // it has not been put back
		}
		if errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK) {
			kept = append(kept, dir)
		}
		if err := file.Close(); err != nil {
			w.t.Error(err)
		}
	}
	return kept
}

// remove removes what the edge may be putting back at the same time.
func remove(t *testing.T, path string) {
	t.Helper()
	await(t, path+" is gone", func() bool {
		err := os.RemoveAll(path)
		if err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
			t.Fatal(err)
		}
		return err == nil
	})
}
