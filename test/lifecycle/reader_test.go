package lifecycle

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// readers are the engines whose edge is to live with the reader of its output.
func readers(t *testing.T, test func(t *testing.T, h *home, engine func(*exec.Cmd))) {
	for _, c := range []edge.Combination{edge.BuiltIn, edge.Native} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, c)
			h.site(plan{edge: `timeouts { drain = "2s" }`})
			test(t, h, func(up *exec.Cmd) { up.Args = append(up.Args, "--engine", c.Name) })
		})
	}
}

// pipe is what an edge is to print to. Nobody reads it but the test.
func pipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = reader.Close() // it may be closed already
		_ = writer.Close()
	})
	return reader, writer
}

// logged has the access log grow by so many bytes at least.
func logged(t *testing.T, e *running, bytes int) {
	t.Helper()
	client := e.client()
	transport := client.Transport.(*http.Transport)
	transport.DisableKeepAlives = false
	defer transport.CloseIdleConnections()
	const size = 4000
	for n := range bytes/size + 1 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://edge.test/hello.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", strings.Repeat("x", size)) // which a line names
		response, err := client.Do(request)
		if err != nil {
			t.Fatalf("request %d: %v", n, err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("request %d: %d, %v", n, response.StatusCode, err)
		}
	}
}

// stopsInTime holds that one SIGTERM is enough, with nobody reading.
func stopsInTime(t *testing.T, e *running) {
	t.Helper()
	begun := time.Now()
	e.Stop()
	t.Logf("ended after %v", time.Since(begun).Round(time.Millisecond))
	e.Settled(0)
	e.home.clean()
}

// TestStalledReader holds that who does not read stdout holds up neither
// requests nor the end: a pipe has room for 64 KiB.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	readers(t, func(t *testing.T, h *home, engine func(*exec.Cmd)) {
		_, writer := pipe(t)
		e := h.run(engine, func(c *exec.Cmd) { c.Stdout = writer })
		logged(t, e, 400<<10)
		stopsInTime(t, e)
		if !strings.Contains(e.Err.Text(), "the last lines of the access log could not be written") {
			t.Error("it does not say that lines are lost")
		}
	})
}

// TestStalledReaderOfMessages holds the same for stderr, where an edge that is
// told to reload a bad site says much.
func TestStalledReaderOfMessages(t *testing.T) {
	t.Parallel()
	readers(t, func(t *testing.T, h *home, engine func(*exec.Cmd)) {
		reader, writer := pipe(t)
		e := h.up(engine, func(c *exec.Cmd) { c.Stderr = writer })
		for lines := bufio.NewScanner(reader); lines.Scan() && !strings.Contains(lines.Text(), "https://edge.test:"); {
		}
		h.Replace("edge {", strings.Repeat("nonsense {}\n", 200)+"edge {")
		last := time.Time{}
		for range 20 {
			e.Signal(syscall.SIGHUP)
			refused := e.Until("the reload is refused", edge.Patience, func(s api.Status) bool {
				return s.LastReload != nil && !s.LastReload.OK && s.LastReload.At.After(last)
			})
			last = refused.LastReload.At
		}
		e.get("/hello.txt")
		stopsInTime(t, e)
	})
}

// TestReaderThatIsGone holds that an edge outlives the readers of stdout and
// stderr.
func TestReaderThatIsGone(t *testing.T) {
	t.Parallel()
	readers(t, func(t *testing.T, h *home, engine func(*exec.Cmd)) {
		reader, writer := pipe(t)
		e := h.run(engine, func(c *exec.Cmd) { c.Stdout = writer })
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			e.get("/hello.txt")
		}
		e.Says("broken pipe")
		e.get("/hello.txt")
		stopsInTime(t, e)
		if said := e.Err.Text(); strings.Count(said, "broken pipe") != 1 {
			t.Errorf("it says so more than once: %s", said)
		}
	})
}
