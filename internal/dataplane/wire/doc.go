// Package wire is the syntax of HTTP/1.1 messages (RFC 9112) and the plain
// values a request and a response are between the tiers.
//
// Requests are read strictly: what two readers could understand in two ways
// is refused, so that no message can be smuggled past one tier to the next.
package wire

import "errors"

// The ways in which a message can be unacceptable. Errors of this package
// wrap one of them.
var (
	// ErrMalformed is a message whose syntax or framing is wrong, or of a version of
	// HTTP other than 1.0 and 1.1: 400.
	ErrMalformed = errors.New("malformed message")
	// ErrHeadTooLarge is a head over its limit: 431.
	ErrHeadTooLarge = errors.New("head too large")
	// ErrBodyTooLarge is a body over its limit: 413.
	ErrBodyTooLarge = errors.New("body too large")
)
