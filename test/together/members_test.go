package together

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/cluster"
	"edgegen/internal/site"
	"edgegen/test/edge"
)

// each runs a test with every party.
func each(t *testing.T, test func(t *testing.T, combinations []edge.Combination)) {
	for name, combinations := range parties() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait more than they work
			test(t, combinations)
		})
	}
}

// Each URL is fetched once for all members, whichever of them is asked for it, by
// whichever version of HTTP, at the same time or later.
func TestN1Once(t *testing.T) {
	each(t, func(t *testing.T, combinations []edge.Combination) {
		p := gather(t, combinations)
		const urls = 60
		ask := func(want string) {
			var all sync.WaitGroup
			for i, e := range p.edges {
				for _, protocol := range []string{"h1", "h2"} {
					c := client(e, protocol)
					defer c.CloseIdleConnections()
					for n := range urls {
						all.Go(func() {
							path := fmt.Sprintf("/%d", (n*7+i*20)%urls)
							status, text, header, err := get(c, path)
							if err != nil || status != 200 || text != path+" 1" || header.Get("X-Frame-Options") != "DENY" || header.Get("Cache-Tag") != "" || want != "" && header.Get("X-Cache") != want {
								t.Errorf("member %d answers %s with %d %q %v %v", i, path, status, text, header, err)
							}
							for name := range header {
								if strings.HasPrefix(name, "X-Edge-") {
									t.Errorf("a client is told %s", name)
								}
							}
						})
					}
				}
			}
			all.Wait()
		}
		ask("")
		ask("HIT")
		if total, most := p.app.counted(); total != urls || most != 1 {
			t.Errorf("the app was asked %d times for %d URLs, %d times for one", total, urls, most)
		}
		for path, h := range p.app.heads {
			if h.Get("X-Real-Ip") != "127.0.0.1" || h.Get("X-Forwarded-For") != "127.0.0.1" || h.Get("X-Forwarded-Proto") != "https" || h.Get("X-Forwarded-Host") != host || h.Get("X-Request-Id") == "" {
				t.Errorf("the app was asked for %s with %v", path, h)
			}
			for name := range h {
				if strings.HasPrefix(name, "X-Edge-") {
					t.Errorf("the app is told %s", name)
				}
			}
		}
	})
}

// What the owner has had stored for a while, others keep for the rest of its time alone.
func TestN1Freshness(t *testing.T) {
	each(t, func(t *testing.T, combinations []edge.Combination) {
		p := gather(t, combinations)
		began := time.Now()
		asked := func(e *edge.Edge) string {
			c := client(e, "h1")
			defer c.CloseIdleConnections()
			status, text, _, err := get(c, "/ttl/a")
			if err != nil || status != 200 {
				t.Fatal(status, text, err)
			}
			return text
		}
		for i, e := range p.edges {
			time.Sleep(time.Until(began.Add(time.Duration(i) * 1300 * time.Millisecond)))
			if got := asked(e); got != "/ttl/a 1" {
				t.Errorf("member %d answers %q after %v", i, got, time.Since(began))
			}
		}
		time.Sleep(time.Until(began.Add(5500 * time.Millisecond)))
		for i, e := range p.edges {
			if got := asked(e); got != "/ttl/a 2" {
				t.Errorf("member %d answers %q after %v, with a ttl of 4s", i, got, time.Since(began))
			}
		}
	})
}

// A member that is killed under load fails no request that others are asked, and only its
// share is fetched anew. One that comes back has its share again.
func TestN3Killed(t *testing.T) {
	each(t, func(t *testing.T, combinations []edge.Combination) {
		p := gather(t, combinations)
		const urls = 90
		for n := range urls {
			c := client(p.edges[2], "h1")
			if status, text, _, err := get(c, fmt.Sprintf("/%d", n)); err != nil || status != 200 {
				t.Fatal(status, text, err)
			}
			c.CloseIdleConnections()
		}
		p.app.reset()
		var stop atomic.Bool
		var requests atomic.Int64
		var all sync.WaitGroup
		for i, e := range p.edges[:2] {
			for _, protocol := range []string{"h1", "h2"} {
				all.Go(func() {
					c := client(e, protocol)
					defer c.CloseIdleConnections()
					for n := 0; !stop.Load(); n = (n + 1) % urls {
						requests.Add(1)
						if status, text, _, err := get(c, fmt.Sprintf("/%d", n)); err != nil || status != 200 {
							t.Errorf("member %d answers /%d with %d %q %v", i, n, status, text, err)
						}
					}
				})
			}
		}
		p.edges[2].Kill()
		p.edges[2] = nil
		p.settle(2)
		time.Sleep(time.Second)
		stop.Store(true)
		all.Wait()
		owned := 0
		for n := range urls {
			if p.owner(fmt.Sprintf("/%d", n)) == p.names[2] {
				owned++
			}
		}
		// What both ask for in the moment in which the other one is lost each fetches for
		// itself, and once more the next owner, where one has not noticed yet.
		if total, most := p.app.counted(); total > owned+6 || most > 3 || owned == 0 {
			t.Errorf("%d URLs were fetched anew, %d times one, in %d requests; the lost member owned %d of %d", total, most, requests.Load(), owned, urls)
		}
		p.edges[2] = p.homes[2].Run()
		p.settle(3)
	})
}

// owner is who owns a URL, by the hash alone.
func (p *party) owner(path string) string {
	var names []cluster.Name
	for _, n := range p.names {
		names = append(names, cluster.NewName(n))
	}
	return cluster.Rank(host+path, names)[0].Text
}

// A purge that one member is asked for reaches all; a member that was away, stopped or
// killed, serves nothing when it is back that was purged meanwhile.
func TestN5Purges(t *testing.T) {
	each(t, func(t *testing.T, combinations []edge.Combination) {
		p := gather(t, combinations)
		newer := false // another answer than the one wanted may be newer
		everywhere := func(want int) {
			t.Helper()
			for i, e := range p.edges {
				c := client(e, "h1")
				for _, path := range []string{"/1", "/2", "/3", "/4"} {
					status, text, _, err := get(c, path)
					if again := fmt.Sprintf("%s %d", path, want+1); err != nil || text != fmt.Sprintf("%s %d", path, want) && (!newer || text != again) {
						t.Errorf("member %d answers %s with %d %q %v, want %d", i, path, status, text, err, want)
					}
				}
				c.CloseIdleConnections()
			}
		}
		everywhere(1)
		purge := func(e *edge.Edge, arguments ...string) edge.Result {
			return e.Verb("purge", arguments...)
		}
		if r := purge(p.edges[1], "--tag", "all"); r.Code != 0 || !strings.Contains(r.Out, "at 3 members") {
			t.Fatalf("%+v", r)
		}
		everywhere(2)
		request, err := http.NewRequest("PURGE", "https://"+host+"/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		method := func(path string, want int) {
			request.URL.Path = path
			for _, protocol := range []string{"h1", "h2"} {
				c := client(p.edges[0], protocol)
				r, err := c.Do(request)
				if err != nil || r.StatusCode != want {
					t.Fatalf("PURGE %s over %s: %v, %v; want %d", path, protocol, r, err, want)
				}
				_, _ = io.Copy(io.Discard, r.Body)
				r.Body.Close()
				c.CloseIdleConnections()
			}
		}
		for _, path := range []string{"/1", "/2", "/3", "/4"} {
			method(path, 200)
		}
		everywhere(3)
		// It hangs, and is told of nothing; then it goes on.
		p.edges[2].Signal(syscall.SIGSTOP)
		p.edges[0].Until("the member that hangs is noticed", 15*time.Second, func(s api.Status) bool {
			return slices.ContainsFunc(s.Cluster.Members, func(m api.MemberStatus) bool { return m.Name == p.names[2] && m.State == "down" })
		})
		for _, path := range []string{"/1", "/2", "/3"} {
			if r := purge(p.edges[0], "https://"+host+path); r.Code != 1 || !strings.Contains(r.Err, p.names[2]) {
				t.Errorf("%+v", r)
			}
		}
		method("/4", 503) // not all have forgotten it
		p.edges[2].Signal(syscall.SIGCONT)
		p.settle(3)
		everywhere(4)
		// It is not running, and is told when it starts.
		p.edges[2].Kill()
		p.edges[2].Ends()
		if r := purge(p.edges[1], "--site", host); r.Code != 1 || !strings.Contains(r.Err, p.names[2]) {
			t.Errorf("%+v", r)
		}
		p.edges[2] = p.homes[2].Run()
		newer = true // while the others do not know that it is back, they ask the app for what it owns
		everywhere(5)
	})
}

// What an unsafe request changes is fetched anew by the edge that it came through, whoever
// owns it.
func TestK1Changed(t *testing.T) {
	each(t, func(t *testing.T, combinations []edge.Combination) {
		p := gather(t, combinations)
		c := client(p.edges[1], "h1")
		defer c.CloseIdleConnections()
		for n := range 12 {
			path := fmt.Sprintf("/%d", n)
			if _, text, _, err := get(c, path); err != nil || text != path+" 1" {
				t.Fatal(text, err)
			}
			r, err := c.Post("https://"+host+path, "text/plain", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
			if combinations[1].Cache != site.Builtin {
				time.Sleep(500 * time.Millisecond) // varnishd's log is read; nothing tells when
			}
			if _, text, _, err := get(c, path); err != nil || text != path+" 3" {
				t.Errorf("after a POST, %q is answered (%v)", text, err)
			}
		}
	})
}

// Without the secret nobody is a member; with another one an edge answers for itself.
func TestN2OtherSecret(t *testing.T) {
	p := gather(t, []edge.Combination{edge.BuiltIn, edge.BuiltIn})
	p.write(1, p.names, strings.ToUpper(secret))
	if r := p.edges[1].Reload(); r.Code != 0 {
		t.Fatalf("%+v", r)
	}
	for i, e := range p.edges {
		e.Until("the other one is a stranger", 10*time.Second, func(s api.Status) bool {
			for _, m := range s.Cluster.Members {
				if m.Name == p.names[1-i] && m.State == "down" && strings.Contains(m.Problem, "secret") {
					return true
				}
			}
			return false
		})
		c := client(e, "h1")
		if status, text, _, err := get(c, "/1"); err != nil || status != 200 {
			t.Errorf("%d answers %d %q %v", i, status, text, err)
		}
		c.CloseIdleConnections()
	}
	if _, most := p.app.counted(); most != 2 {
		t.Errorf("the app was asked %d times, want once by each", most)
	}
}
