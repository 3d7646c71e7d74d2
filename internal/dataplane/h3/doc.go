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
)

// Limits bound what a client may do. They are asked for again and again, so that a change
// holds for connections that are open.
type Limits struct {
	HeaderSize int64         // bytes of a request's head
	Header     time.Duration // for a head to come in, and for a handshake
	Idle       time.Duration // without a stream, and for a reader that takes nothing
}

// Handler answers the requests of a connection. Its methods are called from many
// goroutines at once.
type Handler interface {
	Limits() Limits
	// Serve answers a request. A stream that was not answered when it returns is reset.
	Serve(s *Stream)
	// Ended is called once for each stream that was served, after Serve. The stream's
	// Header is not valid any more after it.
	Ended(s *Stream)
	// Go runs f in a goroutine of its own, which the caller's owner waits for.
	Go(f func())
}

const (
	// maxStreams is how many requests may be under way on a connection. Those that a
	// client has reset count for as long as their handlers run.
	maxStreams = 128
	// maxControls is how many streams of one direction a client may open. It needs three
	// (RFC 9114, 6.2).
	maxControls = 16

	streamWindow = 256 << 10 // of a request's body, held in memory at most
	connWindow   = 1 << 20   // of all bodies of a connection

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
