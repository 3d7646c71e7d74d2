package dataplane

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgegen/internal/site"
)

// Proxies that announce clients are at 127.0.0.8.
func announcing(model *site.Edge) *site.Edge {
	model.Announced = []site.Prefix{{Network: netip.MustParsePrefix("127.0.0.8/32")}}
	model.Trusted = []site.Prefix{{Network: netip.MustParsePrefix("198.51.100.9/32")}}
	model.Timeout.Header = time.Second
	return model
}

const (
	two  = "\r\n\r\n\x00\r\nQUIT\n"
	ipv4 = "\xc6\x33\x64\x07\x7f\x00\x00\x01\x9c\x40\x01\xbb" // 198.51.100.7:40000 to 127.0.0.1:443
	ipv6 = "\x20\x01\x0d\xb9" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07" + "\x20\x01\x0d\xb9" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" + "\x9c\x40\x01\xbb"
)

// F6: a PROXY header is required of the peers that are named, on every public
// listener, and refused from others.
func TestF6Announced(t *testing.T) {
	e := start(t, announcing(simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	}))))
	for _, c := range []struct {
		name, peer, header string
		client             string // "" where the connection is closed
		fields             string
	}{
		{name: "version 1", peer: "127.0.0.8", header: "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n", client: "198.51.100.7"},
		{name: "version 1 over IPv6", peer: "127.0.0.8", header: "PROXY TCP6 2001:db9::7 2001:db9::1 40000 443\r\n", client: "2001:db9::7"},
		{name: "version 1 of nobody", peer: "127.0.0.8", header: "PROXY UNKNOWN\r\n", client: "127.0.0.8"},
		{name: "version 2", peer: "127.0.0.8", header: two + "\x21\x11\x00\x0c" + ipv4, client: "198.51.100.7"},
		{name: "version 2 over IPv6", peer: "127.0.0.8", header: two + "\x21\x21\x00\x24" + ipv6, client: "2001:db9::7"},
		{name: "version 2 with more behind the addresses", peer: "127.0.0.8", header: two + "\x21\x11\x00\x13" + ipv4 + "\x04\x00\x04abcd", client: "198.51.100.7"},
		{name: "version 2 of a proxy for itself", peer: "127.0.0.8", header: two + "\x20\x00\x00\x00", client: "127.0.0.8"},
		{name: "version 2 of a proxy for itself, with an address", peer: "127.0.0.8", header: two + "\x20\x11\x00\x0c" + ipv4, client: "127.0.0.8"},
		{name: "version 2 of no family", peer: "127.0.0.8", header: two + "\x21\x00\x00\x00", client: "127.0.0.8"},
		{name: "version 2 of a Unix socket", peer: "127.0.0.8", header: two + "\x21\x31\x00\xd8" + strings.Repeat("u", 216), client: "127.0.0.8"},
		{name: "a client that is trusted", peer: "127.0.0.8", header: "PROXY TCP4 198.51.100.9 127.0.0.1 40000 443\r\n", client: "192.0.2.1", fields: "X-Forwarded-For: 192.0.2.1\r\n"},
		{name: "a client's own words", peer: "127.0.0.8", header: "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n", client: "198.51.100.7", fields: "X-Forwarded-For: 192.0.2.1\r\n"},
		{name: "none", peer: "127.0.0.8"},
		{name: "version 3", peer: "127.0.0.8", header: two + "\x31\x11\x00\x0c" + ipv4},
		{name: "a long line", peer: "127.0.0.8", header: "PROXY UNKNOWN " + strings.Repeat("x", 200) + "\r\n"},
		{name: "no address", peer: "127.0.0.8", header: "PROXY TCP4 here there 1 2\r\n"},
		{name: "too long", peer: "127.0.0.8", header: two + "\x21\x11\xff\xff" + ipv4},
		{name: "half of one", peer: "127.0.0.8", header: two + "\x21\x11\x00\x0c" + ipv4[:5]},
		{name: "from another peer", peer: "127.0.0.3", header: "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n"},
		{name: "version 2 from another peer", peer: "127.0.0.3", header: two + "\x21\x11\x00\x0c" + ipv4},
		{name: "none from another peer", peer: "127.0.0.3", client: "127.0.0.3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := overTLS(t, e, c.peer, c.header, c.fields); got != c.client {
				t.Errorf("https: the app sees %q, and not %q", got, c.client)
			}
			want := http.StatusMovedPermanently
			if c.client == "" {
				want = 0
			}
			if got := overPlain(t, e, c.peer, c.header); got != want && (got != http.StatusBadRequest || want != 0) {
				t.Errorf("http: %d, and not %d", got, want)
			}
		})
	}
}

// F6, T1: where the edge says whose connections begin with a PROXY header, those of
// trusted proxies that it does not name do not.
func TestF6AnnouncedBehind(t *testing.T) {
	m := announcing(simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For")+" "+r.Header.Get("X-Forwarded-Proto"))
	})))
	m.Engine.TLS, m.HTTPS, m.HTTP = site.Off, nil, m.HTTPS
	m.Trusted = []site.Prefix{{Network: netip.MustParsePrefix("127.0.0.8/31")}}
	e := start(t, m)
	const v1 = "PROXY TCP4 198.51.100.7 127.0.0.1 40000 443\r\n"
	for _, c := range []struct{ peer, header, want string }{
		{"127.0.0.8", v1, "200 198.51.100.7 https"}, {"127.0.0.8", "", ""}, {"127.0.0.9", "", "200 127.0.0.9 https"}, {"127.0.0.9", v1, "400"}, {"127.0.0.3", v1, "400"},
	} {
		conn := dialFrom(t, c.peer, e.http)
		if _, err := io.WriteString(conn, c.header+"GET /a HTTP/1.1\r\nHost: "+chatHost+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		got := ""
		if response, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			got = strconv.Itoa(response.StatusCode)
			if body, _ := io.ReadAll(response.Body); got == "200" {
				got += " " + string(body)
			}
		}
		if got != c.want {
			t.Errorf("%s with %q: %q, and not %q", c.peer, c.header, got, c.want)
		}
	}
}

// E6: a header that dribbles in is cut off.
func TestE6AnnouncedDribble(t *testing.T) {
	e := start(t, announcing(simple(t, "")))
	for _, address := range []string{e.https, e.http} {
		c := dialFrom(t, "127.0.0.8", address)
		began := time.Now()
		for closed := false; !closed; {
			if _, err := io.WriteString(c, "PROXY UNKNOWN "[int(time.Since(began)/(100*time.Millisecond))%14:][:1]); err != nil {
				break
			}
			_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			_, err := c.Read(make([]byte, 1))
			closed = err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: cut off after %s", address, took)
		}
	}
}

func dialFrom(t *testing.T, peer, address string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}, Timeout: 10 * time.Second}
	c, err := dialer.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// overTLS returns what the app answers, "" where nobody does.
func overTLS(t *testing.T, e *edge, peer, header, fields string) string {
	raw := dialFrom(t, peer, e.https)
	if _, err := io.WriteString(raw, header); err != nil {
		t.Fatal(err)
	}
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost})
	if c.Handshake() != nil {
		return ""
	}
	if _, err := io.WriteString(c, "GET /seen HTTP/1.1\r\nHost: "+chatHost+"\r\n"+fields+"Cookie: a=b\r\n\r\n"); err != nil {
		return ""
	}
	return read(t, bufio.NewReader(c), http.MethodGet).text
}

// overPlain returns the status of the answer, 0 where there is none.
func overPlain(t *testing.T, e *edge, peer, header string) int {
	c := dialFrom(t, peer, e.http)
	if _, err := io.WriteString(c, header+"GET /a HTTP/1.1\r\nHost: "+chatHost+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	return response.StatusCode
}
