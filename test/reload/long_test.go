package reload

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// TestR2LongAnswer: an answer that takes longer than timeouts.drain is complete
// though nginx has been told to leave, by a reload or for another one.
func TestR2LongAnswer(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.Native)
	rest := make(chan chan struct{}, 1) // each long answer waits for the next
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/long" {
			return
		}
		fmt.Fprint(w, "first\n")
		_ = http.NewResponseController(w).Flush() // an error shows in the answer
		<-<-rest
		fmt.Fprint(w, "last\n")
	}))
	defer server.Close()
	app := &load.App{Address: server.Listener.Addr().String()}
	good := strings.Replace(plain(app, "", `"127.0.0.1:0"`), `drain = "2s"`, `drain = "100ms"`, 1)
	h.Write("site.hcl", good)
	e := h.Run()
	for _, c := range []struct{ name, before, after string }{
		{"reload", `route "/" {`, "route \"/old\" {\n    redirect { to = \"/new\" }\n  }\n  route \"/\" {"},
		{"replacement", `http  = ["127.0.0.1:0"]`, `http  = ["127.0.0.1:0", "` + port.Free(t) + `"]`},
	} {
		answer := begin(t, e, "/long", "first\n")
		goOn := make(chan struct{})
		rest <- goOn
		good = strings.Replace(good, c.before, c.after, 1)
		h.Write("site.hcl", good)
		if result := e.Reload(); result.Code != 0 {
			t.Errorf("%s: reload exits with %d: %s", c.name, result.Code, result.Err)
		}
		// Many times what a stop waits for.
		for begun := time.Now(); time.Since(begun) < 3*time.Second; time.Sleep(100 * time.Millisecond) {
			e.Until("an old worker goes on after a "+c.name, edge.Patience, func(s api.Status) bool { return s.Connections.OldWorkers > 0 })
		}
		close(goOn)
		if text, err := io.ReadAll(answer); string(text) != "last\n" || err != nil {
			t.Errorf("%s: the answer goes on with %q, %v", c.name, text, err)
		}
		e.Until("the old worker has gone", edge.Patience, func(s api.Status) bool { return s.Connections.OldWorkers == 0 })
	}
	e.Stop()
}

// begin asks for a path and reads the beginning of the answer.
func begin(t *testing.T, e *edge.Edge, path, first string) io.Reader {
	t.Helper()
	connection, err := load.Dial(e.HTTPS(), host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	response, err := connection.Send(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	text := make([]byte, len(first))
	if _, err := io.ReadFull(response.Body, text); err != nil || string(text) != first {
		t.Fatalf("the answer begins with %q, %v", text, err)
	}
	return response.Body
}
