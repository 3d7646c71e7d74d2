package reload

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestR2RouteIsRenamed: a request that the cache tier has decided on before a reload is
// served after it though its route has another name then, and so is whatever comes
// meanwhile; not where the route that it would take now lets in only some.
func TestR2RouteIsRenamed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // what is lacking the test sees
	}))
	t.Cleanup(server.Close)
	for _, c := range []edge.Combination{edge.Native, edge.BuiltInWeb, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			site := func(pattern, more string) {
				text := plain(&load.App{Address: server.Listener.Addr().String()}, "", `"127.0.0.1:0"`)
				route := fmt.Sprintf("route \"~ %s\" {\n    backend = \"app\"\n    %s\n  }\n  route \"/\" {", pattern, more)
				h.Write("site.hcl", strings.Replace(text, `route "/" {`, route, 1))
			}
			site("^/(a|b)$", "")
			e := h.Run()
			for i, c := range []struct {
				pattern, more string
				status        int
			}{{"^/(b|a)$", "", 200}, {"^/[abc]$", "", 200}, {"^/[ab]$", `allow = ["10.0.0.0/8"]`, 404}} {
				upload := beginUpload(t, e)
				stop := make(chan struct{})
				var others sync.WaitGroup
				if c.status == 200 {
					others.Go(func() { keepAsking(t, e, stop) })
				}
				site(c.pattern, c.more)
				if result := e.Reload(); result.Code != 0 {
					t.Fatalf("reload exits with %d: %s", result.Code, result.Err)
				}
				close(stop)
				others.Wait()
				if e.Combination == edge.BuiltIn {
					c.status = http.StatusOK // one process: the request keeps the configuration that it began with
				}
				if status, body := upload(); status != c.status || status == http.StatusOK && body != "1234567890" {
					t.Errorf("%d: %d with %q, want %d", i, status, body, c.status)
				}
			}
			e.Stop()
		})
	}
}

// beginUpload has the edge decide on a request, of which it gets the end, and the answer
// is read, when the function is called.
func beginUpload(t *testing.T, e *edge.Edge) func() (status int, body string) {
	t.Helper()
	conn, err := tls.Dial("tcp", e.HTTPS(), &tls.Config{ServerName: host, InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // it has served
	_ = conn.SetDeadline(time.Now().Add(edge.Patience))
	fmt.Fprintf(conn, "POST /a HTTP/1.1\r\nHost: %s\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", host)
	reader := bufio.NewReader(conn)
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return func() (int, string) {
		_ = conn.SetDeadline(time.Now().Add(edge.Patience)) // the next read tells
		fmt.Fprint(conn, "a\r\n1234567890\r\n0\r\n\r\n")
		answer, err := http.ReadResponse(reader, &http.Request{Method: "POST"})
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		return answer.StatusCode, string(body)
	}
}

// keepAsking asks for a page until it is told to stop, and holds that it is there.
func keepAsking(t *testing.T, e *edge.Edge, stop chan struct{}) {
	connection, err := load.Dial(e.HTTPS(), host)
	if err != nil {
		t.Error(err)
		return
	}
	defer connection.Close()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		if answer, err := connection.Get(fmt.Sprintf("/a?%d", n)); err != nil || answer.Status != http.StatusOK {
			t.Errorf("the %dth: %d, %v", n, answer.Status, err)
			return
		}
	}
}
