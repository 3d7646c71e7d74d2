package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrBusy is the error of a probe of a daemon that lives and cannot serve one connection
// more. No daemon keeps a place free for a probe, so clients that take all places take
// the probe's too. Open connections are served as before, and would be lost if the daemon
// were ended.
var ErrBusy = errors.New("it is at its limit")

// answerTime is how long a daemon may take to answer a probe.
const answerTime = 3 * time.Second

// isTurnedAway reports whether the connection was closed before a byte was answered. A
// daemon that closes one has accepted it, so it lives.
func isTurnedAway(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// isUnanswered reports whether a probe has run out of time.
func isUnanswered(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// shortage remembers when a daemon last said that it may not open another file. The
// daemon then takes no connections for a while, and says so again as long as clients
// wait. The zero value has heard nothing; it may be used from any goroutine.
type shortage struct{ said atomic.Int64 }

// shortageTime is longer than nginx and stunnel pause before they try again.
const shortageTime = 5 * time.Second

func (s *shortage) line(line []byte) {
	if bytes.Contains(line, []byte("Too many open files")) {
		s.said.Store(time.Now().UnixNano())
	}
}

// judge finds out from the error of a probe whether the daemon is busy.
func (s *shortage) judge(err error) error {
	switch {
	case isTurnedAway(err):
		return fmt.Errorf("%w: it closes new connections", ErrBusy)
	case isUnanswered(err) && time.Since(time.Unix(0, s.said.Load())) < shortageTime:
		return fmt.Errorf("%w: it may not open more files", ErrBusy)
	}
	return err
}

// busyTime is how long a daemon must have been busy at every question before its answer
// is not waited for any longer. While a crowd of clients comes and goes, one of the
// questions gets in.
const busyTime = 2 * time.Second

// untilServed asks until the answer is good, or ctx ends. A daemon that has read
// its files and is busy is taken to serve what is in them: it has said nothing
// against them, and takes connections after it has read them.
func untilServed(ctx context.Context, ask func() error) error {
	var since time.Time // busy
	return until(ctx, func() error {
		err := ask()
		switch {
		case !errors.Is(err, ErrBusy):
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= busyTime:
			return nil
		}
		return err
	})
}
