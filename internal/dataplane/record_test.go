package dataplane

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/site"
)

// lying is a backend that speaks as if it were the web tier.
func lying(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, q.Body)
		lies := "X-Edge-Tier: web\r\nX-Edge-Backend: 6.6.6.6:6\r\nX-Edge-Upstream: 1\r\nx-edge-generation: 1\r\n"
		if q.Header.Get("Upgrade") != "" {
			_, _ = io.WriteString(c, strings.TrimSuffix(switching, "\r\n")+lies+"\r\n")
			_, _ = io.Copy(c, r)
			return
		}
		time.Sleep(10 * time.Millisecond)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"+lies+"\r\nhello")
	}
}

// One line a request, and the same on every mix of tiers.
func TestRecords(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "files/a.txt"), "a file")
	page := filepath.Join(t.TempDir(), "page.html")
	backend := rawApp(t, lying)
	model := simple(t, backend)
	s := &model.Sites[0]
	s.Maintenance = &site.Maintenance{Page: page, RetryAfter: time.Minute}
	s.Backends = append(s.Backends, site.Backend{Name: "dead", Servers: []site.Server{{Host: "127.0.0.1", Port: 1}}})
	s.Routes = append([]site.Route{
		{Path: "/files", Static: &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}}}},
		{Path: "/dead", Backend: "dead", WebSocket: true},
	}, s.Routes...)
	type line struct {
		raw                  string
		status               int
		bytes                int64
		cache, tier, backend string
	}
	lines := map[string]line{
		"backend":               {request("GET", "/x?q=1"), 200, 5, "MISS", "backend", backend},
		"backend, POST":         {request("POST", "/x", "Content-Length: 2") + "ab", 200, 5, "PASS", "backend", backend},
		"backend, HEAD":         {request("HEAD", "/x"), 200, 0, "MISS", "backend", backend},
		"stored, first":         {request("GET", "/ttl/x"), 200, 5, "MISS", "backend", backend},
		"stored, then":          {request("GET", "/ttl/x"), 200, 5, "HIT", "cache", ""},
		"file":                  {request("GET", "/files/a.txt"), 200, 6, "PASS", "web", ""},
		"no file":               {request("GET", "/files/b.txt"), 404, 14, "PASS", "web", ""},
		"redirect of a route":   {request("GET", "/old"), 302, 10, "MISS", "web", ""},
		"redirect of an alias":  {"GET /a HTTP/1.1\r\nHost: www.chat.example\r\n\r\n", 301, 22, "PASS", "cache", ""},
		"nobody's host":         {"GET /a HTTP/1.1\r\nHost: other.example\r\n\r\n", 421, 24, "PASS", "cache", ""},
		"method":                {request("BREW", "/"), 405, 23, "PASS", "cache", ""},
		"too large":             {request("POST", "/x", "Content-Length: 9999999"), 413, 22, "PASS", "cache", ""},
		"dead backend":          {request("GET", "/dead"), 502, 16, "MISS", "web", "127.0.0.1:1"},
		"WebSocket, half":       {request("GET", "/ws", "Upgrade: websocket"), 400, 16, "PASS", "cache", ""},
		"WebSocket, dead":       {handshake("/dead"), 502, 16, "PASS", "cache", "127.0.0.1:1"},
		"WebSocket":             {handshake("/ws") + "talk\n", 101, 5, "PASS", "backend", backend},
		"zz maintenance":        {request("GET", "/x"), 503, 4, "PASS", "web", ""},
		"zz maintenance, route": {request("GET", "/old"), 503, 4, "PASS", "web", ""},
	}
	for mix, roles := range mixes {
		t.Run(mix, func(t *testing.T) {
			_ = remove(page)
			e := spread(t, model, roles)
			logging := e.cache
			for _, name := range slices.Sorted(maps.Keys(lines)) {
				want := lines[name]
				if strings.HasPrefix(name, "zz") {
					write(t, page, "soon")
				}
				before := len(logging.records())
				began := time.Now()
				c := e.dial(t)
				_, _ = io.WriteString(c, want.raw)
				method, target, _ := strings.Cut(want.raw, " ")
				r := bufio.NewReader(c)
				response, err := http.ReadResponse(r, &http.Request{Method: method})
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if want.status == 101 {
					_, _ = r.ReadString('\n')
					if n := len(logging.records()); n != before {
						t.Errorf("%s: logged before its end", name)
					}
					time.Sleep(20 * time.Millisecond) // so that it has a duration
				} else {
					_, _ = io.Copy(io.Discard, response.Body)
				}
				c.Close()
				for field := range response.Header {
					if strings.HasPrefix(field, "X-Edge-") {
						t.Errorf("%s: leaks %s", name, field)
					}
				}
				eventually(t, name+" is logged", func() bool { return len(logging.records()) > before })
				all := logging.records()
				got := all[len(all)-1]
				target, _, _ = strings.Cut(target, " ")
				if len(all) != before+1 || got.Method != method || got.Path != target || got.Status != want.status || got.Bytes != want.bytes ||
					got.Cache != want.cache || got.Tier != want.tier || got.Backend != want.backend {
					t.Errorf("%s: %d lines, %+v", name, len(all)-before, got)
				}
				if got.ID == "" || got.Client.String() != "127.0.0.1" || got.Protocol != "HTTP/1.1" || !strings.Contains(want.raw, "Host: "+got.Host+"\r\n") ||
					got.Time.Before(began) || got.Duration <= 0 || got.Duration > time.Since(began) {
					t.Errorf("%s: %+v", name, got)
				}
				asked := want.backend == backend && want.status != 101
				if asked && (got.Upstream < 10*time.Millisecond || got.Upstream > got.Duration) || want.backend == "" && got.Upstream != 0 {
					t.Errorf("%s: upstream took %s of %s", name, got.Upstream, got.Duration)
				}
				if want.status == 101 && (got.Received != 5 || got.Duration < 20*time.Millisecond || got.Upstream <= 0) {
					t.Errorf("%s: %+v", name, got)
				}
			}
		})
	}
}

// Who waits for another's fetch is told whose answer it was.
func TestRecordsShared(t *testing.T) {
	release, fetches := make(chan bool), atomic.Int64{}
	backend := app(t, func(w http.ResponseWriter, r *http.Request) { fetches.Add(1); <-release; _, _ = io.WriteString(w, "x") })
	e := start(t, simple(t, backend))
	// The second may come too late to share; then it is tried again.
	for attempt := range 50 {
		before, logged := fetches.Load(), len(e.records())
		done := make(chan bool)
		for range 2 {
			go func() { e.get(t, fmt.Sprint("/ttl/", attempt)); done <- true }()
		}
		eventually(t, "both ask", func() bool { return e.plane.Requests() == 2 && fetches.Load() > before })
		time.Sleep(time.Duration(attempt) * time.Millisecond)
		for waiting := 2; waiting > 0; {
			select {
			case release <- true:
			case <-done:
				waiting--
			}
		}
		eventually(t, "both are logged", func() bool { return len(e.records()) == logged+2 && e.plane.Requests() == 0 })
		both := e.records()[logged:]
		if fetches.Load() != before+1 || both[0].Cache != "MISS" || both[1].Cache != "MISS" {
			continue
		}
		for _, r := range both {
			if r.Tier != "backend" || r.Backend != backend || r.Upstream <= 0 {
				t.Errorf("%+v", r)
			}
		}
		return
	}
	t.Error("no fetch was shared")
}

func TestRecordStale(t *testing.T) {
	fail := make(chan bool, 1)
	model := simple(t, rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil || len(fail) > 0 {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\nAge: 1\r\nContent-Length: 0\r\n\r\n")
		}
	}))
	model.Sites[0].Cache.StaleIfError = time.Hour
	e := start(t, model)
	e.get(t, "/x")
	eventually(t, "stale", func() bool {
		if len(fail) == 0 {
			fail <- true
		}
		return e.get(t, "/x").Header.Get("X-Cache") == "STALE"
	})
	eventually(t, "logged", func() bool { r := e.records(); return r[len(r)-1].Cache == "STALE" })
	r := e.records()
	if last := r[len(r)-1]; last.Tier != "cache" || last.Status != 200 {
		t.Errorf("%+v", last)
	}
}

// What a native web tier notes is read and goes no further; what stood there
// before, an app has written.
func TestRecordNotes(t *testing.T) {
	dir := shortDir(t)
	webPath := filepath.Join(dir, "web.sock")
	tests := map[string]struct {
		notes         string
		tier, backend string
		upstream      time.Duration
	}{
		"none":            {"", "web", "", 0},
		"a backend":       {"X-Edge-Tier: backend 1500 10.0.0.1:80\r\n", "backend", "10.0.0.1:80", 1500 * time.Microsecond},
		"a file":          {"X-Edge-Tier: web  \r\n", "web", "", 0},
		"with a space":    {"X-Edge-Tier: backend 1500 unix:/an app\r\n", "backend", "unix:/an app", 1500 * time.Microsecond},
		"without a time":  {"X-Edge-Tier: backend  unix:/app\r\n", "backend", "unix:/app", 0},
		"after an app's":  {"X-Edge-Tier: web 1 x\r\nX-Edge-Tier: backend 2 unix:/app\r\n", "backend", "unix:/app", 2 * time.Microsecond},
		"nonsense":        {"X-Edge-Tier: moon -1 x\r\nX-Edge-Else: 1\r\n", "web", "", 0},
		"a very long one": {"X-Edge-Tier: backend 999999999999999999\r\n", "backend", "", 0},
	}
	native := listen(t, "unix", webPath)
	defer native.Close()
	var answers sync.WaitGroup
	defer answers.Wait()
	answers.Go(func() {
		for {
			c, err := native.Accept()
			if err != nil {
				return
			}
			if q, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n"+tests[q.Header.Get("X-Test")].notes+"\r\n")
			}
			c.Close()
		}
	})
	e := start(t, simple(t, ""), func(o *Options) { o.Roles, o.WebPath = Roles{TLS: true, Cache: true}, webPath })
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := len(e.records())
			got := e.get(t, "/ttl/"+strings.ReplaceAll(name, " ", "-"), "X-Test: "+name)
			for field := range got.Header {
				if strings.HasPrefix(field, "X-Edge-") {
					t.Errorf("leaks %s", field)
				}
			}
			eventually(t, "logged", func() bool { return len(e.records()) > before })
			if r := e.records()[before]; r.Tier != test.tier || r.Backend != test.backend || r.Upstream != test.upstream {
				t.Errorf("%+v", r)
			}
		})
	}
	native.Close()
}
