// Package h2 is the server's side of HTTP/2 (RFC 9113) on one connection:
// frames, header blocks, streams, flow control, and the order of writing. It
// knows nothing of sites.
//
// A connection has no goroutine but the one that reads from it. That one calls
// Handler.Serve for each request, which may answer at once; what is answered
// is written when nothing more is there to be read, so that the answers to many
// streams share one system call and one TLS record. A handler that has to wait
// calls Stream.Detach first: from then on another goroutine reads, and the
// handler keeps the one that it is on. Whoever queues something while nobody
// writes is the writer, and takes what others queue meanwhile with him.
//
// Requests are read as strictly as package wire reads those of HTTP/1.1.
package h2

import "time"

// Limits bound what a client may do. They are asked for again and again, so
// that a change holds for connections that are open.
type Limits struct {
	HeaderSize int64         // bytes of a request's head
	Header     time.Duration // for a head to come in, from its first byte on
	Idle       time.Duration // without a stream, and for a reader that takes nothing
}

// Handler answers the requests of a connection.
type Handler interface {
	Limits() Limits
	// Serve answers a stream. Nothing else is read from the connection until
	// it returns, or calls Detach. A stream that was not answered when it
	// returns is reset.
	Serve(s *Stream)
	// Ended is called once for each stream that was served, when Serve has
	// returned and the answer was written or the stream has come to grief. The
	// stream's Header is not valid any more after it.
	Ended(s *Stream)
	// Go runs f in a goroutine of its own, which the caller's owner waits for.
	Go(f func())
}

const (
	// maxStreams is how many requests may be under way on a connection. Those
	// that a client has reset count for as long as their handlers run.
	maxStreams = 128
	// maxFrame is the longest payload that is taken, and sent.
	maxFrame = 16 << 10

	streamWindow = 256 << 10 // of a request's body, held in memory at most
	connWindow   = 1 << 20   // of all bodies of a connection

	batchSize = 64 << 10  // is collected before it is written
	maxQueued = 256 << 10 // heads and control frames that wait to be written
)
