package load

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// App is a backend in the tests' own process. It answers every path with one
// line that says what has reached it, and echoes the messages of WebSockets.
type App struct {
	Name, Address string
}

// StartApp starts an app on a port of its own. It ends with the test, after
// what was started later.
func StartApp(t testing.TB, name string) *App {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var sockets, serving sync.WaitGroup
	handler := answer(ctx, name)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sockets.Add(1)
		defer sockets.Done()
		handler(w, r)
	})}
	serving.Go(func() { _ = server.Serve(listener) }) // it returns ErrServerClosed
	t.Cleanup(func() {
		cancel()
		_ = server.Close() // what is open is of no use any more
		serving.Wait()
		sockets.Wait()
	})
	return &App{Name: name, Address: listener.Addr().String()}
}

// ServeApp is an app as the whole of a process. It returns an error.
func ServeApp(name, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("serve an app: %w", err)
	}
	return (&http.Server{Handler: answer(context.Background(), name)}).Serve(listener)
}

func answer(ctx context.Context, name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			Echo(ctx, w, r)
			return
		}
		fmt.Fprint(w, Line(name, r.Header.Get("X-Stage"), r.URL.Path))
	}
}

// Line is what an app answers.
func Line(app, stage, path string) string {
	return fmt.Sprintf("app %s stage %s path %s\n", app, stage, path)
}

// Echo answers a handshake and sends every message back, until ctx ends.
func Echo(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered already
	}
	defer func() { _ = socket.CloseNow() }() // the other side may have closed it
	for {
		kind, message, err := socket.Read(ctx)
		if err != nil {
			return
		}
		if err := socket.Write(ctx, kind, message); err != nil {
			return
		}
	}
}
