package explain

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"edgegen/internal/explain"
	"edgegen/internal/site"
	"edgegen/test/edge"
)

var (
	requests = flag.Int("requests", 2000, "how many requests the builtin edge is asked; daemons get a tenth, unless all mixes are asked")
	all      = flag.Bool("all", false, "ask every mix of engines")
	seed     = flag.Uint64("seed", 1, "of the generator")
)

// TestV1Generated asks edges of a generated site what explain foretells, over HTTP/1.1
// and over HTTP/2.
func TestV1Generated(t *testing.T) {
	mixes := []edge.Combination{edge.BuiltIn, edge.Native, edge.BuiltInTLS, edge.OneNginx}
	if *all {
		mixes = append(edge.Combinations(), edge.UncachedStunnel, edge.UncachedNative, edge.UncachedBuiltIn, edge.OneNginx)
	}
	for _, c := range mixes {
		asked := *requests
		if c != edge.BuiltIn && !*all {
			asked /= 10
		}
		streams := 0
		if c.SpeaksHTTP2() {
			streams = asked / 2
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			g := &generated{random: rand.New(rand.NewPCG(*seed, 0)), dir: h.Dir, apps: []string{serve(t, "app0"), serve(t, "app1")}, ours: c.TLS == site.Builtin, quic: c == edge.BuiltIn}
			h.Write("site.hcl", g.site(t, c.Block()))
			up := h.Run()
			https := edge.Tier(up.Status(), "tls").Listen[0]
			a := &asker{t: t, address: https, explains: h.Explainer(t, https), native: c != edge.BuiltIn, blind: c.Cache == site.Varnish}
			defer a.close()
			for n := range asked {
				head, body := g.request(n)
				if c.TLS == site.Nginx && declared(head) {
					continue
				}
				if n < asked-streams {
					a.ask(head, body)
				} else {
					a.askStream(g.fields(head), body)
				}
				if t.Failed() {
					t.Fatalf("the site is\n%s", g.text.String())
				}
			}
			live(t, h, g, https)
			up.Stop()
		})
	}
}

// declared reports a request that nginx reads otherwise by declaration, where it ends
// TLS: nginx-connection-lines and nginx-unread-stream. A path that is none it refuses
// before it looks at the method, and not after.
func declared(head string) bool {
	_, path, _ := strings.Cut(head, " ")
	path, _, _ = strings.Cut(path, " ")
	return strings.Count(head, "\r\nConnection:") > 1 || slices.Contains([]string{"/%zz", "/a%00", "/a/../b", "/%2e%2e/x"}, path)
}

// serve runs an app that answers with what it was asked. It takes no WebSockets.
func serve(t *testing.T, name string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the edge has all of it
		r.Header.Set("Host", r.Host)
		seen, _ := json.Marshal(r.Header) // a map of strings
		w.Header().Set("X-Seen-By", name)
		w.Header().Set("X-Seen", string(seen))
		w.Header().Set("X-Seen-Target", r.RequestURI)
		w.Header().Set("X-Powered-By", "app")
		if r.Header.Get("Upgrade") != "" {
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, "app\n") // a client that left is no matter
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // it returns ErrServerClosed
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return listener.Addr().String()
}

// asker asks over one connection after another.
type asker struct {
	t        *testing.T
	address  string
	explains *explain.Explainer
	native   bool
	blind    bool // the cache tier sends on what an app says of a handshake
	conn     net.Conn
	reader   *bufio.Reader
	streams  *streams
}

func (a *asker) close() {
	if a.conn != nil {
		_ = a.conn.Close() // it is not used any more
		a.conn = nil
	}
	if a.streams != nil {
		_ = a.streams.conn.Close() // likewise
		a.streams = nil
	}
}

// send returns the answer, its body read. A connection that was used before may end
// at any time.
func (a *asker) send(head, body string) *http.Response {
	used := a.conn != nil
	got, err := a.try(head, body)
	if err != nil && used {
		a.close()
		got, err = a.try(head, body)
	}
	if err != nil {
		a.t.Fatalf("no answer to\n%s%v", head, err)
	}
	return got
}

func (a *asker) try(head, body string) (*http.Response, error) {
	if a.conn == nil {
		conn, err := tls.Dial("tcp", a.address, &tls.Config{InsecureSkipVerify: true, ServerName: "s0.test"})
		if err != nil {
			a.t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute)) // a connection that is open has one
		a.conn, a.reader = conn, bufio.NewReader(conn)
	}
	if _, err := io.WriteString(a.conn, head+body); err != nil {
		return nil, err
	}
	method, _, _ := strings.Cut(head, " ")
	got, err := http.ReadResponse(a.reader, &http.Request{Method: method})
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, got.Body)
	if got.Close {
		a.close()
	}
	return got, err
}

func (a *asker) ask(head, body string) {
	method, _, _ := strings.Cut(head, " ")
	a.hold(a.send(head, body), explain.Request{Method: method, Head: head}, head)
}

// hold holds what came of a request against what is foretold of it.
func (a *asker) hold(got *http.Response, r explain.Request, text string) {
	r.HTTPS, r.Name, r.Port, r.Peer = true, "s0.test", 443, netip.MustParseAddr("127.0.0.1")
	e := a.explains.Explain(r)
	complain := func(format string, values ...any) {
		a.t.Errorf("%sexplain says %q, and %s", text, e.Answer, fmt.Sprintf(format, values...))
	}
	cache, by := got.Header.Get("X-Cache"), got.Header.Get("X-Seen-By")
	bare := a.native && cache == "" && e.Status >= 400 || a.blind && e.WebSocket // varnishd's own words, or a pipe
	if !slices.Contains(e.Cache, cache) && !bare {
		complain("X-Cache is %q", cache)
	}
	if e.Status != 0 {
		if got.StatusCode != e.Status {
			complain("the status is %d", got.StatusCode)
		}
		if by != "" {
			complain("%s answers", by)
		}
	} else if by != e.Backend && (cache == "MISS" || cache == "PASS") && !conditional(got.StatusCode) {
		complain("%q answers with %d", by, got.StatusCode)
	}
	if bare {
		return
	}
	for _, f := range e.AnswerHeaders {
		if value := got.Header.Get(f.Name); value != f.Value && !a.excused(f.Name, e, got.StatusCode) {
			complain("%s is %q, not %q", f.Name, value, f.Value)
		}
	}
	for _, name := range e.RemovedHeaders {
		if got.Header.Get(name) != "" {
			complain("%s is there", name)
		}
	}
	if target := got.Header.Get("X-Seen-Target"); by != "" && target != e.AppTarget {
		complain("the app is asked for %q, not %q", target, e.AppTarget)
	}
	if by != "" && (cache == "MISS" || cache == "PASS") {
		a.seen(got.Header.Get("X-Seen"), e, complain)
	}
}

// excused reports a field of an answer that may be another than foretold: one that
// is for successes alone, in an answer that the app makes, and what daemons leave out.
func (a *asker) excused(name string, e *explain.Explanation, status int) bool {
	switch {
	case a.native && status == http.StatusMethodNotAllowed:
		return name != "Allow" // the path may be malformed as well, and no site looked for
	case name == "Cache-Control":
		return e.Status == 0 && status >= 300
	}
	return a.native && name == "Accept-Ranges"
}

// conditional reports a status that the edge makes of an app's answer and of the
// request's conditions.
func conditional(status int) bool { return status == 304 || status == 412 || status == 416 }

// seen holds what the app has got.
func (a *asker) seen(text string, e *explain.Explanation, complain func(string, ...any)) {
	var header http.Header
	if err := json.Unmarshal([]byte(text), &header); err != nil {
		a.t.Fatal(err)
	}
	foretold := http.Header{}
	for _, f := range e.AppHeaders {
		foretold.Add(f.Name, f.Value)
	}
	ignored := []string{"X-Request-Id", "Connection", "Upgrade", "Content-Length"}
	if e.Cache[0] == "MISS" { // after an answer that was not to be stored, they reach the app
		ignored = append(ignored, "Range", "If-None-Match", "If-Match", "If-Modified-Since")
	}
	if a.native {
		ignored = append(ignored, "Sec-Websocket-Key", "Sec-Websocket-Version")
		if e.Cache[0] == "MISS" {
			ignored = append(ignored, "Cache-Control")
		}
		if strings.Trim(foretold.Get("Cookie"), "; ") == "" { // it means nothing
			ignored = append(ignored, "Cookie")
		}
	}
	for _, name := range ignored {
		header.Del(name)
		foretold.Del(name)
	}
	for name := range header {
		if foretold.Get(name) == "(a new one)" {
			continue
		}
		if strings.Join(header[name], ", ") != strings.Join(foretold[name], ", ") {
			complain("the app gets %s: %q, not %q", name, header[name], foretold[name])
		}
	}
	for name := range foretold {
		if header[name] == nil {
			complain("the app does not get %s", name)
		}
	}
}
