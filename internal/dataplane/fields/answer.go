package fields

import "edgegen/internal/dataplane/wire"

// Answer is the head of an answer, or of an interim one.
type Answer struct {
	Status int
	Header wire.Header // in any case; what belongs to a connection is left out
	Length int64       // < 0 where it is not said
	Date   string      // "" where Header has one
}

// OfConnection reports the fields that only HTTP/1.1 has (RFC 9113, 8.2.2, and RFC 9114,
// 4.2).
func OfConnection(name string) bool {
	switch len(name) {
	case 7:
		return wire.EqualFold(name, "upgrade")
	case 10:
		return wire.EqualFold(name, "connection") || wire.EqualFold(name, "keep-alive")
	case 16:
		return wire.EqualFold(name, "proxy-connection")
	case 17:
		return wire.EqualFold(name, "transfer-encoding")
	}
	return false
}
