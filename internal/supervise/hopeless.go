package supervise

import (
	"errors"
)

// A Hopeless answer of Ready says that asking again is of no use: the process
// has failed to get ready, for the reason that it holds.
type Hopeless struct{ Reason error }

func (h *Hopeless) Error() string { return h.Reason.Error() }

func (h *Hopeless) Unwrap() error { return h.Reason }

func isHopeless(err error) bool {
	hopeless := (*Hopeless)(nil)
	return errors.As(err, &hopeless)
}
