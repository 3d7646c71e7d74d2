package explain

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
)

// The frames of HTTP/3 that are looked at (RFC 9114, 7.2).
const (
	frameData    = 0x0
	frameHeaders = 0x1
	// largestHeader is more than any answer's.
	largestHeader = 1 << 20
)

// overHTTP3 asks on a stream of a QUIC connection.
func (r *Request) overHTTP3(ctx context.Context, address string) (*reply, error) {
	conn, err := quic.DialAddr(ctx, address, r.handshake("h3"), nil)
	if err != nil {
		return nil, fmt.Errorf("connect to the edge by QUIC: %w", err)
	}
	const noError = 0x100
	defer func() { _ = conn.CloseWithError(noError, "") }() // it may have ended
	stream, err := conn.OpenStreamSync(ctx)
	if err == nil {
		err = r.sendHTTP3(conn, stream)
	}
	if err != nil {
		return nil, fmt.Errorf("send the request to %s: %w", address, err)
	}
	stop := context.AfterFunc(ctx, func() { stream.CancelRead(noError) })
	defer stop()
	got, from := &reply{protocol: "HTTP/3.0", header: http.Header{}}, bufio.NewReader(stream)
	for {
		ended, err := got.takeHTTP3(from)
		switch {
		case err != nil && got.status == 0, ended && got.status < http.StatusOK:
			return nil, fmt.Errorf("read the answer of %s: %w", address, errors.Join(err, ctx.Err()))
		case err != nil:
			return nil, got.brokenOff(address, errors.Join(err, ctx.Err()))
		case ended || got.status == http.StatusOK && r.tunnels():
			return got, nil
		}
	}
}

func (r *Request) sendHTTP3(conn *quic.Conn, stream *quic.Stream) error {
	control, err := conn.OpenUniStream()
	if err != nil {
		return err
	}
	const controlStream, settings = 0, 4
	if _, err := control.Write([]byte{controlStream, settings, 0}); err != nil {
		return err
	}
	var block bytes.Buffer
	encoder := qpack.NewEncoder(&block)
	for _, f := range r.Fields {
		_ = encoder.WriteField(qpack.HeaderField{Name: f.Name, Value: f.Value}) // a bytes.Buffer takes everything
	}
	head := quicvarint.Append([]byte{frameHeaders}, uint64(block.Len()))
	if _, err := stream.Write(append(head, block.Bytes()...)); err != nil || r.tunnels() {
		return err
	}
	return stream.Close()
}

// takeHTTP3 takes in one frame, and tells whether the answer is whole.
func (r *reply) takeHTTP3(from *bufio.Reader) (ended bool, err error) {
	kind, err := quicvarint.Read(from)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	length, failed := quicvarint.Read(from)
	switch {
	case err != nil || failed != nil:
		return false, errors.Join(err, failed)
	case kind == frameHeaders && length > largestHeader:
		return false, errors.New("its header is too large")
	case kind != frameHeaders:
		n, err := io.CopyN(io.Discard, from, int64(length))
		if kind == frameData {
			r.bytes += n
		}
		return false, err
	}
	block := make([]byte, length)
	if _, err := io.ReadFull(from, block); err != nil {
		return false, err
	}
	next := qpack.NewDecoder().Decode(block)
	for {
		field, err := next()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("its header: %w", err)
		}
		r.field(field.Name, field.Value)
	}
}
