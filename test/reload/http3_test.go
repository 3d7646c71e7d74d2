package reload

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/quicvarint"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// withHTTP3 is a site that is reached over HTTP/3, whose pages say what serial says.
func withHTTP3(app *load.App, web, protocols, serial string) string {
	return fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  protocols = [%s]
  engine { web = %q }
  timeouts { drain = "2s" }
}

site %q {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  route "/" {
    backend   = "app"
    websocket = true
    response_headers { set = { "X-Serial" = %q } }
  }
}
`, protocols, web, host, app.Address, serial)
}

// TestHTTP3 holds Q2 and R2: reloads that exchange the routes, and the plane that serves
// HTTP/3, fail no request over it and keep its WebSockets; one that turns it off ends its
// connections when what was asked on them is answered, and a stop does too.
func TestHTTP3(t *testing.T) {
	t.Parallel()
	h := edge.NewHome(t, edge.NginxAlone)
	app := load.StartApp(t, "app")
	const all, two = `"h1", "h2", "h3"`, `"h1", "h2"`
	h.Write("site.hcl", withHTTP3(app, "builtin", all, "1"))
	e := h.Start() // the site names the engines
	e.Ready()
	address := e.HTTPS()
	if status := e.Status(); !strings.Contains(strings.Join(edge.Tier(status, "tls").Listen, " "), "udp:"+address) {
		t.Errorf("status names no UDP socket: %+v", status.Tiers)
	}
	config := &tls.Config{ServerName: host, InsecureSkipVerify: true, NextProtos: []string{"h3"}}
	socket := openSocket3(t, address, config)
	defer socket.Close()
	dial := func(ctx context.Context, _ string, c *tls.Config, q *quic.Config) (*quic.Conn, error) {
		return quic.DialAddr(ctx, address, c, q)
	}
	transport := &http3.Transport{TLSClientConfig: config, Dial: dial}
	defer transport.Close()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int64
	done := make(chan error, 1)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := get3(client); err != nil {
				done <- err
				return
			}
			asked.Add(1)
		}
	}()
	for i, web := range []string{"builtin", "nginx", "nginx", "builtin"} {
		before := asked.Load()
		await(t, "requests", func() bool { return asked.Load() > before+20 || len(done) > 0 })
		serial := fmt.Sprint(i + 2)
		h.Write("site.hcl", withHTTP3(app, web, all, serial))
		if result := e.Reload(); result.Code != 0 {
			t.Fatalf("reload %d: %s%s", i, result.Out, result.Err)
		}
		if got := edge.Tier(e.Status(), "web").Engine; got != web {
			t.Errorf("the web tier is %s", got)
		}
		fresh := &http3.Transport{TLSClientConfig: config, Dial: dial} // one that is kept may get its last answer from who leaves
		if r, err := (&http.Client{Transport: fresh, Timeout: time.Minute}).Get("https://" + host + "/x"); err != nil || r.Header.Get("X-Serial") != serial || !strings.Contains(r.Header.Get("Alt-Svc"), "h3=") {
			t.Errorf("reload %d: %v %v", i, r, err)
		} else {
			_ = r.Body.Close()
		}
		_ = fresh.Close()
		socket.echoes(t, "still "+serial)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("R2: %v after %d requests", err, asked.Load())
	}
	t.Logf("%d requests", asked.Load())
	h.Write("site.hcl", withHTTP3(app, "builtin", two, "9"))
	if result := e.Reload(); result.Code != 0 {
		t.Fatalf("%s%s", result.Out, result.Err)
	}
	socket.echoes(t, "W2")
	short, end := context.WithTimeout(t.Context(), 2*time.Second)
	defer end()
	if conn, err := quic.DialAddr(short, address, config, nil); err == nil {
		t.Errorf("it is spoken still, with %v", conn.RemoteAddr())
	}
	e.Stop()
	select {
	case <-socket.conn.Context().Done():
	case <-time.After(20 * time.Second):
		t.Error("a WebSocket outlives the edge")
	}
}

func get3(client *http.Client) error {
	r, err := client.Get("https://" + host + "/x")
	if err != nil {
		return err
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", r.StatusCode)
	}
	return err
}

// socket3 is a WebSocket over HTTP/3 (RFC 9220), of which the app sends each frame back.
type socket3 struct {
	*quic.Stream
	conn *quic.Conn
}

func openSocket3(t *testing.T, address string, config *tls.Config) *socket3 {
	t.Helper()
	conn, err := quic.DialAddr(t.Context(), address, config, &quic.Config{KeepAlivePeriod: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if control, err := conn.OpenUniStream(); err == nil {
		_, _ = control.Write([]byte{0, 4, 0}) // what fails here shows below
	}
	s, err := conn.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	var block bytes.Buffer
	to := qpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":authority", host}, {":path", "/ws"}, {"sec-websocket-version", "13"}} {
		_ = to.WriteField(qpack.HeaderField{Name: f[0], Value: f[1]}) // a buffer takes all
	}
	_, _ = s.Write(frame3(1, block.Bytes()))
	socket := &socket3{s, conn}
	if kind, _ := socket.next(t); kind != 1 {
		t.Fatalf("a frame of kind %d first", kind)
	}
	return socket
}

func (s *socket3) Close() { _ = s.conn.CloseWithError(0x100, "") }

func frame3(kind uint64, payload []byte) []byte {
	return append(quicvarint.Append(quicvarint.Append(nil, kind), uint64(len(payload))), payload...)
}

func (s *socket3) next(t *testing.T) (kind uint64, payload []byte) {
	t.Helper()
	_ = s.SetReadDeadline(time.Now().Add(20 * time.Second))
	r := quicvarint.NewReader(s)
	kind, err := quicvarint.Read(r)
	if err == nil {
		var n uint64
		if n, err = quicvarint.Read(r); err == nil {
			payload = make([]byte, n)
			_, err = io.ReadFull(r, payload)
		}
	}
	if err != nil {
		t.Fatalf("W2: %v", err)
	}
	return kind, payload
}

// echoes sends a text message, which a client masks, and waits for it.
func (s *socket3) echoes(t *testing.T, text string) {
	t.Helper()
	message := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	if _, err := s.Write(frame3(0, message)); err != nil {
		t.Fatalf("W2: %v", err)
	}
	got := ""
	for !strings.HasSuffix(got, text) {
		_, payload := s.next(t)
		got += string(payload)
	}
}
