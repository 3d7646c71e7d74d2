package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"edgegen/internal/site"
)

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nServer: x/1\r\n\r\n"

// echoSocket answers a handshake, then echoes whatever comes, frames or not.
func echoSocket(c net.Conn) {
	r := bufio.NewReader(c)
	request, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	_, _ = io.WriteString(c, switching+request.Header.Get("X-Forwarded-For")+"\n")
	_, _ = io.Copy(c, r)
}

func TestW1Pipe(t *testing.T) {
	e := start(t, simple(t, rawApp(t, echoSocket)))
	c := e.dial(t)
	_, _ = io.WriteString(c, handshake("/ws/room")+"early\n")
	r := bufio.NewReader(c)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != 101 || response.Header.Get("Server") != "" || response.Header.Get("X-Cache") != "PASS" {
		t.Fatalf("%v %v", response, err)
	}
	for _, want := range []string{"127.0.0.1\n", "early\n"} {
		if line, err := r.ReadString('\n'); line != want {
			t.Fatalf("%q %v", line, err)
		}
	}
	if e.plane.WebSockets() != 1 {
		t.Errorf("%d open", e.plane.WebSockets())
	}
	big := strings.Repeat("0123456789abcdef", 1<<16)
	go func() { _, _ = io.WriteString(c, big); _ = c.CloseWrite() }()
	rest, err := io.ReadAll(r) // half-close: the echo comes after our end
	if err != nil || string(rest) != big {
		t.Errorf("%d bytes, %v", len(rest), err)
	}
	eventually(t, "closed and logged", func() bool { return e.plane.WebSockets() == 0 && len(e.records()) == 1 })
	if got := e.records()[0]; got.Status != 101 || got.Received != int64(len(big)+6) || got.Bytes != int64(len(big)+6+10) || got.Tier != "backend" {
		t.Errorf("%+v", got)
	}
}

func TestW1Library(t *testing.T) {
	e := start(t, simple(t, app(t, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, data, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, data) != nil {
				return
			}
		}
	})))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{
		DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, ServerName: chatHost}}
			return d.DialContext(ctx, network, e.https)
		}}}
	c, _, err := websocket.Dial(ctx, "wss://"+chatHost+"/ws", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"hello", strings.Repeat("x", 20000)} {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != text {
			t.Fatalf("%q %v", got, err)
		}
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestW3Handshakes(t *testing.T) {
	var reached atomic.Int64
	e := start(t, simple(t, rawApp(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			reached.Add(1)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})))
	upgrade, connection, version := "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"
	tests := map[string]struct {
		raw     string
		status  int
		reaches int64
	}{
		"POST":                {request("POST", "/ws", upgrade, connection, key, version, "Content-Length: 0"), 400, 0},
		"HTTP/1.0":            {strings.Replace(handshake("/ws"), "HTTP/1.1", "HTTP/1.0", 1), 400, 0},
		"no Connection":       {request("GET", "/ws", upgrade, key, version), 400, 0},
		"other Connection":    {request("GET", "/ws", upgrade, "Connection: close", key, version), 400, 0},
		"no Upgrade":          {request("GET", "/ws", connection, key, version), 400, 0},
		"two protocols":       {request("GET", "/ws", "Upgrade: websocket, h2c", connection, key, version), 400, 0},
		"no key":              {request("GET", "/ws", upgrade, connection, version), 400, 0},
		"short key":           {request("GET", "/ws", upgrade, connection, "Sec-WebSocket-Key: abcd", version), 400, 0},
		"two keys":            {request("GET", "/ws", upgrade, connection, key, key, version), 400, 0},
		"no version":          {request("GET", "/ws", upgrade, connection, key), 400, 0},
		"other version":       {request("GET", "/ws", upgrade, connection, key, "Sec-WebSocket-Version: 8"), 426, 0},
		"counted body":        {request("GET", "/ws", upgrade, connection, key, version, "Content-Length: 1") + "x", 400, 0},
		"chunked body":        {request("GET", "/ws", upgrade, connection, key, version, "Transfer-Encoding: chunked") + "0\r\n\r\n", 400, 0},
		"W4 other route":      {handshake("/"), 200, 1},
		"W4 other protocol":   {request("GET", "/ws", "Upgrade: h2c", connection), 200, 1},
		"W4 ordinary request": {request("GET", "/ws"), 200, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := reached.Load()
			got := e.ask(t, test.raw)
			if got.StatusCode != test.status || reached.Load()-before != test.reaches {
				t.Errorf("got %d %q, %d reached", got.StatusCode, got.text, reached.Load()-before)
			}
			if test.status == 426 && got.Header.Get("Sec-WebSocket-Version") != "13" {
				t.Errorf("%v", got.Header)
			}
		})
	}
}

// What follows a handshake that the backend refuses reaches nobody.
func TestW5Refused(t *testing.T) {
	var seen atomic.Int64
	e := start(t, simple(t, rawApp(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			request, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			seen.Add(1)
			_, _ = io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
			_ = request
		}
	})))
	c := e.dial(t)
	_, _ = io.WriteString(c, handshake("/ws")+request("GET", "/second", "X-Forwarded-For: 1.2.3.4"))
	r := bufio.NewReader(c)
	if got := read(t, r, "GET"); got.StatusCode != 404 || got.text != "no" {
		t.Errorf("got %d %q", got.StatusCode, got.text)
	}
	if rest, err := io.ReadAll(r); len(rest) > 0 || err != nil {
		t.Errorf("%q %v", rest, err)
	}
	if seen.Load() != 1 {
		t.Errorf("the backend saw %d requests", seen.Load())
	}
}

func TestW2Idle(t *testing.T) {
	model := simple(t, rawApp(t, echoSocket))
	model.Timeout.WebSocketIdle = time.Second
	model.Timeout.Idle, model.Timeout.FirstByte, model.Timeout.Header = 50*time.Millisecond, time.Second, 2*time.Second
	e := start(t, model)
	c := e.dial(t)
	_, _ = io.WriteString(c, handshake("/ws"))
	r := bufio.NewReader(c)
	if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != 101 {
		t.Fatal(response, err)
	}
	_, _ = r.ReadString('\n')
	for range 5 { // busy for longer than it may be idle
		time.Sleep(300 * time.Millisecond)
		_, _ = io.WriteString(c, "x\n")
		if line, err := r.ReadString('\n'); line != "x\n" {
			t.Fatalf("%q %v", line, err)
		}
	}
	began := time.Now()
	if _, err := r.ReadByte(); err == nil || time.Since(began) < 900*time.Millisecond {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestR2Update(t *testing.T) {
	old := simple(t, rawApp(t, echoSocket))
	e := start(t, old)
	c := e.dial(t)
	_, _ = io.WriteString(c, handshake("/ws"))
	r := bufio.NewReader(c)
	if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != 101 {
		t.Fatal(response, err)
	}
	_, _ = r.ReadString('\n')
	next := *old
	next.Sites = append([]site.Site(nil), old.Sites...)
	next.Sites[0].Routes = append([]site.Route{{Path: "/new", Redirect: &site.Redirect{To: "/x", Status: 303}}}, old.Sites[0].Routes...)
	fresh := signedFor(t, chatHost)
	if err := e.update(Model{Edge: &next, Certificates: [][]tls.Certificate{{fresh}}}); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "still\n")
	if line, err := r.ReadString('\n'); line != "still\n" {
		t.Fatalf("%q %v", line, err)
	}
	if got := e.get(t, "/new"); got.StatusCode != 303 {
		t.Errorf("got %d", got.StatusCode)
	}
	served := e.dial(t).ConnectionState().PeerCertificates[0]
	if !served.Equal(fresh.Leaf) {
		t.Error("R4: the old certificate is served")
	}
	if err := e.update(Model{Edge: &next}); err == nil {
		t.Error("R1: an update without certificates is taken")
	}
}

func TestE5WebSockets(t *testing.T) {
	model := simple(t, rawApp(t, echoSocket))
	model.Limits.WebSockets = 1
	e := start(t, model)
	c := e.dial(t)
	_, _ = io.WriteString(c, handshake("/ws"))
	if response, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || response.StatusCode != 101 {
		t.Fatal(response, err)
	}
	if got := e.ask(t, handshake("/ws")); got.StatusCode != 503 {
		t.Errorf("got %d", got.StatusCode)
	}
	c.Close()
	eventually(t, "the count goes down", func() bool { return e.plane.WebSockets() == 0 })
}
