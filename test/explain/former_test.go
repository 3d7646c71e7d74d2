package explain

import (
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/explain"
	"edgegen/test/edge"
)

// TestV1Former holds that lines of the access log are explained under the generation that
// served them: while reloads lead a route from one app to the other and back, each request
// is explained as going where it went, those of the moment of a change too, and what is
// kept has nothing secret in it.
func TestV1Former(t *testing.T) {
	for _, c := range []edge.Combination{edge.BuiltIn, edge.Native} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			apps := [2]string{serve(t, "app0"), serve(t, "app1")}
			text := func(n int) string {
				return fmt.Sprintf(`variable "token" {
  default   = "hunter2"
  sensitive = true
}
edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  trusted_proxies = ["127.0.0.1"]
  log { access = "access.log" }
}
site "a.test" {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    backend = "app"
    request_headers { set = { "X-Token" = var.token } }
  }
%s}
`, apps[n%2], strings.Repeat("  # another line\n", n))
			}
			h.Write("site.hcl", text(0))
			up := h.Run()
			const reloads = 3
			went := askThrough(t, up.HTTPS(), func() {
				for n := range reloads {
					h.Write("site.hcl", text(n+1))
					if result := up.Reload(); result.Code != 0 {
						t.Errorf("reload: %s", result.Err)
					}
				}
			})
			ids := around(went)
			h.Write("site.hcl", "nonsense") // what is kept is enough
			for _, id := range ids {
				edge.Await(t, id+" is in the access log", edge.Patience, func() bool {
					_, err := explain.FindID(h.Path("access.log"), id)
					return err == nil
				}, func(there bool) bool { return there })
				result := h.Verb("explain", "--id", id, "--json", h.File)
				e := &explain.Explanation{}
				if err := json.Unmarshal([]byte(result.Out), e); err != nil {
					t.Fatalf("%s: %v\n%s", id, err, result.Err)
				}
				address := apps[int(went[id].by[3]-'0')]
				if result.Code != 0 || len(e.Servers) != 1 || e.Servers[0] != address || e.Generation == nil || e.Generation.Gone || e.Generation.Present {
					t.Errorf("%s went to %s: exit code %d\n%s", id, address, result.Code, result.Out)
				}
			}
			if len(ids) <= 2*reloads {
				t.Errorf("%d requests were explained", len(ids))
			}
			heldBack(t, filepath.Join(h.State, "history"), reloads+1)
			up.Stop()
		})
	}
}

// gone is where a request went.
type gone struct {
	number int
	by     string // the app that has answered
}

// askThrough asks without a pause while do does something, and a little longer. What is
// returned is by X-Request-Id.
func askThrough(t *testing.T, address string, do func()) map[string]gone {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "a.test"}}}
	defer client.CloseIdleConnections()
	went := map[string]gone{}
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for n, more := 0, 3; more > 0; n++ {
			select {
			case <-done:
				more--
			default:
			}
			request, err := http.NewRequest(http.MethodGet, "https://"+address+"/", nil)
			if err != nil {
				t.Error(err)
				return
			}
			id := fmt.Sprintf("r-%d", n)
			request.Host = "a.test"
			request.Header.Set("X-Request-Id", id)
			request.Header.Set("Cookie", "session=1") // past the cache
			answer, err := client.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			_ = answer.Body.Close() // a few bytes
			went[id] = gone{n, answer.Header.Get("X-Seen-By")}
			time.Sleep(time.Millisecond)
		}
	})
	do()
	close(done)
	asking.Wait()
	return went
}

// around are the requests just before and just after the app is another one, and the
// first of all.
func around(went map[string]gone) []string {
	ids := []string{"r-0"}
	for n := 1; n < len(went); n++ {
		if went[fmt.Sprintf("r-%d", n)].by != went[fmt.Sprintf("r-%d", n-1)].by {
			ids = append(ids, fmt.Sprintf("r-%d", n-1), fmt.Sprintf("r-%d", n))
		}
	}
	return ids
}

// heldBack holds how many generations are kept, and that nobody else can read them.
func heldBack(t *testing.T, dir string, want int) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != want {
		t.Errorf("%d generations are kept, not %d: %v", len(entries), want, err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", entry.Name(), info.Mode(), err)
		}
		if text := unpacked(t, filepath.Join(dir, entry.Name())); !strings.Contains(text, "X-Token") || strings.Contains(text, "hunter2") {
			t.Errorf("%s has\n%s", entry.Name(), text)
		}
	}
}

func unpacked(t *testing.T, path string) string {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
