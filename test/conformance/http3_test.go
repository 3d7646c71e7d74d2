package conformance

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
	"golang.org/x/net/http2/hpack"

	"edgegen/internal/site"
	"edgegen/test/edge"
)

// speaksHTTP3 reports whether a combination is asked over HTTP/3 as well. One is enough:
// behind it is what HTTP/2 has behind it.
func speaksHTTP3(c edge.Combination) bool {
	return speaksHTTP2(c) && c.Web == site.Builtin
}

// askHTTP3 sends a request, written as one of HTTP/1.1, over HTTP/3.
func (a *attempt) askHTTP3(from, raw string) *response {
	fields, body, whole := a.translate(a.fill(raw))
	if a.undecided(fields, body) {
		a.inexpressible()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)})
	if err != nil {
		a.fatalf("a socket: %v", err)
	}
	to, err := net.ResolveUDPAddr("udp", a.edge.https)
	if err != nil {
		a.fatalf("%v", err)
	}
	transport := &quic.Transport{Conn: socket}
	defer socket.Close()
	defer transport.Close()
	conn, err := transport.Dial(ctx, to, a.config(hostOf(raw), "h3"), &quic.Config{InitialStreamReceiveWindow: 1 << 24, InitialConnectionReceiveWindow: 1 << 24, EnableStreamResetPartialDelivery: true})
	if err != nil {
		a.fatalf("QUIC handshake: %v", err)
	}
	defer func() { _ = conn.CloseWithError(0x100, "") }() // it may have ended
	if control, err := conn.OpenUniStream(); err == nil {
		_, _ = control.Write([]byte{0, 4, 0}) // what fails here shows when reading
	}
	stream, err := conn.OpenStreamSync(ctx)
	if err != nil {
		a.fatalf("a stream: %v", err)
	}
	var block bytes.Buffer
	encoder := qpack.NewEncoder(&block)
	for _, f := range fields {
		_ = encoder.WriteField(qpack.HeaderField{Name: f.Name, Value: f.Value}) // a bytes.Buffer takes everything
	}
	_, _ = stream.Write(frameHTTP3(1, block.Bytes()))
	go func() { // the answer may come before all is sent
		if len(body) > 0 {
			_, _ = stream.Write(frameHTTP3(0, body))
		}
		if whole {
			_ = stream.Close()
		}
	}()
	_ = stream.SetReadDeadline(time.Now().Add(3 * patience))
	return a.readHTTP3(bufio.NewReader(stream))
}

// undecided reports a request that says another length than it has and ends all the same.
// Who does not read its body need not have noticed when it answers.
func (a *attempt) undecided(fields []hpack.HeaderField, body []byte) bool {
	return len(body) == 0 && slices.ContainsFunc(fields, func(f hpack.HeaderField) bool { return f.Name == "content-length" && f.Value != "0" })
}

func frameHTTP3(kind uint64, payload []byte) []byte {
	return append(quicvarint.Append(quicvarint.Append(nil, kind), uint64(len(payload))), payload...)
}

// readHTTP3 reads the answer on a stream.
func (a *attempt) readHTTP3(from *bufio.Reader) *response {
	r := &response{proto: "HTTP/3.0", header: http.Header{}, trailer: http.Header{}, length: -1}
	for {
		kind, err := quicvarint.Read(from)
		if errors.Is(err, io.EOF) {
			break
		}
		length, failed := quicvarint.Read(from)
		if err = errors.Join(err, failed); err == nil {
			payload := make([]byte, length)
			var n int
			n, err = io.ReadFull(from, payload)
			switch {
			case kind == 0:
				r.body += string(payload[:n])
			case kind == 1 && err == nil:
				a.headHTTP3(r, payload)
			}
		}
		if err != nil {
			if r.status == 0 {
				a.fatalf("no answer: %v", err)
			}
			r.broken = err
			break
		}
	}
	if n, err := strconv.ParseInt(r.header.Get("Content-Length"), 10, 64); err == nil {
		r.length = n
	}
	return r
}

func (a *attempt) headHTTP3(r *response, block []byte) {
	next := qpack.NewDecoder().Decode(block)
	for {
		f, err := next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			a.fatalf("field section: %v", err)
		}
		if f.Name != ":status" {
			r.header.Add(f.Name, f.Value)
		} else if status, _ := strconv.Atoi(f.Value); status < 200 {
			r.informational = append(r.informational, status)
		} else {
			r.status = status
		}
	}
}
