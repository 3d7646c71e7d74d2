// Package h2 is the server's side of HTTP/2 (RFC 9113) on one connection:
// frames, header blocks, streams, flow control, and the order of writing. It
// knows nothing of sites.
//
// A connection has no goroutine but the one that reads from it. That one calls
// Handler.Serve for each request, which may answer at once; what is answered is written
// when nothing more is there to be read, so that the answers to many streams share one
// system call and one TLS record. A handler that has to wait calls Stream.Detach first:
// from then on another goroutine reads, and the handler keeps the one that it is on. A
// goroutine that queues something while none writes becomes the writer, and also writes
// what others queue meanwhile.
//
// Requests are read as strictly as package wire reads those of HTTP/1.1.
package h2

import "edgegen/internal/dataplane/bounds"

// Handler answers the requests of a connection.
type Handler interface {
	Limits() bounds.Limits
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
	// maxFrame is the longest payload that is taken, and sent.
	maxFrame = 16 << 10

	batchSize = 64 << 10  // is collected before it is written
	maxQueued = 256 << 10 // heads and control frames that wait to be written
)
