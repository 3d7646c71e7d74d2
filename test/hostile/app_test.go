package hostile

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"edgegen/test/load"
)

// app is the app behind the edge. A request names its answer by a number.
type app struct {
	address string

	mu    sync.Mutex
	turns map[uint64]uint64 // how often a number has been asked for
}

// startApp starts an app; it ends with the test.
func startApp(t *testing.T) *app {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{address: listener.Addr().String(), turns: map[uint64]uint64{}}
	load.Serve(t, listener, a.converse)
	return a
}

// converse answers until the connection or the answer ends it.
func (a *app) converse(conn net.Conn) {
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body) // one that breaks off ends the connection at the next read
		number, _ := strconv.ParseUint(request.URL.Query().Get("n"), 10, 64)
		text, ends := answerOf(number, a.turn(number), request.Method)
		if _, err := io.WriteString(conn, text); err != nil || ends || strings.EqualFold(request.Header.Get("Connection"), "close") {
			return
		}
	}
}

// turn counts the requests for a number.
func (a *app) turn(number uint64) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turns[number]++
	return a.turns[number]
}
