package dataplane

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
)

func TestHostsAndPaths(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Server", "x/1") }))
	e := start(t, model)
	tests := map[string]struct {
		plain    bool
		raw      string
		status   int
		location string
	}{
		"H1 canonical host":        {true, request("GET", "/a%20b?c=d"), 301, "https://chat.example:8443/a%20b?c=d"},
		"H1 alias":                 {true, "GET / HTTP/1.1\r\nHost: WWW.chat.example:80\r\n\r\n", 301, "https://chat.example:8443/"},
		"H1 HEAD":                  {true, request("HEAD", "/"), 301, "https://chat.example:8443/"},
		"H1 POST":                  {true, request("POST", "/a", "Content-Length: 1") + "x", 308, "https://chat.example:8443/a"},
		"H2 alias":                 {false, "GET /a?b HTTP/1.1\r\nHost: www.chat.example\r\n\r\n", 301, "https://chat.example:8443/a?b"},
		"H2 alias, PUT":            {false, "PUT /a HTTP/1.1\r\nHost: www.chat.example\r\nContent-Length: 0\r\n\r\n", 308, "https://chat.example:8443/a"},
		"H3 unknown host":          {false, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", 421, ""},
		"H3 unknown host, plain":   {true, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", 421, ""},
		"H3 no host in 1.0":        {false, "GET / HTTP/1.0\r\n\r\n", 421, ""},
		"H3 case and dot":          {false, "GET / HTTP/1.1\r\nHost: CHAT.Example.\r\n\r\n", 200, ""},
		"E3 TRACE":                 {false, request("TRACE", "/"), 405, ""},
		"E3 CONNECT":               {false, "CONNECT chat.example:443 HTTP/1.1\r\nHost: chat.example:443\r\n\r\n", 405, ""},
		"E3 unknown":               {false, request("get", "/"), 405, ""},
		"E3 plain":                 {true, request("PURGE", "/"), 405, ""},
		"options of the server":    {false, request("OPTIONS", "*"), 204, ""},
		"redirect route":           {false, request("GET", "/old/x"), 302, "/new"},
		"redirect route, segments": {false, request("GET", "/older"), 200, ""},
		"route by decoded path":    {false, request("GET", "/%6fld"), 302, "/new"},
		"dot segment":              {false, request("GET", "/a/../b"), 404, ""},
		"encoded dot segment":      {false, request("GET", "/a/%2e%2E/b"), 404, ""},
		"encoded slash":            {false, request("GET", "/a%2f..%2fb"), 404, ""},
		"dot segment at the end":   {false, request("GET", "/a/."), 404, ""},
		"three dots":               {false, request("GET", "/..."), 200, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := e.dialOr(t, test.plain)
			_, _ = io.WriteString(c, test.raw)
			method, _, _ := strings.Cut(test.raw, " ")
			got := read(t, bufio.NewReader(c), method)
			if got.StatusCode != test.status || got.Header.Get("Location") != test.location {
				t.Errorf("got %d %q", got.StatusCode, got.Header.Get("Location"))
			}
			if got.Header.Get("X-Cache") == "" || got.Header.Get("Server") != "" || got.Header.Get("Via") != "" {
				t.Errorf("K5, E7: %v", got.Header)
			}
			if test.status == 405 && got.Header.Get("Allow") != site.AllowLine(site.UsualMethods()) {
				t.Errorf("Allow: %q", got.Header.Get("Allow"))
			}
		})
	}
}

func (e *edge) dialOr(t *testing.T, plain bool) net.Conn {
	if !plain {
		return e.dial(t)
	}
	c, err := net.Dial("tcp", e.http)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

// echoHeader answers with the request as the backend saw it.
func echoHeader(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "Host: "+r.Host+"\n")
	_ = r.Header.Write(w)
}

func TestForwarding(t *testing.T) {
	forged := []string{"X-Forwarded-For: 1.2.3.4", "X-Real-IP: 1.2.3.4", "X-Forwarded-Proto: http", "X-Forwarded-Host: evil",
		"Forwarded: for=1.2.3.4", "X_Forwarded_For: 1.2.3.4", "X-Request-Id: mine", "X-Forwarded-Port: 1", "X-Edge-Ttl: 1h"}
	hops := []string{"Connection: keep-alive, X-Hop", "X-Hop: 1", "Keep-Alive: x", "TE: trailers", "Proxy-Authorization: x", "Proxy: x", "Upgrade: h2c", "Trailer: X"}
	tests := map[string]struct {
		trusted string
		fields  []string
		want    []string
		not     []string
	}{
		"F1 F2 forged": {"", forged, []string{"X-Forwarded-For: 127.0.0.1\r\n", "X-Real-Ip: 127.0.0.1\r\n", "X-Forwarded-Proto: https\r\n", "X-Forwarded-Host: chat.example\r\n", "Host: chat.example\n"},
			[]string{"1.2.3.4", "evil", "mine", "Port", "X-Edge"}},
		"F2 trusted": {"127.0.0.0/8", forged, []string{"X-Forwarded-For: 1.2.3.4\r\n", "X-Forwarded-Proto: http\r\n", "X-Forwarded-Host: evil\r\n", "X-Request-Id: mine\r\n"},
			[]string{"X_Forwarded_For", "X-Edge"}},
		"F2 from the right": {"127.0.0.0/8", []string{"X-Forwarded-For: 9.9.9.9, 8.8.8.8, 127.0.0.7"}, []string{"X-Forwarded-For: 8.8.8.8\r\n"}, []string{"9.9.9.9"}},
		"F2 all trusted":    {"127.0.0.0/8", []string{"X-Forwarded-For: 127.0.0.9, 127.0.0.7"}, []string{"X-Forwarded-For: 127.0.0.9\r\n"}, nil},
		"F2 nonsense":       {"127.0.0.0/8", []string{"X-Forwarded-For: 8.8.8.8, bogus, 127.0.0.7"}, []string{"X-Forwarded-For: 127.0.0.7\r\n"}, []string{"8.8.8.8"}},
		"F2 Forwarded":      {"127.0.0.0/8", []string{`Forwarded: for="[2001:db8::1]:99";proto=http`}, []string{"X-Forwarded-For: 2001:db8::1\r\n"}, nil},
		"F3 hop by hop":     {"", hops, nil, []string{"X-Hop", "Keep-Alive", "Te:", "Proxy", "Upgrade", "Trailer"}},
		"request headers":   {"", []string{"X-Debug: 1", "X-Stage: forged"}, []string{"X-Stage: live\r\n"}, []string{"X-Debug", "forged"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			model := simple(t, app(t, echoHeader))
			if test.trusted != "" {
				model.Trusted = []site.Prefix{{Network: netip.MustParsePrefix(test.trusted)}}
			}
			e := start(t, model)
			got := e.get(t, "/", test.fields...).text
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			for _, not := range test.not {
				if strings.Contains(got, not) {
					t.Errorf("%q in\n%s", not, got)
				}
			}
			eventually(t, "logged", func() bool { return len(e.records()) == 1 })
			if r := e.records(); !strings.Contains(got, "X-Request-Id: "+r[0].ID+"\r\n") {
				t.Errorf("F5: %+v\n%s", r, got)
			}
		})
	}
}

func TestStatic(t *testing.T) {
	root := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.txt")
	write(t, outside, "secret")
	for name, text := range map[string]string{"index.html": "home", "page.html": "page", "dir/index.html": "dir", "a b.txt": "0123456789",
		".env": "hidden", ".well-known/x": "known", ".well-known/.x": "hidden", "z.js": "plain", "z.js.gz": "\x1f\x8b\x08packed", "dir/.git/x": "hidden"} {
		write(t, filepath.Join(root, name), text)
	}
	if err := symlink(outside, filepath.Join(root, "link.txt")); err != nil {
		t.Fatal(err)
	}
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "app") }))
	files := &site.Static{Root: root, TryFiles: []site.Try{{HasURI: true}, {HasURI: true, Suffix: "/index.html"}, {HasURI: true, Suffix: ".html"}}}
	model.Sites[0].Routes = []site.Route{{Path: "/only", Static: files}, {Path: "/", Static: files, Backend: "app"}}
	e := start(t, model)
	tests := map[string]struct {
		raw    string
		status int
		text   string
		field  string // "Name: value"
	}{
		"S1 index":                 {request("GET", "/"), 200, "home", "Content-Type: text/html; charset=utf-8"},
		"S4 directory":             {request("GET", "/dir?x"), 301, "301 Moved Permanently\n", "Location: /dir/?x"},
		"S4 directory, POST":       {request("POST", "/dir", "Content-Length: 0"), 308, "308 Permanent Redirect\n", "Location: /dir/"},
		"S1 directory":             {request("GET", "/dir/"), 200, "dir", ""},
		"S1 suffix":                {request("GET", "/page"), 200, "page", ""},
		"S1 then the backend":      {request("GET", "/none"), 200, "app", ""},
		"S1 else 404":              {request("GET", "/only/none"), 404, "404 Not Found\n", ""},
		"S2 escaped":               {request("GET", "/a%20b.txt"), 200, "0123456789", "Accept-Ranges: bytes"},
		"S2 HEAD":                  {request("HEAD", "/a%20b.txt"), 200, "", "Content-Length: 10"},
		"S2 range":                 {request("GET", "/a%20b.txt", "Range: bytes=2-4"), 206, "234", "Content-Range: bytes 2-4/10"},
		"S2 suffix range":          {request("GET", "/a%20b.txt", "Range: bytes=-3"), 206, "789", "Content-Range: bytes 7-9/10"},
		"S2 open range":            {request("GET", "/a%20b.txt", "Range: bytes=8-"), 206, "89", "Content-Range: bytes 8-9/10"},
		"S2 unsatisfiable":         {request("GET", "/a%20b.txt", "Range: bytes=10-"), 416, "416 Range Not Satisfiable\n", "Content-Range: bytes */10"},
		"S2 other unit":            {request("GET", "/a%20b.txt", "Range: lines=1-2"), 200, "0123456789", ""},
		"S2 more than there is":    {request("GET", "/a%20b.txt", "Range: bytes=0-9,0-9"), 200, "0123456789", ""},
		"S2 range of another tag":  {request("GET", "/a%20b.txt", "Range: bytes=2-4", `If-Range: "x"`), 200, "0123456789", ""},
		"S2 modified since":        {request("GET", "/a%20b.txt", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"), 200, "0123456789", ""},
		"S2 not modified since":    {request("GET", "/a%20b.txt", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"), 304, "", ""},
		"S2 any tag":               {request("GET", "/a%20b.txt", "If-None-Match: *"), 304, "", ""},
		"S2 precondition":          {request("GET", "/a%20b.txt", `If-Match: "x"`), 412, "412 Precondition Failed\n", ""},
		"S2 gzip":                  {request("GET", "/z.js", "Accept-Encoding: br, gzip"), 200, "\x1f\x8b\x08packed", "Content-Encoding: gzip"},
		"S2 gzip varies":           {request("GET", "/z.js"), 200, "plain", "Vary: Accept-Encoding"},
		"S2 gzip refused":          {request("GET", "/z.js", "Accept-Encoding: gzip;q=0"), 200, "plain", "Content-Type: text/javascript; charset=utf-8"},
		"S2 POST is for the app":   {request("POST", "/page.html", "Content-Length: 0"), 200, "app", ""},
		"S2 POST to a file alone":  {request("POST", "/only/x", "Content-Length: 0"), 404, "404 Not Found\n", ""},
		"S3 dot file":              {request("GET", "/.env"), 404, "404 Not Found\n", ""},
		"S3 encoded dot file":      {request("GET", "/%2eenv"), 404, "404 Not Found\n", ""},
		"S3 dot directory":         {request("GET", "/dir/.git/x"), 404, "404 Not Found\n", ""},
		"S3 well-known":            {request("GET", "/.well-known/x"), 200, "known", "Content-Type: application/octet-stream"},
		"S3 dot file in it":        {request("GET", "/.well-known/.x"), 404, "404 Not Found\n", ""},
		"S3 link that leads out":   {request("GET", "/link.txt"), 200, "app", ""},
		"S4 directory, no listing": {request("GET", "/only/dir/"), 404, "404 Not Found\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time from memory
				got := e.ask(t, test.raw)
				if got.StatusCode != test.status || got.text != test.text {
					t.Errorf("got %d %q %v", got.StatusCode, got.text, got.Header)
				}
				if name, value, ok := strings.Cut(test.field, ": "); ok && got.Header.Get(name) != value {
					t.Errorf("%s: %q", name, got.Header.Get(name))
				}
			}
		})
	}
	t.Run("S2 several ranges", func(t *testing.T) {
		got := e.get(t, "/a%20b.txt", "Range: bytes=0-1, 8-")
		if got.StatusCode != 206 || got.err != nil || strings.Count(got.text, "\r\nContent-Range: bytes ") != 2 ||
			!strings.Contains(got.text, "\r\n\r\n01\r\n--") || !strings.HasPrefix(got.Header.Get("Content-Type"), "multipart/byteranges; boundary=") {
			t.Errorf("got %d %q %v", got.StatusCode, got.text, got.Header)
		}
	})
	t.Run("S2 tag", func(t *testing.T) {
		tag := e.get(t, "/page").Header.Get("ETag")
		if got := e.get(t, "/page", "If-None-Match: \"a\", W/"+tag); got.StatusCode != 304 || got.Header.Get("ETag") != tag {
			t.Errorf("got %d %v", got.StatusCode, got.Header)
		}
	})
}

func TestS5Maintenance(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Cache-Control", "max-age=60") }))
	page := filepath.Join(t.TempDir(), "maintenance.html")
	model.Sites[0].Maintenance = &site.Maintenance{Page: page, RetryAfter: 90 * time.Second}
	e := start(t, model)
	if got := e.get(t, "/"); got.StatusCode != 200 {
		t.Fatalf("got %d", got.StatusCode)
	}
	write(t, page, "back soon")
	for name, raw := range map[string]string{"GET": request("GET", "/"), "POST": request("POST", "/x", "Content-Length: 0"),
		"WebSocket": handshake("/ws"), "redirect": request("GET", "/old")} {
		t.Run(name, func(t *testing.T) {
			got := e.ask(t, raw)
			if got.StatusCode != 503 || got.text != "back soon" || got.Header.Get("Retry-After") != "90" ||
				got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("X-Cache") != "PASS" {
				t.Errorf("got %d %q %v", got.StatusCode, got.text, got.Header)
			}
		})
	}
	if err := remove(page); err != nil {
		t.Fatal(err)
	}
	if got := e.get(t, "/"); got.StatusCode != 200 {
		t.Errorf("got %d", got.StatusCode)
	}
}
