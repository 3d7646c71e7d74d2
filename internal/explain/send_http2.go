package explain

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// overHTTP2 asks on the only stream of a connection. net/http would not send what is
// malformed.
func (r *Request) overHTTP2(conn net.Conn, address string) (*reply, error) {
	var block, out bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range r.Fields {
		_ = encoder.WriteField(hpack.HeaderField{Name: f.Name, Value: f.Value}) // a bytes.Buffer takes everything
	}
	const largest = 16 << 10 // RFC 9113, 6.5.2
	framer := http2.NewFramer(&out, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	out.WriteString(http2.ClientPreface)
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0})
	if r.tunnels() {
		if err := opensTunnels(framer, conn, &out); err != nil {
			return nil, err
		}
	}
	part := block.Next(largest)
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: part, EndStream: !r.tunnels(), EndHeaders: block.Len() == 0})
	for block.Len() > 0 {
		part = block.Next(largest)
		_ = framer.WriteContinuation(1, block.Len() == 0, part)
	}
	got := &reply{protocol: "HTTP/2.0", header: http.Header{}}
	for {
		_, err := out.WriteTo(conn)
		var frame http2.Frame
		if err == nil {
			frame, err = framer.ReadFrame()
		}
		ended := false
		if err == nil {
			ended, err = got.take(framer, frame)
		}
		switch {
		case err != nil && got.status == 0:
			return nil, fmt.Errorf("read the answer of %s: %w", address, err)
		case err != nil:
			return nil, got.brokenOff(address, err)
		case ended || got.status == http.StatusOK && r.tunnels():
			return got, nil
		}
	}
}

// errNoTunnels is about a server that does not say that it takes WebSockets over HTTP/2.
var errNoTunnels = errors.New("the edge takes no WebSockets over HTTP/2")

// opensTunnels waits for what the server says of itself, before which no client may ask
// for a WebSocket (RFC 8441, 3).
func opensTunnels(framer *http2.Framer, conn net.Conn, out *bytes.Buffer) error {
	if _, err := out.WriteTo(conn); err != nil {
		return fmt.Errorf("begin with HTTP/2: %w", err)
	}
	frame, err := framer.ReadFrame()
	if err != nil {
		return fmt.Errorf("begin with HTTP/2: %w", err)
	}
	if settings, ok := frame.(*http2.SettingsFrame); ok {
		if says, _ := settings.Value(http2.SettingEnableConnectProtocol); says == 1 {
			return framer.WriteSettingsAck()
		}
	}
	return errNoTunnels
}

// tunnels reports whether the stream stays open for a WebSocket.
func (r *Request) tunnels() bool { return r.Fields.Has(":protocol") }

// take takes in one frame, and tells whether the answer is whole.
func (r *reply) take(framer *http2.Framer, frame http2.Frame) (ended bool, err error) {
	switch f := frame.(type) {
	case *http2.MetaHeadersFrame:
		for _, field := range f.Fields {
			r.field(field.Name, field.Value)
		}
		return f.StreamEnded(), nil
	case *http2.DataFrame:
		n := f.Length
		r.bytes += int64(len(f.Data()))
		if f.StreamEnded() || n == 0 {
			return f.StreamEnded(), nil
		}
		return false, errors.Join(framer.WriteWindowUpdate(0, n), framer.WriteWindowUpdate(1, n))
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return false, framer.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			return false, framer.WritePing(true, f.Data)
		}
	case *http2.RSTStreamFrame:
		return false, fmt.Errorf("the stream is reset: %v", f.ErrCode)
	case *http2.GoAwayFrame:
		if f.LastStreamID == 0 || f.ErrCode != http2.ErrCodeNo {
			return false, fmt.Errorf("the connection ends: %v", f.ErrCode)
		}
	}
	return false, nil
}

// field takes a field of a final answer, or of one on the way, which it forgets when the
// next begins.
func (r *reply) field(name, value string) {
	if name == ":status" {
		r.status, _ = strconv.Atoi(value)
		r.header = http.Header{}
		return
	}
	r.header.Add(name, value)
}
