package fields

import "edgegen/internal/dataplane/wire"

// Answer is the head of an answer, or of an interim one.
type Answer struct {
	Status int
	Header wire.Header // in any case; what belongs to a connection is left out
	Length int64       // < 0 where it is not said
	Date   string      // "" where Header has one
}
