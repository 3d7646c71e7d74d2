package apps

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/webdav"

	"edgegen/test/edge"
	"edgegen/test/port"
)

// kinds are sites of apps that people have, and what each cannot do without: sessions
// that stay at one server, methods of WebDAV, a server on ::1, tokens as they come.
const kinds = `site "socketio.test" {
  tls { self_signed = true }
  backend "app" {
    servers = ["%s", "%s"]
    sticky { cookie = "io_server" }
  }
  route "/" { backend = "app" }
  route "/socket.io" {
    backend   = "app"
    websocket = true
  }
}
site "dav.test" {
  tls { self_signed = true }
  backend "app" { servers = ["%s"] }
  route "/" {
    backend = "app"
    methods = ["GET", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"]
  }
}
site "vite.test" {
  tls { self_signed = true }
  backend "app" { servers = ["%s"] }
  route "/" {
    backend   = "app"
    websocket = true
  }
}
site "llm.test" {
  tls { self_signed = true }
  backend "app" { servers = ["%s"] }
  route "/" {
    backend = "app"
    compress {}
  }
}
`

// handled runs an app on a listener until the test ends.
func handled(t *testing.T, l net.Listener, handler http.Handler) string {
	t.Helper()
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // it ends with the test
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return l.Addr().String()
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// withKinds starts the apps, and returns their sites. Whoever asks llm.test for tokens
// says by the channel that one has come.
func withKinds(t *testing.T) (sites string, came chan struct{}) {
	t.Helper()
	came = make(chan struct{})
	local := port.Free(t)
	six, err := net.Listen("tcp", port.Other(t, local))
	if err != nil {
		t.Fatal(err)
	}
	dav := &webdav.Handler{FileSystem: webdav.Dir(t.TempDir()), LockSystem: webdav.NewMemLS()}
	return fmt.Sprintf(kinds, handled(t, loopback(t), &engineIO{name: "one"}), handled(t, loopback(t), &engineIO{name: "two"}), handled(t, loopback(t), dav),
		strings.Replace(handled(t, six, http.HandlerFunc(vite)), "[::1]", "localhost", 1), handled(t, loopback(t), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tokens(w, r, came) }))), came
}

// engineIO is one server of an app that speaks Engine.IO as Socket.IO does: it knows
// its own sessions alone, takes messages by POST, gives them out by GET, and goes on by
// WebSocket.
type engineIO struct {
	name string

	mu       sync.Mutex
	sessions map[string]chan string
}

func (e *engineIO) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("sid")
	e.mu.Lock()
	if e.sessions == nil {
		e.sessions = map[string]chan string{}
	}
	if id == "" {
		id = fmt.Sprintf("%s-%d", e.name, len(e.sessions))
		e.sessions[id] = make(chan string, 16)
		e.mu.Unlock()
		fmt.Fprintf(w, `0{"sid":%q,"upgrades":["websocket"]}`, id)
		return
	}
	messages, known := e.sessions[id]
	e.mu.Unlock()
	switch {
	case !known:
		http.Error(w, `{"code":1,"message":"Session ID unknown"}`, http.StatusBadRequest)
	case r.URL.Query().Get("transport") == "websocket":
		e.switched(w, r)
	case r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body) // what breaks off is an odd message
		messages <- string(body)
		fmt.Fprint(w, "ok")
	default:
		select {
		case message := <-messages:
			fmt.Fprint(w, message)
		case <-r.Context().Done():
		}
	}
}

func (e *engineIO) switched(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer socket.CloseNow()
	for {
		_, message, err := socket.Read(r.Context())
		if err != nil {
			return
		}
		answer := message
		if string(message) == "2probe" {
			answer = []byte("3probe " + e.name)
		}
		if err := socket.Write(r.Context(), websocket.MessageText, answer); err != nil {
			return
		}
	}
}

// vite is a development server, with its WebSocket for updates.
func vite(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, "export const host = ", r.Host)
		return
	}
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"vite-hmr"}})
	if err != nil {
		return
	}
	defer socket.CloseNow()
	if socket.Write(r.Context(), websocket.MessageText, []byte(`{"type":"connected"}`)) == nil {
		_, _, _ = socket.Read(r.Context()) // until the browser leaves
	}
}

const tokenCount = 20

// tokens answers with one after the other, each when the one before has come.
func tokens(w http.ResponseWriter, r *http.Request, came chan struct{}) {
	question, err := io.ReadAll(r.Body)
	if err != nil || !bytes.Contains(question, []byte("prompt")) {
		http.Error(w, "no prompt", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range tokenCount {
		fmt.Fprintf(w, "data: tok%02d\n\n", i)
		_ = http.NewResponseController(w).Flush() // an error shows at the client
		select {
		case <-came:
		case <-r.Context().Done():
			return
		}
	}
	fmt.Fprint(w, "data: [DONE]\n\n")
}

// polled: sessions of two servers, each of which knows its own alone, by polling and
// then by a WebSocket.
func polled(t *testing.T, browser client) {
	servers := map[string]bool{}
	for range 6 {
		const path = "socketio.test/socket.io/?EIO=4&transport="
		status, body, header, err := browser.get(path + "polling")
		_, id, found := strings.Cut(body, `"sid":"`)
		id, _, _ = strings.Cut(id, `"`)
		cookie, _, _ := strings.Cut(header.Get("Set-Cookie"), ";")
		if status != http.StatusOK || !found || cookie == "" {
			t.Fatalf("%d %q %v, cookie %q", status, body, err, cookie)
		}
		name, _, _ := strings.Cut(id, "-")
		servers[name] = true
		for _, message := range []string{"4one", "4two"} {
			request, err := http.NewRequest(http.MethodPost, "https://"+path+"polling&sid="+id, strings.NewReader(message))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Cookie", cookie)
			response, err := browser.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close() // "ok"
			if status, body, _, err := browser.get(path+"polling&sid="+id, "Cookie", cookie); status != http.StatusOK || body != message {
				t.Errorf("%s: %d %q, %v", id, status, body, err)
			}
		}
		socket := browser.open(t, path+"websocket&sid="+id, "Cookie", cookie)
		if err := socket.Write(t.Context(), websocket.MessageText, []byte("2probe")); err != nil {
			t.Fatal(err)
		}
		if _, got, err := socket.Read(t.Context()); err != nil || string(got) != "3probe "+name {
			t.Errorf("%s: %q, %v", id, got, err)
		}
		echoes(t, socket, "4three")
	}
	if len(servers) != 2 {
		t.Errorf("%v have answered", servers)
	}
}

// shared: a share of WebDAV, as a file manager uses it.
func shared(t *testing.T, browser client) {
	do := func(want int, method, path, body string, header ...string) (text string) {
		t.Helper()
		request, err := http.NewRequest(method, "https://dav.test"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		response, err := browser.Do(request)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		if response.StatusCode != want || err != nil {
			t.Errorf("%s %s: %d %.200q, %v; want %d", method, path, response.StatusCode, data, err, want)
		}
		return response.Header.Get("Lock-Token") + string(data)
	}
	do(http.StatusCreated, "MKCOL", "/papers", "")
	do(http.StatusCreated, "PUT", "/papers/a b.txt", "first")
	do(http.StatusCreated, "COPY", "/papers/a%20b.txt", "", "Destination", "https://dav.test/papers/c.txt")
	do(http.StatusCreated, "MOVE", "/papers/c.txt", "", "Destination", "https://dav.test/papers/d.txt", "Overwrite", "T")
	if found := do(http.StatusMultiStatus, "PROPFIND", "/papers/", "", "Depth", "1"); !strings.Contains(found, "/papers/d.txt") || !strings.Contains(found, "/papers/a%20b.txt") || strings.Contains(found, "c.txt") {
		t.Errorf("a listing: %q", found)
	}
	lock := do(http.StatusOK, "LOCK", "/papers/d.txt", `<?xml version="1.0"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`, "Timeout", "Second-60")
	token, _, _ := strings.Cut(lock, ">")
	do(http.StatusLocked, "PUT", "/papers/d.txt", "second")
	do(http.StatusCreated, "PUT", "/papers/d.txt", "second", "If", "("+token+">)")
	do(http.StatusNoContent, "UNLOCK", "/papers/d.txt", "", "Lock-Token", token+">")
	if got := do(http.StatusOK, "GET", "/papers/d.txt", ""); got != "second" {
		t.Errorf("%q", got)
	}
	do(http.StatusNoContent, "DELETE", "/papers", "")
	do(http.StatusMethodNotAllowed, "POST", "/papers", "x")
}

// developed: a server on ::1 alone, called localhost, with its WebSocket.
func developed(t *testing.T, browser client, c edge.Combination) {
	if status, body, _, err := browser.get("vite.test/@vite/client"); status != http.StatusOK || !strings.Contains(body, "vite.test") {
		t.Fatalf("%d %q, %v", status, body, err)
	}
	socket, response, err := websocket.Dial(t.Context(), "wss://vite.test/?token=x", &websocket.DialOptions{Subprotocols: []string{"vite-hmr"}, HTTPClient: &http.Client{Transport: browser.Transport}})
	if err != nil {
		if c.Cache == "varnish" {
			t.Skip("Varnish asks the machine for localhost, which does not give ::1 that name (varnish-localhost)")
		}
		t.Fatal(err)
	}
	defer socket.CloseNow()
	if _, got, err := socket.Read(t.Context()); err != nil || !strings.Contains(string(got), "connected") || response.Header.Get("Sec-WebSocket-Protocol") != "vite-hmr" {
		t.Errorf("%q, %v, %v", got, err, response.Header)
	}
}

// streamed: each token comes before the next is made, though the client takes codings.
func streamed(t *testing.T, browser client, came chan struct{}) {
	request, err := http.NewRequest(http.MethodPost, "https://llm.test/v1/chat", strings.NewReader(`{"prompt":"x","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	next := 0
	for lines.Scan() {
		if lines.Text() == fmt.Sprintf("data: tok%02d", next) {
			next++
			select {
			case came <- struct{}{}:
			case <-time.After(20 * time.Second):
				t.Fatal("nobody waits for a token")
			}
		}
	}
	if next != tokenCount || lines.Err() != nil {
		t.Errorf("%d tokens, %v", next, lines.Err())
	}
}
