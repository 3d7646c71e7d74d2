// Package h3 is the server's side of HTTP/3 (RFC 9114): frames, field sections, streams,
// and the sockets that connections come in by. QUIC itself (RFC 9000) is quic-go's. It
// knows nothing of sites.
//
// Each request has a goroutine, on which Handler.Serve is called. Requests are read as
// strictly as those of HTTP/2, by package fields.
//
// The dynamic table of QPACK (RFC 9204) is not used, in neither direction: no answer waits
// for a table's update, and a client has no memory here to fill. Nothing is pushed, nothing
// is taken before the handshake has ended (0-RTT), and no datagrams.
package h3

import (
	"sync"
	"time"

	"edgegen/internal/dataplane/bounds"
)

// Handler answers the requests of a connection. Its methods are called from many
// goroutines at once.
type Handler interface {
	Limits() bounds.Limits
	// Serve answers a request. A stream that was not answered when it returns is reset.
	Serve(s *Stream)
	// Ended is called once for each stream that was served, after Serve. The stream's
	// Header is not valid any more after it.
	Ended(s *Stream)
	// Go runs f in a goroutine of its own, which the caller's owner waits for.
	Go(f func())
}

const (
	// maxControls is how many streams of one direction a client may open. It needs three
	// (RFC 9114, 6.2).
	maxControls = 16

	inputSize  = 4 << 10  // of a stream's reader
	outputSize = 16 << 10 // is collected before it is written

	// keepAlive is after how long without a packet the client is asked whether it is
	// there, which keeps the way through a NAT open as well.
	keepAlive = 15 * time.Second
	// silence is how long it may say nothing.
	silence = 45 * time.Second
)

// Pools is memory that connections use again. The zero value is ready.
type Pools struct {
	readers sync.Pool // of *bufio.Reader
	outputs sync.Pool // of *[]byte
	blocks  sync.Pool // of *[]byte: field sections
	headers sync.Pool // of *wire.Header
}
