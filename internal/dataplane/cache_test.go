package dataplane

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// scripted is a backend that answers each request for a path with the next of
// the responses that the test has laid down for it, and the last one for ever.
type scripted struct {
	mu    sync.Mutex
	count map[string]int
	heads map[string][]http.Header
	steps map[string][]string // "status; Name: value; ... | body"
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := s.count[r.URL.Path]
	s.count[r.URL.Path]++
	s.heads[r.URL.Path] = append(s.heads[r.URL.Path], r.Header.Clone())
	steps := s.steps[r.URL.Path]
	s.mu.Unlock()
	if len(steps) == 0 {
		w.WriteHeader(404)
		return
	}
	head, body, _ := strings.Cut(steps[min(n, len(steps)-1)], " | ")
	fields := strings.Split(head, "; ")
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, ": ")
		w.Header().Add(name, value)
	}
	status := 0
	_, _ = fmt.Sscan(fields[0], &status)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// TestCache asks for one path several times. An ask is the method with header
// lines; what is wanted is "status X-Cache body".
func TestCache(t *testing.T) {
	day := "Cache-Control: max-age=86400"
	past := "Date: Mon, 01 Jan 2024 00:00:00 GMT; Expires: Mon, 01 Jan 2024 00:00:00 GMT"
	tests := map[string]struct {
		path string
		app  []string
		asks []string
		want []string
	}{
		"K1 explicit freshness":        {"", []string{"200; " + day + " | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 none":                      {"", []string{"200 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 route's ttl":               {"/ttl/a", []string{"200 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 ttl, 404":                  {"/ttl/b", []string{"404 | a", "200 | b"}, []string{"GET", "GET"}, []string{"404 MISS a", "404 HIT a"}},
		"K1 ttl, not for 302":          {"/ttl/c", []string{"302; Location: /x | a", "200 | b"}, []string{"GET", "GET"}, []string{"302 MISS a", "200 MISS b"}},
		"K1 ttl, not for 500":          {"/ttl/d", []string{"500 | a", "200 | b"}, []string{"GET", "GET"}, []string{"500 MISS a", "200 MISS b"}},
		"K1 ttl gives way":             {"/ttl/e", []string{"200; Cache-Control: max-age=0 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 no-store":                  {"", []string{"200; Cache-Control: no-store, max-age=9 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 private":                   {"", []string{"200; Cache-Control: private, max-age=9 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 Set-Cookie":                {"", []string{"200; Set-Cookie: a=b; " + day + " | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 expired":                   {"", []string{"200; " + past + " | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 s-maxage before max-age":   {"", []string{"200; Cache-Control: s-maxage=0, max-age=9 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 Age counts":                {"", []string{"200; Cache-Control: max-age=60; Age: 61 | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 error with freshness":      {"", []string{"503; " + day + " | a", "200 | b"}, []string{"GET", "GET"}, []string{"503 MISS a", "200 MISS b"}},
		"K1 the same where a ttl is":   {"/ttl/f", []string{"503; " + day + " | a", "200 | b"}, []string{"GET", "GET"}, []string{"503 MISS a", "503 HIT a"}},
		"K1 coding without Vary":       {"", []string{"200; Content-Encoding: gzip; " + day + " | a", "200; " + day + " | b"}, []string{"GET Accept-Encoding: gzip", "GET Accept-Encoding: gzip", "GET"}, []string{"200 MISS a", "200 HIT a", "200 MISS b"}},
		"K1 stored later":              {"", []string{"200 | a", "200; " + day + " | b", "200 | c"}, []string{"GET", "GET", "GET"}, []string{"200 MISS a", "200 MISS b", "200 HIT b"}},
		"K1 Authorization":             {"", []string{"200; " + day + " | a", "200; " + day + " | b"}, []string{"GET Authorization: x", "GET Authorization: x"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 Authorization, public":     {"", []string{"200; Cache-Control: public, max-age=9 | a"}, []string{"GET Authorization: x", "GET Authorization: y"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 anonymous copy kept apart": {"", []string{"200; " + day + " | a", "200; " + day + " | b"}, []string{"GET", "GET Authorization: x"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 Vary":                      {"", []string{"200; Vary: X-A; " + day + " | a", "200; Vary: X-A; " + day + " | b"}, []string{"GET X-A: 1", "GET X-A: 2", "GET X-A: 1", "GET X-A: 2"}, []string{"200 MISS a", "200 MISS b", "200 HIT a", "200 HIT b"}},
		"K1 Vary, absent":              {"", []string{"200; Vary: X-A; " + day + " | a", "200; Vary: X-A; " + day + " | b"}, []string{"GET", "GET X-A: 1", "GET"}, []string{"200 MISS a", "200 MISS b", "200 HIT a"}},
		"K1 Vary, lines and spaces":    {"", []string{"200; Vary: X-A; " + day + " | a"}, []string{"GET X-A: 1,2", "GET X-A: 1\r\nX-A:  2"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 Vary *":                    {"", []string{"200; Vary: *; " + day + " | a", "200 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS b"}},
		"K1 Accept-Encoding":           {"", []string{"200; Vary: Accept-Encoding; " + day + " | a"}, []string{"GET Accept-Encoding: gzip, deflate", "GET Accept-Encoding: deflate,gzip;q=0.5"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 validators":                {"", []string{"200; ETag: \"1\"; Cache-Control: no-cache | a", "304; ETag: \"1\"; Cache-Control: max-age=9", "200 | c"}, []string{"GET", "GET", "GET"}, []string{"200 MISS a", "200 MISS a", "200 HIT a"}},
		"K1 changed":                   {"", []string{"200; ETag: \"1\"; Cache-Control: no-cache | a", "200; ETag: \"2\"; " + day + " | b"}, []string{"GET", "GET", "GET"}, []string{"200 MISS a", "200 MISS b", "200 HIT b"}},
		"K1 304 of another":            {"", []string{"200; ETag: \"1\"; Cache-Control: no-cache | a", "304; ETag: \"2\"", "200 | c"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 MISS c"}},
		"K1 HEAD from GET":             {"", []string{"200; " + day + " | abc"}, []string{"GET", "HEAD"}, []string{"200 MISS abc", "200 HIT "}},
		"K1 HEAD is not stored":        {"", []string{"200; " + day + " | a"}, []string{"HEAD", "HEAD", "GET"}, []string{"200 MISS ", "200 MISS ", "200 MISS a"}},
		"K1 range from whole":          {"", []string{"200; " + day + " | 0123456789"}, []string{"GET", "GET Range: bytes=2-3"}, []string{"200 MISS 0123456789", "206 HIT 23"}},
		"K1 whole from range":          {"", []string{"200; " + day + " | 0123456789"}, []string{"GET Range: bytes=2-3", "GET"}, []string{"206 MISS 23", "200 HIT 0123456789"}},
		"K1 condition from stored":     {"", []string{"200; ETag: \"1\"; " + day + " | a"}, []string{"GET", "GET If-None-Match: \"1\""}, []string{"200 MISS a", "304 HIT "}},
		"K1 condition on a miss":       {"", []string{"200; ETag: \"1\"; " + day + " | a"}, []string{"GET If-None-Match: \"1\"", "GET"}, []string{"304 MISS ", "200 HIT a"}},
		"K1 POST invalidates":          {"", []string{"200; " + day + " | a", "200 | b", "200 | c"}, []string{"GET", "POST Content-Length: 0", "GET"}, []string{"200 MISS a", "200 PASS b", "200 MISS c"}},
		"K1 failed POST does not":      {"", []string{"200; " + day + " | a", "500 | b"}, []string{"GET", "POST Content-Length: 0", "GET"}, []string{"200 MISS a", "500 PASS b", "200 HIT a"}},
		"K1 client cannot bypass":      {"", []string{"200; " + day + " | a"}, []string{"GET", "GET Cache-Control: no-cache\r\nPragma: no-cache"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 must-understand":           {"", []string{"200; Cache-Control: no-store, must-understand, max-age=9 | a"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 HIT a"}},
		"K1 204":                       {"", []string{"204; " + day}, []string{"GET", "GET"}, []string{"204 MISS ", "204 HIT "}},
		"K2 cookie":                    {"", []string{"200; " + day + " | a", "200; " + day + " | b"}, []string{"GET", "GET Cookie: id=1", "GET"}, []string{"200 MISS a", "200 PASS b", "200 HIT a"}},
		"K2 ignored cookie":            {"", []string{"200; " + day + " | a"}, []string{"GET Cookie: _ga=1; _gat=2", "GET Cookie: _ga_x=3"}, []string{"200 MISS a", "200 HIT a"}},
		"K2 one of two ignored":        {"", []string{"200; " + day + " | a"}, []string{"GET", "GET Cookie: _ga=1; id=2"}, []string{"200 MISS a", "200 PASS a"}},
		"K4 stale-if-error, 503":       {"", []string{"200; Cache-Control: max-age=0, stale-if-error=60 | a", "503 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 STALE a"}},
		"K4 stale-if-error, closed":    {"", []string{"200; Cache-Control: max-age=0, stale-if-error=60 | a", "0"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 STALE a"}},
		"K4 no stale: must-revalidate": {"", []string{"200; Cache-Control: max-age=0, must-revalidate, stale-if-error=60 | a", "503 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "503 MISS b"}},
		"K4 stale-while-revalidate":    {"", []string{"200; Cache-Control: max-age=0, stale-while-revalidate=60 | a", "503 | b"}, []string{"GET", "GET"}, []string{"200 MISS a", "200 STALE a"}},
	}
	s := &scripted{count: map[string]int{}, heads: map[string][]http.Header{}, steps: map[string][]string{}}
	i := 0
	for name, test := range tests {
		if i++; test.path == "" {
			test.path = fmt.Sprintf("/p%d", i)
			tests[name] = test
		}
		s.steps[test.path] = test.app
	}
	e := start(t, simple(t, app(t, s.ServeHTTP)))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for i, ask := range test.asks {
				method, fields, _ := strings.Cut(ask, " ")
				var lines []string
				if fields != "" {
					lines = []string{fields}
				}
				r := e.ask(t, request(method, test.path, lines...))
				got := fmt.Sprintf("%d %s %s", r.StatusCode, r.Header.Get("X-Cache"), r.text)
				if got != test.want[i] || r.err != nil {
					t.Errorf("ask %d: got %q %v, want %q", i, got, r.err, test.want[i])
				}
				if r.Header.Get("X-Cache") == "HIT" && r.Header.Get("Age") == "" {
					t.Error("no Age")
				}
				if strings.Contains(test.want[i], "MISS") {
					eventually(t, "landed", func() bool { return e.plane.front.flights.Len() == 0 })
				}
			}
		})
	}
	t.Run("K2 ignored cookies stay here", func(t *testing.T) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, h := range s.heads[tests["K2 ignored cookie"].path] {
			if h.Get("Cookie") != "" {
				t.Errorf("the backend saw %q", h.Get("Cookie"))
			}
		}
	})
}

// A hundred clients, one fetch; each reads along as the body comes.
func TestK3Coalescing(t *testing.T) {
	var fetches atomic.Int64
	half, rest := make(chan struct{}), make(chan struct{})
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		fetches.Add(1)
		w.Header().Set("Cache-Control", "max-age=60")
		<-half
		_, _ = io.WriteString(w, "first\n")
		w.(http.Flusher).Flush()
		<-rest
		_, _ = io.WriteString(w, "second\n")
	})))
	const clients = 100
	var all sync.WaitGroup
	var first atomic.Int64
	conns := make([]*bufio.Reader, clients)
	for i := range clients {
		c := e.dial(t)
		_, _ = io.WriteString(c, request("GET", "/shared"))
		conns[i] = bufio.NewReader(c)
	}
	close(half)
	for _, r := range conns {
		all.Go(func() {
			response, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Error(err)
				first.Add(1)
				return
			}
			body := bufio.NewReader(response.Body)
			line, _ := body.ReadString('\n')
			first.Add(1)
			if line2, err := io.ReadAll(body); line != "first\n" || string(line2) != "second\n" || err != nil {
				t.Errorf("%q %q %v", line, line2, err)
			}
		})
	}
	eventually(t, "everybody has the first half", func() bool { return first.Load() == clients })
	close(rest)
	all.Wait()
	if n := fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestE2CutOff(t *testing.T) {
	var asked atomic.Int64
	e := start(t, simple(t, rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		request, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		asked.Add(1)
		head := "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n"
		switch request.URL.Path {
		case "/counted":
			_, _ = io.WriteString(c, head+"Content-Length: 10\r\n\r\nshort")
		case "/chunked":
			_, _ = io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n")
		case "/mid-chunk":
			_, _ = io.WriteString(c, head+"Transfer-Encoding: chunked\r\n\r\na\r\nshort")
		case "/large":
			_, _ = io.WriteString(c, head+"Content-Length: 100000000\r\n\r\n"+strings.Repeat("x", 1<<20))
		}
	})))
	for _, path := range []string{"/counted", "/chunked", "/mid-chunk", "/large"} {
		for _, version := range []string{"1.1", "1.0"} {
			t.Run(path+" "+version, func(t *testing.T) {
				before := asked.Load()
				for range 2 {
					got := e.ask(t, strings.Replace(request("GET", path), "1.1", version, 1))
					if got.StatusCode == 200 && got.err == nil {
						t.Errorf("looks whole: %q", got.text)
					}
				}
				if n := asked.Load() - before; n < 2 {
					t.Errorf("%d fetches: it was stored", n)
				}
			})
		}
	}
}

func TestK4Grace(t *testing.T) {
	var n atomic.Int64
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=1")
		w.Header().Set("Age", "1") // stale at once
		if i := n.Add(1); i > 1 {
			w.Header().Set("Age", "0")
		}
		fmt.Fprintf(w, "%d", n.Load())
	}))
	model.Sites[0].Cache.Grace = time.Minute
	e := start(t, model)
	for _, want := range []string{"MISS 1", "STALE 1"} {
		r := e.get(t, "/x")
		if got := r.Header.Get("X-Cache") + " " + r.text; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		eventually(t, "landed", func() bool { return e.plane.front.flights.Len() == 0 })
	}
	if r := e.get(t, "/x"); r.text != "2" || r.Header.Get("X-Cache") == "MISS" {
		t.Errorf("got %q %v", r.text, r.Header)
	}
}
