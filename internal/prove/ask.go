package prove

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"edgegen/internal/importer"
)

// answer is what came of a request, as far as two edges can be held against each
// other.
type answer struct {
	status int
	header map[string]string
	body   string
	failed error
	asked  string // the URL, without its path
}

// absolute makes a URL of where a redirect leads.
func (a *answer) absolute() {
	if to := a.header["Location"]; strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
		a.header["Location"] = a.asked + to
	}
}

// compared are the headers of answers that are held against each other.
func compared() []string {
	return []string{"Location", "Content-Type", "Content-Encoding", "Cache-Control", "Www-Authenticate", "Set-Cookie", "Strict-Transport-Security", "X-Frame-Options"}
}

const (
	askPatience = 15 * time.Second
	mostBody    = 256 << 10
)

// ask sends a request to an edge.
func ask(ctx context.Context, at string, q importer.Asked) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
	if err != nil {
		return answer{failed: err}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // that ends whoever waits
	defer stop()
	if q.HTTPS {
		conn = tls.Client(conn, &tls.Config{ServerName: q.Host, InsecureSkipVerify: true}) // what answers is what listens here
	}
	head := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: edgegen\r\n", q.Path, q.Host)
	if q.WebSocket {
		head += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	} else {
		head += "Connection: close\r\n\r\n"
	}
	if _, err := io.WriteString(conn, head); err != nil {
		return answer{failed: err}
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodGet})
	if err != nil {
		return answer{failed: err}
	}
	a = answer{status: response.StatusCode, header: map[string]string{}, asked: "http://" + q.Host}
	if q.HTTPS {
		a.asked = "https://" + q.Host
	}
	for _, name := range compared() {
		a.header[name] = ported.ReplaceAllString(strings.Join(response.Header.Values(name), ", "), "$1")
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
		a.body, a.failed = string(body), err
		_ = response.Body.Close() // it has been read
	}
	return a
}

// ported is a URL with a port, which is another for each edge here.
var ported = regexp.MustCompile(`^(https?://[^/:]+):\d+`)
