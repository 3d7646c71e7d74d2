package explain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFindID holds that a line is found by its ID in either format, in the files that were
// rotated too, and what it says of when the request came.
func TestFindID(t *testing.T) {
	log := filepath.Join(t.TempDir(), "access.log")
	for name, text := range map[string]string{
		log:        `{"time":"2026-12-01T01:02:03.456Z","id":"now","method":"GET","path":"/","status":200}` + "\n",
		log + ".1": `192.0.2.1 - - [01/Dec/2026:01:02:03 +0000] "GET /a\x22b HTTP/2.0" 200 5 "-" "curl" "before" "a.test" 0 1200 MISS backend "127.0.0.1:5000" 1000` + "\n",
		log + ".2": `{"id":"long","status":404}` + "\n" + `{"id":"lon`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]struct {
		path      string
		when      string
		precision time.Duration
	}{"now": {"/", "2026-12-01T01:02:03.456Z", time.Millisecond}, "before": {`/a"b`, "2026-12-01T01:02:03Z", time.Second}, "long": {"", "", 0}} {
		line, err := FindID(log, id)
		if err != nil || line.Text("path") != want.path {
			t.Errorf("%s: %v %v", id, line, err)
			continue
		}
		when, precision, told := line.Time()
		if told != (want.when != "") || told && (when.Format(time.RFC3339Nano) != want.when || precision != want.precision) {
			t.Errorf("%s came at %v, and %v about that", id, when, precision)
		}
	}
	if line, err := FindID(log, "nobody"); err == nil || !strings.Contains(err.Error(), `about the request "nobody"`) {
		t.Errorf("%v %v", line, err)
	}
	line, err := FindID(log, "long")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AskedIn(line); err == nil || !strings.Contains(err.Error(), `add "method" to log.fields`) {
		t.Errorf("%v", err)
	}
}
