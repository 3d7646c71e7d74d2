// Package compare asks the builtin cache and Varnish the same, by the thousand, and each
// mix of engines the same in a sequence of requests and alone, and takes what differs for a
// fault.
package compare

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/test/edge"
)

var (
	count = flag.Int("trials", 400, "how many trials are made")
	first = flag.Uint64("seed", 1, "the first trial's seed; the others' follow")
)

// subject is an edge with an app of its own behind it.
type subject struct {
	app
	*edge.Edge
	base   string
	client *http.Client
}

func TestMain(m *testing.M) { os.Exit(edge.Main(m)) }

const configuration = `
edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  log { access = "off" }
}
site "127.0.0.1" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  cache { ignore_cookies = ["_ga*"] }
  route "/" { backend = "app" }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
}
site "localhost" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  cache {
    grace          = "1h"
    stale_if_error = "1h"
    ignore_cookies = ["_ga*"]
  }
  route "/" { backend = "app" }
}
site "guess.test" {
  tls { self_signed = true }
  backend "app" { servers = ["{app}"] }
  cache {
    heuristic      = true
    ignore_cookies = ["_ga*"]
  }
  route "/" { backend = "app" }
}
`

func start(t *testing.T, c edge.Combination) *subject {
	t.Helper()
	home := edge.NewHome(t, c)
	s := &subject{}
	home.Write("site.hcl", strings.ReplaceAll(configuration, "{app}", s.run(t)))
	s.Edge = home.Run()
	for _, tier := range s.Status().Tiers {
		if tier.Role == "tls" {
			s.base = tier.Listen[0]
		}
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableCompression: true, MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{Transport: transport, Timeout: edge.Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

// outcome is what came of one request.
type outcome struct {
	status int
	header map[string]string
	body   string
	asked  int // how often the app was asked until then
}

// do makes the trial's requests, with a pause between two.
func (s *subject) do(t *testing.T, c *trial, name string, pause time.Duration) []outcome {
	s.expect(name, c)
	var outcomes []outcome
	for i, a := range c.asks {
		if i > 0 {
			time.Sleep(pause)
		}
		path, host := c.path, ""
		switch path {
		case "/stale/":
			path, host = "/", "localhost"
		case "/guess/":
			path, host = "/", "guess.test"
		}
		r, err := http.NewRequest(a.method, "https://"+s.base+path+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		for _, line := range a.lines {
			field, value, _ := strings.Cut(line, ": ")
			r.Header.Add(field, value)
		}
		outcomes = append(outcomes, s.ask(r, name))
	}
	return outcomes
}

func (s *subject) ask(r *http.Request, name string) outcome {
	r.Header.Set("User-Agent", "compare")
	before := s.count(name)
	response, err := s.client.Do(r)
	if err != nil {
		return outcome{body: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		body = append(body, " "+err.Error()...)
	}
	if response.Header.Get("X-Cache") == "STALE" {
		s.refreshed(name, before)
	}
	o := outcome{status: response.StatusCode, header: map[string]string{}, body: string(body), asked: s.count(name)}
	for field, values := range response.Header {
		switch field {
		case "Content-Length", "Connection", "Keep-Alive": // framing
		default:
			o.header[field] = strings.Join(values, ", ")
		}
	}
	return o
}

// refreshed waits until a fresh copy has been asked for behind a stale one. Where
// none is, the counts tell.
func (s *subject) refreshed(name string, before int) {
	for deadline := time.Now().Add(2 * time.Second); s.count(name) == before && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

// remembered reports that an answer may be one that is not to be stored for the
// one who asks, and to be stored for another. Varnish remembers that for a variant,
// the builtin cache for a URL: either may ask the app once more than the other.
func (c *trial) remembered() bool {
	for _, a := range c.asks {
		for _, line := range a.lines {
			if strings.HasPrefix(line, "Authorization: ") {
				return slices.ContainsFunc(c.lines, func(l string) bool {
					return strings.HasPrefix(l, "Vary: ") || strings.HasPrefix(l, "Content-Encoding: ")
				})
			}
		}
	}
	return false
}

// differences says in what two outcomes are not alike, but for how often the app
// was asked where that is left open.
func differences(a, b outcome, open bool) []string {
	var out []string
	add := func(what string, x, y any) { out = append(out, fmt.Sprintf("%s: builtin %v, native %v", what, x, y)) }
	if a.status != b.status {
		add("status", a.status, b.status)
	}
	if a.body != b.body {
		add("body", fmt.Sprintf("%q", a.body), fmt.Sprintf("%q", b.body))
	}
	if open {
		for _, name := range []string{"X-Cache", "X-Serial", "Age", "Date"} {
			delete(a.header, name)
			delete(b.header, name)
		}
	} else if a.asked != b.asked {
		add("asked", a.asked, b.asked)
	}
	names := maps.Clone(a.header)
	maps.Copy(names, b.header)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if x, y := a.header[name], b.header[name]; x != y && !near(name, x, y) {
			add(name, fmt.Sprintf("%q", x), fmt.Sprintf("%q", y))
		}
	}
	return out
}

// near takes times for equal that a busy machine may have moved.
func near(name, x, y string) bool {
	switch name {
	case "Age":
		a, err1 := strconv.Atoi(x)
		b, err2 := strconv.Atoi(y)
		return err1 == nil && err2 == nil && a-b <= 3 && b-a <= 3
	case "Date":
		a, err1 := http.ParseTime(x)
		b, err2 := http.ParseTime(y)
		return err1 == nil && err2 == nil && a.Sub(b).Abs() <= 3*time.Second
	}
	return false
}

func TestBuiltinAndNativeAgree(t *testing.T) {
	edge.Native.Need(t)
	builtin, native := start(t, edge.BuiltIn), start(t, edge.Native)
	var next, failed sync.Mutex
	seed, faults := *first, 0
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for {
				next.Lock()
				mine := seed
				seed++
				next.Unlock()
				failed.Lock()
				enough := faults >= 20
				failed.Unlock()
				if enough || mine >= *first+uint64(*count) {
					return
				}
				if complaint := judge(t, builtin, native, mine); complaint != "" {
					failed.Lock()
					faults++
					failed.Unlock()
					t.Error(complaint)
				}
			}
		})
	}
	workers.Wait()
	builtin.Stop()
	native.Stop()
}

// judge makes one trial, and again in slow steps where it differs: what is being
// stored while the next request comes is a matter of timing.
func judge(t *testing.T, builtin, native *subject, seed uint64) string {
	var found string
	for attempt, pause := range []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond} {
		c := newGenerator(seed).trial(seed)
		name := fmt.Sprintf("t%d-%d", seed, attempt)
		var a, b []outcome
		var both sync.WaitGroup
		both.Go(func() { a = builtin.do(t, c, name, pause) })
		both.Go(func() { b = native.do(t, c, name, pause) })
		both.Wait()
		found = ""
		for i := range a {
			if d := differences(a[i], b[i], c.remembered()); len(d) > 0 {
				found = fmt.Sprintf("%s\n  differs at %d:\n    %s", c, i+1, strings.Join(d, "\n    "))
				break
			}
		}
		if found == "" {
			break
		}
	}
	return found
}
