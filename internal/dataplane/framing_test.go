package dataplane

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What leaves a doubt about where a request ends, or what it says, is refused
// and reaches nobody.
func TestE4Malformed(t *testing.T) {
	var reached atomic.Int64
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { reached.Add(1) })))
	host := "Host: " + chatHost + "\r\n"
	tests := map[string]string{
		"both lengths":             "POST / HTTP/1.1\r\n" + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"conflicting lengths":      "POST / HTTP/1.1\r\n" + host + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
		"equal lengths twice":      "POST / HTTP/1.1\r\n" + host + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
		"length list":              "POST / HTTP/1.1\r\n" + host + "Content-Length: 4, 4\r\n\r\nabcd",
		"negative length":          "POST / HTTP/1.1\r\n" + host + "Content-Length: -4\r\n\r\nabcd",
		"signed length":            "POST / HTTP/1.1\r\n" + host + "Content-Length: +4\r\n\r\nabcd",
		"hexadecimal length":       "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x4\r\n\r\nabcd",
		"empty length":             "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n",
		"coding twice":             "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"coding list":              "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"unknown coding":           "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"identity coding":          "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n",
		"coding in 1.0":            "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"vertical tab in coding":   "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
		"bare LF after line":       "GET / HTTP/1.1\n" + host + "\r\n",
		"bare LF after field":      "GET / HTTP/1.1\r\nHost: " + chatHost + "\n\r\n",
		"bare LF at the end":       "GET / HTTP/1.1\r\n" + host + "\n",
		"bare CR in field":         "GET / HTTP/1.1\r\n" + host + "X: a\rb\r\n\r\n",
		"bare CR as line end":      "GET / HTTP/1.1\r" + host + "\r\n\r\n",
		"folded line":              "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n",
		"folded first line":        "GET / HTTP/1.1\r\n Host: x\r\n" + host + "\r\n",
		"space before colon":       "GET / HTTP/1.1\r\n" + host + "X : a\r\n\r\n",
		"tab before colon":         "GET / HTTP/1.1\r\n" + host + "X\t: a\r\n\r\n",
		"no colon":                 "GET / HTTP/1.1\r\n" + host + "Nonsense\r\n\r\n",
		"empty name":               "GET / HTTP/1.1\r\n" + host + ": a\r\n\r\n",
		"NUL in value":             "GET / HTTP/1.1\r\n" + host + "X: a\x00b\r\n\r\n",
		"control in value":         "GET / HTTP/1.1\r\n" + host + "X: a\x01b\r\n\r\n",
		"DEL in value":             "GET / HTTP/1.1\r\n" + host + "X: a\x7fb\r\n\r\n",
		"NUL in target":            "GET /\x00 HTTP/1.1\r\n" + host + "\r\n",
		"space in target":          "GET /a b HTTP/1.1\r\n" + host + "\r\n",
		"tab as separator":         "GET\t/\tHTTP/1.1\r\n" + host + "\r\n",
		"two spaces":               "GET  / HTTP/1.1\r\n" + host + "\r\n",
		"fragment":                 "GET /a#b HTTP/1.1\r\n" + host + "\r\n",
		"no version":               "GET /\r\n" + host + "\r\n",
		"lower case version":       "GET / http/1.1\r\n" + host + "\r\n",
		"relative target":          "GET index.html HTTP/1.1\r\n" + host + "\r\n",
		"ftp target":               "GET ftp://" + chatHost + "/ HTTP/1.1\r\n" + host + "\r\n",
		"no host":                  "GET / HTTP/1.1\r\n\r\n",
		"empty host":               "GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"two hosts":                "GET / HTTP/1.1\r\n" + host + host + "\r\n",
		"host with a path":         "GET / HTTP/1.1\r\nHost: " + chatHost + "/x\r\n\r\n",
		"host with a user":         "GET / HTTP/1.1\r\nHost: a@" + chatHost + "\r\n\r\n",
		"host with a wrong port":   "GET / HTTP/1.1\r\nHost: " + chatHost + ":8x\r\n\r\n",
		"broken escape":            "GET /%zz HTTP/1.1\r\n" + host + "\r\n",
		"cut escape":               "GET /a%2 HTTP/1.1\r\n" + host + "\r\n",
		"encoded NUL":              "GET /a%00b HTTP/1.1\r\n" + host + "\r\n",
		"chunk size missing":       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n",
		"chunk size signed":        "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
		"chunk size with 0x":       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
		"chunk size too long":      "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("0", 20) + "3\r\nabc\r\n0\r\n\r\n",
		"chunk size over 63 bits":  "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n0\r\n\r\n",
		"chunk size then space":    "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
		"chunk ended by LF":        "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
		"chunk data without CRLF":  "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
		"LF in a chunk extension":  "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;a\nb\r\nabc\r\n0\r\n\r\n",
		"NUL in a chunk extension": "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3;a\x00\r\nabc\r\n0\r\n\r\n",
		"malformed trailer":        "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nX : a\r\n\r\n",
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			c := e.dial(t)
			if _, err := io.WriteString(c, raw+"GET /smuggled HTTP/1.1\r\n"+host+"\r\n"); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(c)
			got := read(t, r, "GET")
			if got.StatusCode != 400 || got.text != "400 Bad Request\n" || got.Header.Get("X-Cache") != "PASS" {
				t.Errorf("got %d %q %v", got.StatusCode, got.text, got.Header)
			}
			if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
				t.Errorf("connection stays open: %q, %v", rest, err)
			}
		})
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached the backend", n)
	}
}

func TestWellFormed(t *testing.T) {
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Target", r.RequestURI)
		w.Header().Set("X-Host", r.Host)
		_, _ = w.Write(body)
	})))
	host := "Host: " + chatHost + "\r\n"
	tests := map[string]struct{ raw, target, body, host string }{
		"empty lines first": {"\r\n\r\nGET /a HTTP/1.1\r\n" + host + "\r\n", "/a", "", chatHost},
		"absolute target":   {"GET http://" + chatHost + "/a?b HTTP/1.1\r\nHost: other.example\r\n\r\n", "/a?b", "", chatHost},
		"absolute, no path": {"GET https://" + chatHost + "?b HTTP/1.1\r\n" + host + "\r\n", "/?b", "", chatHost},
		"1.0":               {"GET /a HTTP/1.0\r\n" + host + "\r\n", "/a", "", chatHost},
		"escapes kept":      {"GET /%61%2F%c3%a4?q=%20+ HTTP/1.1\r\n" + host + "\r\n", "/%61%2F%c3%a4?q=%20+", "", chatHost},
		"slashes kept":      {"GET //a///b HTTP/1.1\r\n" + host + "\r\n", "//a///b", "", chatHost},
		"not UTF-8":         {"GET /\xff\xfe HTTP/1.1\r\n" + host + "X: \xff\r\n\r\n", "/\xff\xfe", "", chatHost},
		"host, case, port":  {"GET / HTTP/1.1\r\nHost: Chat.Example.:8443\r\n\r\n", "/", "", "Chat.Example.:8443"},
		"counted body":      {"POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc", "/", "abc", chatHost},
		"chunked body":      {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n", "/", "abcde", chatHost},
		"100-continue":      {"POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", "/", "abc", chatHost},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := e.dial(t)
			if _, err := io.WriteString(c, test.raw); err != nil {
				t.Fatal(err)
			}
			r := bufio.NewReader(c)
			got := read(t, r, "GET")
			if got.StatusCode == 100 {
				got = read(t, r, "GET")
			}
			if got.StatusCode != 200 || got.text != test.body || got.Header.Get("X-Target") != test.target || got.Header.Get("X-Host") != test.host {
				t.Errorf("got %d %q %v", got.StatusCode, got.text, got.Header)
			}
		})
	}
}

func TestPipelined(t *testing.T) {
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })))
	c := e.dial(t)
	_, _ = io.WriteString(c, request("GET", "/1")+request("POST", "/2", "Content-Length: 3")+"abc"+request("GET", "/3"))
	r := bufio.NewReader(c)
	for _, want := range []string{"/1", "/2", "/3"} {
		if got := read(t, r, "GET"); got.text != want {
			t.Errorf("got %q, want %q", got.text, want)
		}
	}
}

func TestE5Limits(t *testing.T) {
	var reached atomic.Int64
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			reached.Add(1)
		}
	})))
	big := strings.Repeat("x", 17<<10)
	chunk := "10000\r\n" + strings.Repeat("x", 1<<16) + "\r\n"
	tests := map[string]struct {
		raw    string
		status int
	}{
		"431 large field":     {request("GET", "/", "X: "+big), 431},
		"431 large target":    {request("GET", "/"+big), 431},
		"431 endless head":    {"GET / HTTP/1.1\r\nX: " + big + big, 431},
		"431 many fields":     {request("GET", "/", strings.TrimSuffix(strings.Repeat("A: b\r\n", 500), "\r\n")), 431},
		"413 counted":         {request("POST", "/", "Content-Length: 2000000"), 413},
		"413 counted, waits":  {request("POST", "/", "Content-Length: 2000000", "Expect: 100-continue"), 413},
		"413 chunked":         {request("POST", "/", "Transfer-Encoding: chunked") + strings.Repeat(chunk, 20), 413},
		"400 another version": {"GET / HTTP/2.0\r\nHost: " + chatHost + "\r\n\r\n", 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := e.dial(t)
			go func() { _, _ = io.WriteString(c, test.raw) }()
			if got := read(t, bufio.NewReader(c), "GET"); got.StatusCode != test.status {
				t.Errorf("got %d %q", got.StatusCode, got.text)
			}
		})
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached the backend whole", n)
	}
}

func TestE5Connections(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {}))
	model.Limits.Connections = 2
	e := start(t, model)
	for range 2 {
		c := e.dial(t)
		_, _ = io.WriteString(c, request("GET", "/"))
		if got := read(t, bufio.NewReader(c), "GET"); got.StatusCode != 200 {
			t.Fatalf("got %d", got.StatusCode)
		}
	}
	if got := e.get(t, "/"); got.StatusCode != 503 {
		t.Errorf("got %d", got.StatusCode)
	}
}

func TestE6Dribble(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {}))
	model.Timeout.Header = 700 * time.Millisecond
	e := start(t, model)
	for name, before := range map[string]string{"first request": "", "second request": request("GET", "/")} {
		t.Run(name, func(t *testing.T) {
			c := e.dial(t)
			r := bufio.NewReader(c)
			if before != "" {
				_, _ = io.WriteString(c, before)
				read(t, r, "GET")
			}
			began := time.Now()
			go func() {
				for _, b := range []byte(request("GET", "/", "X: "+strings.Repeat("x", 400))) {
					if _, err := c.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}()
			if rest, _ := io.ReadAll(r); len(rest) > 0 {
				t.Errorf("answered %q", rest)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
