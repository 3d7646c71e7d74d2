package apps

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"edgegen/test/edge"
)

// announced is a site behind a proxy at 127.0.0.8 that says who its clients are.
const announced = `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  %s
}
site "main.test" {
  tls { self_signed = true }
  backend "app" { servers = ["%s"] }
  route "/" { backend = "app" }
}
`

// F6: PROXY headers are required of the peers that are named, and refused from others,
// on both kinds of listeners; also after a reload that changes who they are, and that
// asks by way of such a listener whether it serves (R5).
func TestF6Announced(t *testing.T) {
	for _, c := range []edge.Combination{edge.BuiltIn, edge.BuiltInTLS} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.Header.Get("X-Forwarded-For"), " ", r.Header.Get("X-Forwarded-Proto"))
			})}
			done := make(chan error)
			go func() { done <- server.Serve(l) }()
			t.Cleanup(func() { _ = server.Close(); <-done })
			is := func(list string) { h.Write("site.hcl", fmt.Sprintf(announced, list, l.Addr())) }
			is(`proxy_protocol = ["127.0.0.8"]`)
			e := h.Run()
			https, plain := e.HTTPS(), edge.Tier(e.Status(), "tls").Listen[1]
			const v1 = "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n"
			const v2 = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x07\x7f\x00\x00\x01\x9c\x40\x01\xbb"
			expect := func(peer, header, secure string, moved bool) {
				t.Helper()
				if got := sent(t, peer, https, header, true); got != secure {
					t.Errorf("%s over TLS: %q, and not %q", peer, got, secure)
				}
				if got := sent(t, peer, plain, header, false); (got == "301 ") != moved {
					t.Errorf("%s: %q", peer, got)
				}
			}
			expect("127.0.0.8", v1, "200 198.51.100.7 https", true)
			expect("127.0.0.8", v2, "200 198.51.100.7 https", true)
			expect("127.0.0.8", "", "", false)
			expect("127.0.0.1", "", "200 127.0.0.1 https", true)
			expect("127.0.0.1", v1, "", false)
			is(`proxy_protocol = ["127.0.0.0/8"]`)
			if r := e.Reload(); r.Code != 0 {
				t.Fatal(r.Err)
			}
			expect("127.0.0.1", v2, "200 198.51.100.7 https", true)
			expect("127.0.0.1", "", "", false)
			is("")
			if r := e.Reload(); r.Code != 0 {
				t.Fatal(r.Err)
			}
			if plain = e.HTTP(); edge.Tier(e.Status(), "tls").Listen[0] != https {
				t.Error("the TLS listener has moved")
			}
			expect("127.0.0.1", "", "200 127.0.0.1 https", true)
			expect("127.0.0.8", v1, "", false)
			e.Stop()
		})
	}
}

// sent sends a request from an address, and returns the status and the body of the
// answer, or "" where there is none.
func sent(t *testing.T, peer, address, header string, secure bool) string {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}, Timeout: 10 * time.Second}
	c, err := dialer.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, header); err != nil {
		t.Fatal(err)
	}
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: "main.test"}) // whose certificate it is, is no matter here
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: main.test\r\nCookie: a=b\r\n\r\n"); err != nil {
		return ""
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body) // what has come of it counts
	if !secure {
		body = nil
	}
	return fmt.Sprintf("%d %s", response.StatusCode, body)
}
