package reload

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// longBody is more than the kernel holds on the way to a client that reads slowly.
const longBody = 12 << 20

// startLong starts an app whose answers are long, each path's another one.
func startLong(t *testing.T) *load.App {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(longBody))
		_, _ = w.Write(long(r.URL.Path)) // who has left is not missed
	}))
	t.Cleanup(server.Close)
	return &load.App{Name: "long", Address: strings.TrimPrefix(server.URL, "http://")}
}

func long(path string) []byte {
	line := []byte("this is " + path + "\n")
	return bytes.Repeat(line, longBody/len(line)+1)[:longBody]
}

func onDisk(app *load.App, engine, https string) string {
	site := strings.Replace(plain(app, engine, https), "timeouts {", "cache_storage {\n    type = \"file\"\n    size = \"256MiB\"\n    path = \"cache.bin\"\n  }\n  timeouts {", 1)
	site = strings.Replace(site, `drain = "2s"`, `drain = "60s"`, 1) // who reads slowly is waited for
	return strings.Replace(site, "backend   =", "cache { ttl = \"1h\" }\n    backend   =", 1)
}

// slow is an answer that its client has begun to read.
type slow struct {
	conn net.Conn
	body io.Reader
}

func beginSlow(t *testing.T, e *edge.Edge, path string) *slow {
	t.Helper()
	raw, err := net.Dial("tcp", e.HTTPS())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() }) // what is left is not of interest
	if err := raw.(*net.TCPConn).SetReadBuffer(32 << 10); err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(raw, &tls.Config{ServerName: host, InsecureSkipVerify: true})
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("X-Cache") != "HIT" {
		t.Fatalf("%v, %v", response, err)
	}
	return &slow{conn, response.Body}
}

// ends reads the rest and holds that it is the answer for the path.
func (s *slow) ends(t *testing.T, path, when string) {
	t.Helper()
	body, err := io.ReadAll(s.body)
	want := long(path)
	if err != nil || len(body) != len(want) {
		t.Errorf("%s: %d of %d bytes: %v", when, len(body), len(want), err)
	}
	for i := range min(len(body), len(want)) {
		if body[i] != want[i] {
			t.Errorf("%s: from byte %d on it is %q", when, i, body[i:min(i+20, len(body))])
			return
		}
	}
}

// stored fetches paths until they are answered from the cache, and holds that they
// are what they should be.
func stored(t *testing.T, e *edge.Edge, paths ...string) {
	t.Helper()
	for _, path := range paths {
		await(t, path+" is stored", func() bool { return hit(t, e, path) })
	}
}

// hit holds that a path is answered right, and reports whether from the cache.
func hit(t *testing.T, e *edge.Edge, path string) bool {
	t.Helper()
	answer, _, err := load.Get(e.HTTPS(), host, path)
	if err != nil || answer.Status != http.StatusOK || answer.Body != string(long(path)) {
		t.Fatalf("%s: status %d, %d bytes, %v", path, answer.Status, len(answer.Body), err)
	}
	return answer.Header.Get("X-Cache") == "HIT"
}

// alone holds that nothing stands beside the cache's file.
func alone(t *testing.T, h *edge.Home) {
	t.Helper()
	names, err := filepath.Glob(h.Path("cache.bin*"))
	if err != nil || !slices.Equal(names, []string{h.Path("cache.bin")}) {
		t.Errorf("%v, %v", names, err)
	}
}

var others = []string{"/1", "/2", "/3", "/4", "/5", "/6"}

// TestEngineChangeStorage holds R2 where both engines of the cache keep it in a
// file of one name: whoever reads an answer from the one gets it whole, while the
// other writes.
func TestEngineChangeStorage(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	app := startLong(t)
	engines := []string{`cache = "builtin"`, ``, `cache = "builtin"`, "cache = \"builtin\"\n    web = \"builtin\""}
	h.Write("site.hcl", onDisk(app, engines[0], `"127.0.0.1:0"`))
	for _, stray := range []string{"cache.bin.before", "cache.bin.next"} { // as a crash leaves them
		h.Write(stray, "")
	}
	e := h.Run("--engine", "")
	alone(t, h)
	stored(t, e, "/slow")
	for i, engine := range engines[1:] {
		when := fmt.Sprintf("change %d", i+1)
		reading := beginSlow(t, e, "/slow")
		h.Write("site.hcl", onDisk(app, engine, `"127.0.0.1:0"`))
		if result := e.Reload(); result.Code != 0 {
			t.Fatalf("%s: reload exits with %d: %s", when, result.Code, result.Err)
		}
		alone(t, h)
		stored(t, e, others...)
		reading.ends(t, "/slow", when)
		for _, path := range others {
			if !hit(t, e, path) {
				t.Errorf("%s: %s is not in the cache any more", when, path)
			}
		}
		stored(t, e, "/slow")
	}
	e.Stop()
	alone(t, h)
}

// TestEngineChangeStorageUndone holds R1: where a later tier does not follow, the
// engine that was to leave has its file and all that it holds.
func TestEngineChangeStorageUndone(t *testing.T) {
	t.Parallel()
	for _, from := range []string{`cache = "builtin"`, ``} {
		t.Run(strings.Fields(from + " varnish")[0], func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, edge.Native)
			app := startLong(t)
			before := onDisk(app, from, `"127.0.0.1:0"`)
			h.Write("site.hcl", before)
			e := h.Run("--engine", "")
			stored(t, e, "/slow", "/1")
			file, err := os.Stat(h.Path("cache.bin"))
			if err != nil {
				t.Fatal(err)
			}
			reading := beginSlow(t, e, "/slow")
			stunnel := e.Family()[slices.IndexFunc(e.Family(), func(p edge.Process) bool { return p.Name == "stunnel" })]
			if err := stunnel.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			to := `cache = "builtin"`
			if from == to {
				to = ""
			}
			h.Write("site.hcl", onDisk(app, to, `"127.0.0.1:0", "127.0.0.1:0"`))
			if result := e.Reload(); result.Code != 1 {
				t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
			}
			await(t, "what is stopped has been ended", func() bool { return !stunnel.Alive() })
			_ = reading.conn.Close() // it ended with stunnel
			if !hit(t, e, "/slow") || !hit(t, e, "/1") {
				t.Error("the cache is empty")
			}
			alone(t, h)
			if again, err := os.Stat(h.Path("cache.bin")); err != nil || !os.SameFile(file, again) {
				t.Errorf("another file stands in its place: %v", err)
			}
			h.Write("site.hcl", before)
			e.Stop()
			alone(t, h)
		})
	}
}

// TestEngineChangeStorageLittleRoom: where the disk has room for one file alone,
// the stand-in serves until the tier that is left has given up its own.
func TestEngineChangeStorageLittleRoom(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		edge.Skip(t, "a small disk: only root can mount one")
	}
	h := edge.NewHome(t, edge.Native)
	app := startLong(t)
	disk := h.Path("disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=300m,mode=0755"); err != nil {
		edge.Skip(t, "a small disk: nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	write := func(engine string) {
		h.Write("site.hcl", strings.Replace(onDisk(app, engine, `"127.0.0.1:0"`), `"cache.bin"`, `"disk/cache.bin"`, 1))
	}
	write(`cache = "builtin"`)
	e := h.Run("--engine", "")
	stored(t, e, others...)
	for _, engine := range []string{``, `cache = "builtin"`} {
		write(engine)
		if result := e.Reload(); result.Code != 0 {
			t.Fatalf("%q: reload exits with %d: %s", engine, result.Code, result.Err)
		}
		hit(t, e, "/1")
		if engine == "" {
			e.Says("No space left on device")
			e.Says("answers again and serves its tier")
		}
		stored(t, e, others...)
	}
	e.Stop()
	if names, err := filepath.Glob(disk + "/*"); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}
