package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
)

// mixes are the ways to spread the three tiers over processes: tiers of one
// Plane stand together.
var mixes = map[string][]Roles{
	"one process":     {{TLS: true, Cache: true, Web: true}},
	"tls apart":       {{TLS: true}, {Cache: true, Web: true}},
	"web apart":       {{TLS: true, Cache: true}, {Web: true}},
	"cache apart":     {{TLS: true, Web: true}, {Cache: true}},
	"each for itself": {{TLS: true}, {Cache: true}, {Web: true}},
}

// spread starts a site over several Planes that are joined by Unix sockets.
func spread(t *testing.T, model *site.Edge, roles []Roles) *edge {
	t.Helper()
	dir := shortDir(t)
	cachePath, plainPath, webPath := filepath.Join(dir, "cache.sock"), filepath.Join(dir, "plain.sock"), filepath.Join(dir, "web.sock")
	var first, cache *edge
	for _, role := range roles {
		e := start(t, model, func(o *Options) {
			o.Roles, o.CachePath, o.WebPath = role, cachePath, webPath
			if role.Cache {
				o.Cache, o.Plain = []net.Listener{listen(t, "unix", cachePath)}, []net.Listener{listen(t, "unix", plainPath)}
			}
			if role.Web {
				o.Web = []net.Listener{listen(t, "unix", webPath)}
			}
		})
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := e.plane.Probe(ctx); err != nil {
			t.Fatal(err)
		}
		if role.Cache {
			cache = e
		}
		if first == nil {
			first = e
			e.dir = dir
		} else if role.Web {
			first.http = e.http
		}
	}
	first.cache = cache
	return first
}

func TestMixes(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "file.txt"), "a file")
	for name, roles := range mixes {
		t.Run(name, func(t *testing.T) {
			model := simple(t, rawApp(t, func(c net.Conn) {
				r := bufio.NewReader(c)
				for {
					q, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					body, _ := io.ReadAll(q.Body)
					if q.Header.Get("Upgrade") != "" {
						_, _ = io.WriteString(c, switching)
						_, _ = io.Copy(c, r)
						return
					}
					text := fmt.Sprintf("%s %s %s %s %s", q.Method, q.RequestURI, q.Host, q.Header.Get("X-Forwarded-For"), body)
					fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
				}
			}))
			model.Sites[0].Routes = append([]site.Route{{Path: "/files", Static: &site.Static{Root: root, TryFiles: []site.Try{{Suffix: "/file.txt"}}}}}, model.Sites[0].Routes...)
			page := filepath.Join(t.TempDir(), "page.html")
			model.Sites[0].Maintenance = &site.Maintenance{Page: page, RetryAfter: time.Minute}
			e := spread(t, model, roles)
			asks := []struct{ raw, want string }{
				{request("GET", "/%61?b", "X-Forwarded-For: 6.6.6.6"), "200 MISS GET /%61?b chat.example 127.0.0.1 "},
				{request("POST", "/p", "Content-Length: 3") + "abc", "200 PASS POST /p chat.example 127.0.0.1 abc"},
				{request("GET", "/ttl/x"), "200 MISS GET /ttl/x chat.example 127.0.0.1 "},
				{request("GET", "/ttl/x"), "200 HIT GET /ttl/x chat.example 127.0.0.1 "},
				{request("GET", "/files/x"), "200 PASS a file"},
				{request("GET", "/files/x", "Range: bytes=2-"), "206 PASS file"},
				{request("GET", "/old"), "302 MISS 302 Found\n"},
				{request("GET", "/a/../b"), "404 PASS 404 Not Found\n"},
				{request("BREW", "/"), "405 PASS 405 Method Not Allowed\n"},
				{"GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n", "421 PASS 421 Misdirected Request\n"},
				{"GET / HTTP/1.1\nHost: x\r\n\r\n", "400 PASS 400 Bad Request\n"},
			}
			for _, ask := range asks {
				got := e.ask(t, ask.raw)
				if text := fmt.Sprintf("%d %s %s", got.StatusCode, got.Header.Get("X-Cache"), got.text); text != ask.want {
					t.Errorf("got %q, want %q", text, ask.want)
				}
			}
			c := e.dial(t)
			_, _ = io.WriteString(c, handshake("/ws")+"hello")
			r := bufio.NewReader(c)
			if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != 101 {
				t.Fatal(response, err)
			}
			_ = c.CloseWrite()
			if echoed, err := io.ReadAll(r); string(echoed) != "hello" || err != nil {
				t.Errorf("WebSocket: %q %v", echoed, err)
			}
			plain := e.dialOr(t, true)
			_, _ = io.WriteString(plain, request("GET", "/x"))
			if got := read(t, bufio.NewReader(plain), "GET"); got.StatusCode != 301 {
				t.Errorf("plain: %d", got.StatusCode)
			}
			write(t, page, "soon")
			if got := e.get(t, "/ttl/x"); got.StatusCode != 503 || got.text != "soon" {
				t.Errorf("maintenance: %d %q", got.StatusCode, got.text)
			}
		})
	}
}

// A native web tier relays its plain-HTTP requests, and asks for the words of
// its errors.
func TestPlainSocket(t *testing.T) {
	e := spread(t, simple(t, ""), mixes["each for itself"])
	for raw, want := range map[string]string{
		request("GET", "/a?b", "X-Real-IP: 9.8.7.6"):                "301 https://chat.example:8443/a?b",
		request("PUT", "/a", "Content-Length: 0"):                   "308 https://chat.example:8443/a",
		"GET / HTTP/1.1\r\nHost: edge\r\nX-Edge-Words: 431\r\n\r\n": "431 ",
		"GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n":            "421 ",
		request("TRACE", "/"):                                       "405 ",
	} {
		c, err := net.Dial("unix", filepath.Join(e.dir, "plain.sock"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, raw)
		got := read(t, bufio.NewReader(c), "GET")
		if text := fmt.Sprintf("%d %s", got.StatusCode, got.Header.Get("Location")); text != want {
			t.Errorf("got %q, want %q", text, want)
		}
		c.Close()
	}
}

func TestProxyHeader(t *testing.T) {
	model := simple(t, app(t, echoHeader))
	e := spread(t, model, []Roles{{Cache: true, Web: true}})
	secured := func(version string) string {
		return "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x1e\x09\x08\x07\x06\x01\x02\x03\x04\x10\x00\x01\xbb" +
			"\x20\x00\x0f\x01\x00\x00\x00\x01\x21\x00\x07" + version
	}
	v2 := "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x09\x08\x07\x06\x01\x02\x03\x04\x10\x00\x01\xbb"
	for name, test := range map[string]struct{ header, want string }{
		"TLS 1.2":     {secured("TLSv1.2"), "X-Real-Ip: 9.8.7.6\r\n"},
		"TLS 1.3":     {secured("TLSv1.3"), "X-Real-Ip: 9.8.7.6\r\n"},
		"v1, IPv4":    {"PROXY TCP4 9.8.7.6 1.2.3.4 4096 443\r\n", "X-Real-Ip: 9.8.7.6\r\n"},
		"v1, IPv6":    {"PROXY TCP6 2001:db8::7 ::1 4096 443\r\n", "X-Real-Ip: 2001:db8::7\r\n"},
		"v1, unknown": {"PROXY UNKNOWN\r\n", "X-Real-Ip: 127.0.0.1\r\n"},
		"v2":          {v2, "X-Real-Ip: 9.8.7.6\r\n"},
		"none":        {"", ""},
		"nonsense":    {"PROXY TCP4 x y z\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("unix", filepath.Join(e.dir, "cache.sock"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			_, _ = io.WriteString(c, test.header+request("GET", "/", "Connection: close"))
			got, _ := io.ReadAll(c)
			if !strings.Contains(string(got), test.want) || test.want == "" && len(got) > 0 {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A cache tier of its own is told of the handshake by the header.
func TestMinVersionByProxyHeader(t *testing.T) {
	model := simple(t, app(t, echoHeader))
	strict := model.Sites[0]
	strict.Host, strict.Aliases, strict.TLS.MinVersion = "strict.example", nil, "1.3"
	model.Sites = append(model.Sites, strict)
	e := spread(t, model, []Roles{{TLS: true}, {Cache: true, Web: true}})
	for version, want := range map[uint16]string{tls.VersionTLS12: "HTTP/1.1 421 ", tls.VersionTLS13: "HTTP/1.1 200 "} {
		c, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, MaxVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, strings.Replace(request("GET", "/", "Connection: close"), chatHost, "strict.example", 1))
		if got, _ := io.ReadAll(c); !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %.60q", tls.VersionName(version), got)
		}
	}
}

func TestTLS(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {}))
	second := model.Sites[0]
	second.Host, second.Aliases, second.TLS.MinVersion = "strict.example", nil, "1.3"
	model.Sites = append(model.Sites, second)
	e := start(t, model, func(o *Options) { o.Certificates[1] = []tls.Certificate{signedFor(t, "strict.example")} })
	tests := map[string]struct {
		name     string
		version  uint16
		protos   []string
		wantName string // of the certificate; "" for a handshake that fails
		proto    string
	}{
		"by name":           {"strict.example", tls.VersionTLS13, nil, "strict.example", ""},
		"alias":             {"www.chat.example", tls.VersionTLS12, nil, chatHost, ""},
		"unknown name":      {"other.example", tls.VersionTLS13, nil, chatHost, ""},
		"min_version":       {"strict.example", tls.VersionTLS12, nil, "", ""},
		"1.1 is too old":    {chatHost, tls.VersionTLS11, nil, "", ""},
		"h2":                {chatHost, tls.VersionTLS13, []string{"h2", "http/1.1"}, chatHost, "h2"},
		"http/1.1":          {chatHost, tls.VersionTLS13, []string{"http/1.1"}, chatHost, "http/1.1"},
		"h2 on strict site": {"strict.example", tls.VersionTLS13, []string{"h2"}, "strict.example", "h2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: test.name, MinVersion: tls.VersionTLS10, MaxVersion: test.version, NextProtos: test.protos})
			if err != nil {
				if test.wantName != "" {
					t.Error(err)
				}
				return
			}
			defer c.Close()
			state := c.ConnectionState()
			if got := state.PeerCertificates[0].DNSNames[0]; got != test.wantName || state.NegotiatedProtocol != test.proto {
				t.Errorf("got %s %s", got, state.NegotiatedProtocol)
			}
		})
	}
}

func TestTLSResumption(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {}))
	e := start(t, model)
	config := &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	for i := range 3 {
		c, err := tls.Dial("tcp", e.https, config)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, request("GET", "/", "Connection: close"))
		_, _ = io.ReadAll(c)
		if resumed := c.ConnectionState().DidResume; resumed != (i > 0) {
			t.Errorf("connection %d: resumed %v", i, resumed)
		}
		c.Close()
		if i == 1 { // tickets outlive an update
			if err := e.update(Model{Edge: model, Certificates: e.options.Certificates}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What a request says once in HTTP/2 it says once to the backend.
func TestHTTP2Length(t *testing.T) {
	heads := make(chan string, 1)
	e := start(t, simple(t, rawApp(t, func(c net.Conn) {
		buf := make([]byte, 4096)
		n, _ := c.Read(buf)
		heads <- string(buf[:n])
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})))
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, e.https)
		}}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport}).Post("https://chat.example/", "text/plain", strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	head := <-heads
	if r.ProtoMajor != 2 || strings.Count(head, "Content-Length: 3\r\n") != 1 || strings.Count(head, "Host: ") != 2 { // and X-Forwarded-Host
		t.Errorf("%s %q", r.Proto, head)
	}
}

func TestHTTP2(t *testing.T) {
	model := simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cut" {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "short")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		echoHeader(w, r)
		_, _ = io.Copy(w, r.Body)
	}))
	e := start(t, model)
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: chatHost},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, e.https)
		}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, url, body string) (int, string, http.Header, error) {
		q, _ := http.NewRequest(method, url, strings.NewReader(body))
		q.Header.Set("X-Forwarded-For", "6.6.6.6")
		r, err := client.Do(q)
		if err != nil {
			return 0, "", nil, err
		}
		defer r.Body.Close()
		if r.ProtoMajor != 2 {
			t.Errorf("proto %s", r.Proto)
		}
		text, err := io.ReadAll(r.Body)
		return r.StatusCode, string(text), r.Header, err
	}
	if status, text, _, err := ask("POST", "https://chat.example/x", "body"); status != 200 || err != nil ||
		!strings.HasSuffix(text, "body") || !strings.Contains(text, "X-Forwarded-For: 127.0.0.1\r\n") {
		t.Errorf("%d %q %v", status, text, err)
	}
	for i, want := range []string{"MISS", "HIT"} {
		if _, _, h, err := ask("GET", "https://chat.example/ttl/h2", ""); h.Get("X-Cache") != want || err != nil {
			t.Errorf("ask %d: %v %v", i, h, err)
		}
	}
	if status, _, h, _ := ask("GET", "https://www.chat.example/a", ""); status != 301 || h.Get("Location") != "https://chat.example:8443/a" {
		t.Errorf("H2: %d %v", status, h)
	}
	if _, text, _, err := ask("GET", "https://chat.example/cut", ""); err == nil {
		t.Errorf("E2: looks whole: %q", text)
	}
	if status, _, _, err := ask("POST", "https://chat.example/x", strings.Repeat("x", 2<<20)); err == nil && status != 413 {
		t.Errorf("E5: %d", status)
	}
	if status, _, _, _ := ask("BREW", "https://chat.example/x", ""); status != 405 {
		t.Errorf("E3: %d", status)
	}
}
