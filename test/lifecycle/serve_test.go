package lifecycle

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/test/edge"
)

// TestUp holds P1 and the streams of up: stdout is the access log and nothing
// else, and F5: its id is the one that the app was given.
func TestUp(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	begun := time.Now()
	e := h.run()
	t.Logf("ready after %v", time.Since(begun).Round(time.Millisecond))
	if !regexp.MustCompile(`(?m)^    https://edge\.test:\d+/$`).MatchString(e.Err.Text()) {
		t.Error("the address is not printed")
	}
	if strings.ContainsRune(e.Err.Text(), '\x1b') {
		t.Error("there are escape sequences on what is no terminal")
	}
	if got := e.get("/hello.txt"); got != "hello\n" {
		t.Errorf("the file is %q", got)
	}
	id := strings.TrimSpace(e.get("/app?x=1"))
	if id == "" {
		t.Error("the app was given no id")
	}
	e.Stop()
	seen := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(e.Out.Text()))
	for lines.Scan() {
		var line struct {
			ID, Path, Client, Method, Host string
			Status                         int
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("stdout holds %q: %v", lines.Text(), err)
		}
		if line.Client != "127.0.0.1" || line.Status != 200 || line.Method != "GET" || !strings.HasPrefix(line.Host, "edge.test") {
			t.Errorf("the access log says %s", lines.Text())
		}
		seen[line.Path] = line.ID
	}
	if seen["/app?x=1"] != id {
		t.Errorf("F5: the app was given %q and the access log says %q", id, seen["/app?x=1"])
	}
	if _, ok := seen["/hello.txt"]; !ok || len(seen) != 2 {
		t.Errorf("the access log is about %v", seen)
	}
	h.clean()
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	combined := regexp.MustCompile(`^127\.0\.0\.1 - - \[[^]]+\] "GET [^"]*/hello\.txt HTTP/1\.1" 200 6 "-" "Go-http-client/1\.1" "[^"]+" "edge\.test" 0 [0-9]+ MISS web "-" 0\n$`)
	for _, c := range []struct {
		name, log    string
		stdout, file *regexp.Regexp
	}{
		{"combined", `log { format = "combined" }`, combined, nil},
		{"off", `log { access = "off" }`, regexp.MustCompile(`^$`), nil},
		{"file", `log {
			access = "access.log"
			format = "combined"
		}`, regexp.MustCompile(`^$`), combined},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, edge.Native)
			h.site(plan{edge: c.log})
			e := h.run()
			e.get("/hello.txt")
			e.Signal(syscall.SIGINT)
			if code := e.Ends(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if !c.stdout.MatchString(e.Out.Text()) {
				t.Errorf("stdout is %q", e.Out.Text())
			}
			if c.file != nil {
				data, err := os.ReadFile(h.Path("access.log"))
				if err != nil || !c.file.Match(data) {
					t.Errorf("access.log is %q, %v", data, err)
				}
			}
			h.clean("access.log")
		})
	}
}
