package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestOutgrownCache holds that an answer which says neither how long it is nor that it
// may not be stored reaches its clients although the whole cache has no room for it,
// and that one which breaks off is seen to (E2).
func TestOutgrownCache(t *testing.T) {
	const pieces, piece = 400, 64 << 10 // 25 MiB
	for _, c := range edge.Named(t, *engines) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			load.Serve(t, listener, func(conn net.Conn) { endless(conn, pieces, piece) })
			h := edge.NewHome(t, c)
			h.CompileAsUsersIn(edge.Native)
			h.Write("site.hcl", strings.Replace(fmt.Sprintf(siteText, listener.Addr()), "edge {\n", "edge {\n  cache_storage { size = \"16MiB\" }\n", 1))
			e := h.Run()
			for _, path := range []string{"/", "/ttl", "/ttl"} {
				connection, err := load.Dial(e.HTTPS(), host)
				if err != nil {
					t.Fatal(err)
				}
				answer, err := connection.Get(path)
				if err != nil || answer.Status != http.StatusOK || len(answer.Body) != pieces*piece {
					t.Errorf("%s: %d with %d bytes: %v", path, answer.Status, len(answer.Body), err)
				}
				if answer, err := connection.Get("/ttl/broken"); err == nil && answer.Status == http.StatusOK {
					t.Errorf("what breaks off looks whole, with %d bytes", len(answer.Body))
				}
				connection.Close()
			}
			e.Stop()
		})
	}
}

// endless answers with that many pieces in chunks, or breaks off in their midst.
func endless(conn net.Conn, pieces, size int) {
	for reader := bufio.NewReader(conn); ; {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n") // the next write fails too
		for i := range pieces {
			if strings.HasSuffix(request.URL.Path, "broken") && i > pieces/8 {
				return
			}
			if _, err := fmt.Fprintf(conn, "%x\r\n%s\r\n", size, strings.Repeat("x", size)); err != nil {
				return
			}
		}
		_, _ = io.WriteString(conn, "0\r\n\r\n")
	}
}
