// Package apps asks a running edge for what the contract promises about the apps
// behind it: names that move, servers that fail, TLS towards them.
package apps

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"edgegen/test/edge"
	"edgegen/test/load"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// They wait for names, checks and certificates; the processors are not what limits them.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err) // the flag is the testing package's own
	}
	os.Exit(edge.MainQuickly(m))
}

// combinations are those in which each tier asks apps in another way: nginx and the
// builtin web tier for requests, varnishd and the builtin cache tier for WebSockets.
func combinations() []edge.Combination {
	return []edge.Combination{edge.BuiltIn, edge.Native, edge.BuiltInCache, edge.VarnishAlone}
}

// app is a server that says its name, how it is doing, and echoes WebSockets.
type app struct {
	name, address string
	status        atomic.Int64  // of /healthz; 0 hangs
	requests      atomic.Int64  // that were no checks
	release       chan struct{} // closed to end what is held
	server        *http.Server
	end           context.CancelFunc
}

// serve starts an app on a listener, with TLS where there is a configuration.
func serve(t testing.TB, name string, listener net.Listener, config *tls.Config) *app {
	t.Helper()
	a := &app{name: name, address: listener.Addr().String(), release: make(chan struct{})}
	a.status.Store(200)
	ctx, end := context.WithCancel(context.Background())
	a.end = end
	a.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.answer(ctx, w, r) }), TLSConfig: config}
	var serving sync.WaitGroup
	serving.Go(func() {
		if config != nil {
			listener = tls.NewListener(listener, config)
		}
		_ = a.server.Serve(listener) // it ends with the test
	})
	t.Cleanup(func() { a.kill(); serving.Wait() })
	return a
}

// kill ends the app and all that is open.
func (a *app) kill() {
	a.end()
	_ = a.server.Close() // nobody needs what is open
}

func (a *app) answer(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" {
		if status := int(a.status.Load()); status > 0 {
			w.WriteHeader(status)
			return
		}
		select {
		case <-r.Context().Done():
		case <-ctx.Done():
		}
		return
	}
	a.requests.Add(1)
	switch {
	case r.Header.Get("Upgrade") != "":
		load.Echo(ctx, w, r)
	case strings.HasPrefix(r.URL.Path, "/hold"):
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush() // an error shows in the answer
		select {
		case <-a.release:
		case <-r.Context().Done():
		case <-ctx.Done():
		}
	default:
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, a.name)
	}
}

// listenOn opens a port at several loopback addresses.
func listenOn(t testing.TB, addresses ...string) (port string, listeners []net.Listener) {
	t.Helper()
	for range 50 {
		first, err := net.Listen("tcp", addresses[0]+":0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = []net.Listener{first}
		_, port, _ = net.SplitHostPort(first.Addr().String())
		for _, a := range addresses[1:] {
			if next, err := net.Listen("tcp", net.JoinHostPort(a, port)); err == nil {
				listeners = append(listeners, next)
			}
		}
		if len(listeners) == len(addresses) {
			return port, listeners
		}
		for _, l := range listeners { // somebody has the port at one of them
			_ = l.Close()
		}
	}
	t.Fatal("no port is free at all addresses")
	return "", nil
}

// client asks an edge, and keeps no cookies.
type client struct{ *http.Client }

func newClient(e *edge.Edge) client {
	address := e.HTTPS()
	return client{&http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // whose certificate it is, is no matter here
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}}}}
}

// get returns the status, the body and the header of an answer.
func (c client) get(url string, header ...string) (int, string, http.Header, error) {
	r, err := http.NewRequest(http.MethodGet, "https://"+url, nil)
	if err != nil {
		return 0, "", nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), response.Header, err
}

// open opens a WebSocket, which lasts as long as the test.
func (c client) open(t testing.TB, url string, header ...string) *websocket.Conn {
	t.Helper()
	fields := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		fields.Set(header[i], header[i+1])
	}
	socket, _, err := websocket.Dial(t.Context(), "wss://"+url, &websocket.DialOptions{HTTPHeader: fields, HTTPClient: &http.Client{Transport: c.Transport}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.CloseNow() })
	return socket
}

// echoes fails where a WebSocket does not.
func echoes(t testing.TB, socket *websocket.Conn, text string) {
	t.Helper()
	if err := socket.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
	_, got, err := socket.Read(t.Context())
	if err != nil || string(got) != text {
		t.Fatalf("%q, %v", got, err)
	}
}

// pause is between the requests of each of the four that ask at once: whatever lasts
// longer is met, and the processors are left to what is tested.
const pause = 20 * time.Millisecond

// under asks for a page all the time until the returned function is called, which
// returns what was wrong.
func (c client) under(url string) (stop func() (asked int, wrong []string)) {
	ctx, end := context.WithCancel(context.Background())
	var work sync.WaitGroup
	var mu sync.Mutex
	asked, wrong := 0, []string(nil)
	for range 4 {
		work.Go(func() {
			for ; ctx.Err() == nil; time.Sleep(pause) {
				status, body, _, err := c.get(url)
				mu.Lock()
				if asked++; err != nil || status != http.StatusOK {
					wrong = append(wrong, fmt.Sprintf("%s: %d %.60q %v", time.Now().Format("15:04:05.000"), status, body, err))
				}
				mu.Unlock()
			}
		})
	}
	return func() (int, []string) {
		end()
		work.Wait()
		return asked, wrong
	}
}
