package reload

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestLastGood holds that a start with a broken file fails, and with
// --last-good serves what was served last and says so, or why that cannot be.
// Another process has the port by then that the kernel chose for the edge.
func TestLastGood(t *testing.T) {
	t.Parallel()
	for _, c := range []edge.Combination{edge.Native, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c)
			e := w.Run()
			w.next()
			w.reload(e)
			address := w.listener(e)
			e.Stop()
			other, err := net.Listen("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()

			w.write(2)
			w.Replace("websocket = true", "websockett = true")
			failed := w.Up()
			if code := failed.Ends(); code != 1 {
				t.Errorf("without the flag, up exits with %d", code)
			}
			if !strings.Contains(failed.Err.Text(), "websockett") {
				t.Error("up does not say what is wrong")
			}

			again := w.Run("--last-good")
			if said := again.Err.Text(); !strings.Contains(said, "websockett") || !strings.Contains(said, "last good") {
				t.Errorf("with the flag, up does not say what is wrong and what it serves: %s", said)
			}
			w.serves(again, 1)

			w.write(3)
			w.generations.Changing(3)
			w.reload(again)
			w.serves(again, 3)
			again.AwaitFile("state/last-good/current/edge.json")
			again.Stop()
			w.damaged()
		})
	}
}

// damaged holds that what cannot be served again is told beside what is wrong
// with the site.
func (w *world) damaged() {
	w.t.Helper()
	w.Replace("websocket = true", "websockett = true")
	for _, text := range []string{"{}", "null", `{"Meaning":"","Edge":{"Sites":[{}],"HTTPS":[{}]}}`, "{\"Meaning\""} {
		w.Write("state/last-good/current/edge.json", text)
		failed := w.Up("--last-good")
		if code := failed.Ends(); code != 1 {
			w.t.Errorf("%s: up exits with %d", text, code)
		}
		if said := failed.Err.Text(); strings.Count(said, "--last-good: ") != 1 || !strings.Contains(said, "websockett") || strings.Contains(said, "panic") {
			w.t.Errorf("%s: up says %s", text, said)
		}
	}
}

// TestHangup holds that SIGHUP reloads, and that the edge survives it where the
// site is refused.
func TestHangup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, edge.BuiltIn)
	e := w.Run()
	w.next()
	e.Signal(syscall.SIGHUP)
	w.shows(e, 1, w.certificates[1].Serial)
	w.next()
	w.Replace("websocket = true", "websockett = true")
	e.Signal(syscall.SIGHUP)
	e.Says("websockett")
	w.serves(e, 1)
	e.Stop()
}

// TestStatusOfOneThatHangs names the process that does not answer.
func TestStatusOfOneThatHangs(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.BuiltIn)
	h.Write("site.hcl", plain(load.StartApp(t, "app"), "", `"127.0.0.1:0"`))
	e := h.Run()
	e.Signal(syscall.SIGSTOP)
	result := e.Verb("status")
	e.Signal(syscall.SIGCONT)
	if says := fmt.Sprintf("does not answer: its process %d hangs", e.PID()); result.Code != 1 || !strings.Contains(result.Err, says) {
		t.Errorf("status exits with %d: %s", result.Code, result.Err)
	}
	e.Stop()
}
