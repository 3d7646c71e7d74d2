package explain

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"edgegen/internal/dataplane/wire"
)

// ErrBody is a request that says it has a body, of which none is sent.
var ErrBody = errors.New("the request has a body by its header, and --live sends none: leave Content-Length and Transfer-Encoding out")

// Listener is where a request is sent, and how.
type Listener struct {
	Address  string
	TLS      bool
	QUIC     bool          // for a request over HTTP/3, to the same port of UDP
	Patience time.Duration // how long the whole answer may take
}

// reply is an answer, its body read and counted.
type reply struct {
	protocol string
	status   int
	header   http.Header
	bytes    int64
	port     int // from which it was asked
}

// Send sends a request to a listener of an edge and reads the answer. Certificates
// are not looked at: what answers is what listens here.
func Send(ctx context.Context, r Request, to Listener) (*Live, error) {
	var parsed wire.Request
	if err := wire.ParseRequest(r.Head, &parsed); err == nil && parsed.Length != 0 {
		return nil, ErrBody
	}
	ctx, cancel := context.WithTimeout(ctx, to.Patience)
	defer cancel()
	began := time.Now()
	got, err := r.sendTo(ctx, to)
	if err != nil {
		return nil, err
	}
	l := &Live{Address: to.Address, Protocol: got.protocol, Status: got.status, Bytes: got.bytes, Port: got.port, Headers: []Field{}, header: map[string]string{},
		Duration: float64(time.Since(began).Microseconds()) / 1000}
	for name, values := range got.header {
		l.Headers = append(l.Headers, Field{Name: name, Value: strings.Join(values, ", ")})
		l.header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	slices.SortFunc(l.Headers, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return l, nil
}

// sendTo asks as a client would that speaks the version. Where the listener does not
// say that it takes WebSockets over HTTP/2, those are opened over HTTP/1.1.
func (r *Request) sendTo(ctx context.Context, to Listener) (*reply, error) {
	if to.QUIC {
		return r.overHTTP3(ctx, to.Address)
	}
	got, err := r.overTCP(ctx, to, "h2", "http/1.1")
	if errors.Is(err, errNoTunnels) {
		return r.overTCP(ctx, to, "http/1.1")
	}
	return got, err
}

// overTCP asks in one of the versions, as the listener chooses.
func (r *Request) overTCP(ctx context.Context, to Listener, protocols ...string) (got *reply, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to.Address)
	if err != nil {
		return nil, fmt.Errorf("connect to the edge: %w", err)
	}
	defer conn.Close()
	defer func() {
		if at, ok := conn.LocalAddr().(*net.TCPAddr); ok && err == nil {
			got.port = at.Port
		}
	}()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // that ends whoever waits
	defer stop()
	if r.Announced {
		if err := announce(conn, r.Peer); err != nil {
			return nil, err
		}
	}
	if to.TLS {
		secured := tls.Client(conn, r.handshake(protocols...))
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("agree upon TLS with %s: %w", to.Address, err)
		}
		if conn = secured; secured.ConnectionState().NegotiatedProtocol == "h2" {
			return r.overHTTP2(conn, to.Address)
		}
	}
	return r.overHTTP1(conn, to.Address)
}

// handshake is what is said when TLS is agreed upon. A client that would rather speak
// HTTP/1.1 names no protocols.
func (r *Request) handshake(protocols ...string) *tls.Config {
	c := &tls.Config{ServerName: serverName(r.Name), InsecureSkipVerify: true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &r.Client, nil }}
	if r.Streams() {
		c.NextProtos = protocols
	}
	return c
}

func (r *Request) overHTTP1(conn net.Conn, address string) (*reply, error) {
	if _, err := io.WriteString(conn, r.Head); err != nil {
		return nil, fmt.Errorf("send the request to %s: %w", address, err)
	}
	reader, asked := bufio.NewReader(conn), &http.Request{Method: r.Method}
	answer, err := http.ReadResponse(reader, asked)
	for err == nil && answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
		answer, err = http.ReadResponse(reader, asked)
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", address, err)
	}
	got := &reply{protocol: "HTTP/1.1", status: answer.StatusCode, header: answer.Header}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		if got.bytes, err = io.Copy(io.Discard, answer.Body); err != nil {
			return nil, got.brokenOff(address, err)
		}
	}
	return got, nil
}

func (r *reply) brokenOff(address string, err error) error {
	return fmt.Errorf("read the answer of %s: it breaks off after %d bytes: %w", address, r.bytes, err)
}

// announce begins a connection with a PROXY header that names somebody else.
func announce(conn net.Conn, peer netip.Addr) error {
	family, here := "TCP4", "127.0.0.1"
	if peer.Is6() {
		family, here = "TCP6", "::1"
	}
	const anyPort = 49152
	if _, err := fmt.Fprintf(conn, "PROXY %s %s %s %d %d\r\n", family, peer, here, anyPort, anyPort); err != nil {
		return fmt.Errorf("tell the edge who asks: %w", err)
	}
	return nil
}

// serverName is what TLS can be asked for: no address (RFC 6066, 3).
func serverName(name string) string {
	if net.ParseIP(strings.Trim(name, "[]")) != nil {
		return ""
	}
	return name
}
