// Package bounds is what clients are kept to on a connection with many requests at a time,
// be it of HTTP/2 or of HTTP/3.
package bounds

import "time"

// Limits bound what a client may do. They are asked for again and again, so that a change
// holds for connections that are open.
type Limits struct {
	HeaderSize int64         // bytes of a request's head
	Header     time.Duration // for a head to come in, from its first byte on
	Idle       time.Duration // without a stream, and for a reader that takes nothing
}

const (
	// Streams is how many requests may be under way on a connection. Those that a client
	// has reset count for as long as their handlers run.
	Streams = 128

	StreamWindow = 256 << 10 // of a request's body, held in memory at most
	ConnWindow   = 1 << 20   // of all bodies of a connection

	// SectionFloor is how many bytes of a field section are decoded whatever the limit.
	SectionFloor = 64 << 10
)

// Section is how many bytes of a field section, as they have come, are decoded for a head
// of at most limit bytes.
func Section(limit int64) int64 { return max(SectionFloor, 4*limit) }
