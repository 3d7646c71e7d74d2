// Package cachesuite runs the public tests for HTTP caches
// (https://cache-tests.fyi) against the builtin cache and Varnish, and holds
// that docs/cache-tests.md tells what came of them. The tests are fetched by
// `make cache-tests`; without them there is nothing to run.
package cachesuite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/test/edge"
)

var update = flag.Bool("update", false, "rewrite docs/cache-tests.md")

func TestMain(m *testing.M) { os.Exit(edge.Main(m)) }

// result is what came of one test.
type result struct {
	Kind, Group, ID, Name string
	Passed                bool
	// Depends tells that it passed and says nothing, since another on which it
	// depends did not.
	Depends bool
	Says    string
}

// The sites of the run. The first lets the cache guess, and its route says that
// failures may be kept; the second says nothing.
const configuration = `
edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  log { access = "off" }
}
site "127.0.0.1" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  cache { heuristic = true }
  route "/" {
    backend = "app"
    cache { ttl = "0s" }
  }
}
site "localhost" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  route "/" { backend = "app" }
}
`

// bare is added to an engine's name for the site that says nothing.
const bare = ", bare"

func TestPublicSuite(t *testing.T) {
	suite := os.Getenv("CACHE_TESTS")
	if suite == "" {
		t.Skip("not run: CACHE_TESTS names no directory; make cache-tests fetches the suite")
	}
	app := serve(t, suite)
	var engines sync.WaitGroup
	results := map[string][]result{}
	var mu sync.Mutex
	for _, c := range []edge.Combination{edge.BuiltIn, edge.Native} {
		home := edge.NewHome(t, c)
		home.Write("site.hcl", strings.ReplaceAll(configuration, "{app}", app))
		e := home.Run()
		engines.Go(func() {
			guess, err := run(suite, "https://"+address(e))
			nothing, err2 := run(suite, "https://"+strings.Replace(address(e), "127.0.0.1", "localhost", 1))
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			results[c.Name], results[c.Name+bare] = guess, nothing
		})
	}
	engines.Wait()
	if t.Failed() {
		return
	}
	for _, least := range []struct {
		engine, kind string
		passed       int
	}{{"builtin", "required", 147}, {"builtin", "optimal", 70}, {"native", "required", 125}, {"native", "optimal", 55}} {
		if got := count(results[least.engine], least.kind); got.passed < least.passed {
			t.Errorf("%s, %s: %d passed, %d should", least.engine, least.kind, got.passed, least.passed)
		}
	}
	document(t, results)
}

// serve runs the suite's own server.
func serve(t *testing.T, suite string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command("node", "server/server.mjs")
	server.Dir = suite
	server.Env = append(os.Environ(), "npm_config_protocol=http", "npm_config_port="+port, "npm_config_pidfile="+filepath.Join(t.TempDir(), "pid"))
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed
	})
	for deadline := time.Now().Add(edge.Patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close() // it was only to see whether somebody listens
			return address
		}
		if time.Now().After(deadline) {
			t.Fatal("the suite's server does not listen")
		}
	}
}

// address is where the edge listens for TLS.
func address(e *edge.Edge) string {
	for _, tier := range e.Status().Tiers {
		if tier.Role == "tls" {
			return tier.Listen[0]
		}
	}
	return ""
}

// run asks the suite's client for its results.
func run(suite, base string) ([]result, error) {
	client := exec.Command("node", "--no-warnings", "run.mjs")
	var complaints bytes.Buffer
	client.Stderr = &complaints
	client.Env = append(os.Environ(), "SUITE="+suite, "BASE="+base, "NODE_TLS_REJECT_UNAUTHORIZED=0")
	out, err := client.Output()
	if err != nil {
		return nil, fmt.Errorf("the suite's client: %w: %s", err, complaints.String())
	}
	var results []result
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var r result
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.ID != "" { // tests may print, too
			results = append(results, r)
		}
	}
	return results, lines.Err()
}

// figures are how many tests of a kind there are and passed; plain are those of
// them that do not depend on one that failed.
type figures struct{ all, passed, plain int }

func count(results []result, kind string) (f figures) {
	for _, r := range results {
		if r.Kind != kind {
			continue
		}
		f.all++
		if r.Passed {
			f.passed++
			if !r.Depends {
				f.plain++
			}
		}
	}
	return f
}
