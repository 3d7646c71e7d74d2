package wire

import "io"

// Waits reports whether the start of a body is still to come. The head is then sent by
// itself; otherwise head and body are sent together.
func Waits(body io.Reader) bool {
	w, ok := body.(interface{ Waits() bool })
	return ok && w.Waits()
}

// Ending is a body at whose end something else ends too: End is called when it is closed.
type Ending struct {
	io.ReadCloser
	End func()
}

// Close closes the body, and calls End.
func (e *Ending) Close() error {
	err := e.ReadCloser.Close()
	e.End()
	return err
}

// Waits is that of the body.
func (e *Ending) Waits() bool { return Waits(e.ReadCloser) }

// Broken is a body that cannot be had, for the reason Err.
type Broken struct{ Err error }

func (b *Broken) Read([]byte) (int, error) { return 0, b.Err }

// Close does nothing.
func (b *Broken) Close() error { return nil }
