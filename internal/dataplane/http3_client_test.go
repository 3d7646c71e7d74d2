package dataplane

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"edgegen/internal/dataplane/h3"
	"edgegen/internal/site"
)

// quicly lets an edge speak HTTP/3 on an Endpoint of its own, which the test may have
// several Planes serve.
func quicly(t testing.TB, o *Options) *h3.Endpoint {
	t.Helper()
	packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	file, err := packets.File()
	if err != nil {
		t.Fatal(err)
	}
	_ = packets.Close()
	endpoint, err := h3.NewEndpoint(file)
	_ = file.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(endpoint.Close)
	o.QUIC = []*h3.Endpoint{endpoint}
	return endpoint
}

// http3Client is a client of HTTP/3 that says what it wants.
type http3Client struct {
	t       testing.TB
	conn    *quic.Conn
	control *quic.SendStream
	goAways chan uint64
}

// http3 connects, and sends no settings but an empty frame of them.
func (e *edge) http3(t testing.TB) *http3Client { return dialHTTP3(t, e.options.QUIC[0]) }

func dialHTTP3(t testing.TB, to *h3.Endpoint) *http3Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	door := to.Door(nil, nil)
	address := door.Addr().String()
	_ = door.Close()
	conn, err := quic.DialAddr(ctx, address, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost, NextProtos: []string{"h3"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseWithError(0x100, "") })
	c := &http3Client{t: t, conn: conn, goAways: make(chan uint64, 4)}
	if c.control, err = conn.OpenUniStream(); err != nil {
		t.Fatal(err)
	}
	_, _ = c.control.Write([]byte{0, 4, 0})
	go c.listen()
	return c
}

// listen reads the server's control stream.
func (c *http3Client) listen() {
	s, err := c.conn.AcceptUniStream(c.conn.Context())
	if err != nil {
		return
	}
	r := bufio.NewReader(s)
	_, _ = quicvarint.Read(r)
	for {
		kind, _ := quicvarint.Read(r)
		length, err := quicvarint.Read(r)
		if err != nil {
			return
		}
		payload := make([]byte, length)
		if _, err := io.ReadFull(r, payload); err != nil {
			return
		}
		if kind == 7 {
			id, _, _ := quicvarint.Parse(payload)
			c.goAways <- id
		}
	}
}

// sectionOf is a field section of "name: value"; those that begin with ":" replace the usual
// ones.
func sectionOf(fields ...string) []byte {
	var block bytes.Buffer
	to := qpack.NewEncoder(&block)
	put := func(name, value string) { _ = to.WriteField(qpack.HeaderField{Name: name, Value: value}) }
	for _, usual := range []string{":method: GET", ":scheme: https", ":authority: " + chatHost, ":path: /"} {
		name, value, _ := strings.Cut(usual, ": ")
		for _, f := range fields {
			if other, ok := strings.CutPrefix(f, name+": "); ok {
				value = other
			}
		}
		if value != "-" {
			put(name, value)
		}
	}
	for _, f := range fields {
		switch name, value, _ := strings.Cut(f, ": "); name {
		case ":method", ":scheme", ":authority", ":path":
		default:
			put(name, value)
		}
	}
	return block.Bytes()
}

func frameOf(kind uint64, payload []byte) []byte {
	return append(quicvarint.Append(quicvarint.Append(nil, kind), uint64(len(payload))), payload...)
}

// begin opens a stream and sends the head of a request.
func (c *http3Client) begin(fields ...string) *quic.Stream {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := c.conn.OpenStreamSync(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = s.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := s.Write(frameOf(1, sectionOf(fields...))); err != nil {
		c.t.Fatal(err)
	}
	return s
}

// ask sends a request with a body, where that is not "", and reads the answer.
func (c *http3Client) ask(body string, fields ...string) *answered {
	c.t.Helper()
	s := c.begin(fields...)
	if body != "" {
		_, _ = s.Write(frameOf(0, []byte(body)))
	}
	_ = s.Close()
	return c.read(s)
}

// answered is what has come on a stream.
type answered struct {
	header map[string]string
	heads  int // that have come, interim ones included
	body   string
	err    error // of the end
}

// read reads an answer to its end.
func (c *http3Client) read(s *quic.Stream) *answered {
	c.t.Helper()
	a := &answered{header: map[string]string{}}
	r := bufio.NewReader(s)
	for {
		kind, err := quicvarint.Read(r)
		if errors.Is(err, io.EOF) {
			return a
		}
		length, lerr := quicvarint.Read(r)
		if a.err = errors.Join(err, lerr); a.err != nil {
			return a
		}
		payload := make([]byte, length)
		n, err := io.ReadFull(r, payload)
		if kind == 0 {
			a.body += string(payload[:n])
		}
		if a.err = err; err != nil {
			return a
		}
		if kind == 1 {
			a.heads++
			a.decode(c.t, payload)
		}
	}
}

func (a *answered) decode(t testing.TB, block []byte) {
	t.Helper()
	next := qpack.NewDecoder().Decode(block)
	for {
		f, err := next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		a.header[f.Name] = f.Value
	}
}

// serverOf is an app's address as a server.
func serverOf(t testing.TB, address string) site.Server {
	t.Helper()
	a := netip.MustParseAddrPort(address)
	return site.Server{Host: a.Addr().String(), Port: a.Port()}
}
