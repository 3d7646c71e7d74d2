// Package queue stands before a writer that may stall: a pipe that nobody reads, a
// terminal that is halted, a disk that hangs. A goroutine that writes lines is never held
// up by it; lines that find no room are dropped and counted.
package queue

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// ErrFull is why lines are dropped that found no room.
var ErrFull = errors.New("nobody takes the lines as fast as they come")

// Options say what a Writer holds and whom it tells of trouble. Functions that
// are nil are not called. They must not close or flush the Writer.
type Options struct {
	// Limit is how many bytes wait at most, those that are just being written
	// included.
	Limit int

	// Gather is how long lines wait for others that are written with them, four times
	// as long where very many come. It is short: Flush and Close wait as well.
	Gather time.Duration

	// Dropping is told when lines begin to be dropped, and why: ErrFull, or what
	// the writer behind said. It must not write to the Writer.
	Dropping func(reason error)

	// Written is told when that is over, and how many lines were dropped.
	Written func(dropped int64)
}

// Writer hands on whole lines, in order and many at a time, from a goroutine of
// its own that lives while there is something to write. It may be used by
// several goroutines. Make one with New; one that has been written to is to be
// closed.
type Writer struct {
	to      io.Writer
	options Options
	torn    bool // the last line that was handed on lacks its end; the goroutine's own

	mu       sync.Mutex
	waiting  []byte // lines that the goroutine has not taken yet
	spare    []byte // room for more
	held     int    // bytes that wait or are being written
	lines    int64  // in them
	dropping bool
	dropped  int64         // since dropping began
	closed   bool          // whatever comes is too late
	over     bool          // what is held is not handed on any more
	done     chan struct{} // closed when the goroutine has ended; nil while there is none
}

const (
	crowd   = 8 << 10   // bytes that wait where very many lines come
	piece   = 256 << 10 // the most that is handed on in one write, but for a longer line
	keptCap = 1 << 20   // a buffer that grew beyond this is not kept
)

// New returns a Writer that hands on to another one.
func New(to io.Writer, o Options) *Writer { return &Writer{to: to, options: o} }

// Target returns the writer behind.
func (w *Writer) Target() io.Writer { return w.to }

// Write takes one line or several, with their ends, as a whole or not at all.
// It does not wait, and never fails.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
	case w.held+len(text) > w.options.Limit:
		w.drop(count(text), ErrFull)
	default:
		w.waiting = append(w.waiting, text...)
		w.held += len(text)
		w.lines += count(text)
		if w.done == nil {
			w.done = make(chan struct{})
			go w.run(w.done)
		}
	}
	return len(text), nil
}

// Flush waits until nothing is held, or until ctx ends, which is the error.
func (w *Writer) Flush(ctx context.Context) error {
	w.mu.Lock()
	done := w.done
	w.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close takes nothing more and waits as Flush does. What is not written when ctx
// ends is dropped. It returns how many lines were dropped that Written has not
// been told of.
//
// A write that stalls is interrupted where the kernel can do that: in a file
// that has deadlines. Any other is left behind with its goroutine, which ends
// when that write does, and hands nothing on then.
func (w *Writer) Close(ctx context.Context) (dropped int64) {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	if w.Flush(ctx) != nil {
		w.giveUp()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped + w.lines
}

func (w *Writer) giveUp() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	if file, ok := w.to.(interface{ SetWriteDeadline(time.Time) error }); ok && file.SetWriteDeadline(time.Now()) == nil {
		_ = w.Flush(context.Background()) // it has no end, so there is no error
	}
}

// run hands on what waits until there is nothing more.
func (w *Writer) run(done chan<- struct{}) {
	defer close(done)
	for batch := w.gather(nil); batch != nil; batch = w.gather(batch) {
		for rest := batch; len(rest) > 0 && !w.isOver(); {
			size := wholeLines(rest)
			w.handOn(rest[:size])
			rest = rest[size:]
		}
	}
}

// gather is take after the time that lines wait for others.
func (w *Writer) gather(before []byte) []byte {
	if w.options.Gather > 0 {
		time.Sleep(w.options.Gather)
		if w.crowded() {
			time.Sleep(3 * w.options.Gather)
		}
	}
	return w.take(before)
}

// crowded reports whether so much waits already that a write for each Gather would be
// hundreds a second. What each costs besides, as the scheduler looks after whoever may wait
// in the kernel, would then be a part of the work of which the lines tell.
func (w *Writer) crowded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting) >= crowd
}

// take returns what waits, nil if the goroutine is to end, and keeps the memory of what
// was taken before.
func (w *Writer) take(before []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if before != nil && cap(before) <= keptCap {
		w.spare = before[:0]
	}
	if len(w.waiting) == 0 || w.over {
		w.done = nil
		return nil
	}
	batch := w.waiting
	w.waiting, w.spare = w.spare, nil
	return batch
}

func (w *Writer) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// handOn writes lines. One that was cut off before does not spoil the next.
func (w *Writer) handOn(lines []byte) {
	text := lines
	if w.torn {
		text = append([]byte{'\n'}, lines...)
	}
	n, err := w.to.Write(text)
	if n > 0 {
		w.torn = n < len(text) && text[n-1] != '\n'
	}
	if again := w.settle(lines, text[n:], err); again > 0 && w.options.Written != nil {
		w.options.Written(again)
	}
}

// settle counts what was written and what was not. It returns how many lines
// had been dropped where that is over.
func (w *Writer) settle(lines, unwritten []byte, err error) (again int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held -= len(lines)
	w.lines -= count(lines)
	if err != nil {
		w.drop(min(count(lines), count(unwritten)), err)
		return 0
	}
	// Only with much room again: a reader that is too slow is one long trouble.
	if !w.dropping || w.held > w.options.Limit/8 {
		return 0
	}
	again, w.dropped, w.dropping = w.dropped, 0, false
	return again
}

// drop counts lines; mu is held, so that the beginning is told before the end.
func (w *Writer) drop(lines int64, reason error) {
	w.dropped += lines
	if w.dropping || w.over {
		return
	}
	w.dropping = true
	if w.options.Dropping != nil {
		w.options.Dropping(reason)
	}
}

// wholeLines is how much of a text to write at once.
func wholeLines(text []byte) int {
	if len(text) <= piece {
		return len(text)
	}
	if end := bytes.LastIndexByte(text[:piece], '\n'); end >= 0 {
		return end + 1
	}
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		return end + 1
	}
	return len(text)
}

func count(text []byte) int64 { return int64(bytes.Count(text, []byte{'\n'})) }
