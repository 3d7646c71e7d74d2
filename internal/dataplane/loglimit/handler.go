// Package loglimit keeps a log readable while the same thing happens over and
// over, as a client or an app can make it: of each message some lines pass in
// a while, the others are counted.
package loglimit

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// Burst is how many lines of one message pass in a Window.
	Burst = 10
	// Window begins with the first line of a message after a quiet time.
	Window = 10 * time.Second
)

// Handler passes on records as another handler takes them: those below
// slog.LevelWarn all, those of that level and above Burst of one message in a
// Window. Where others were left out, a line at the end of the window says how
// many, in the attribute "left_out". Messages are few: what differs from line
// to line belongs into attributes.
type Handler struct {
	slog.Handler
	shared *windows
}

// windows are those that have begun, for a Handler and all that derive from it.
type windows struct {
	mu     sync.Mutex
	open   map[string]*window
	closed bool
}

type window struct {
	passed, left int
	timer        *time.Timer
	say          func() // writes how many were left out
}

// New returns a Handler in front of next. Close it.
func New(next slog.Handler) *Handler {
	return &Handler{next, &windows{open: map[string]*window{}}}
}

// WithAttrs counts the lines of the derived handler with its own.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.Handler.WithAttrs(attrs), h.shared}
}

// WithGroup counts the lines of the derived handler with its own.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.Handler.WithGroup(name), h.shared}
}

// Handle passes a record on, or counts it.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && !h.pass(r) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func (h *Handler) pass(r slog.Record) bool {
	s := h.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return true
	}
	w := s.open[r.Message]
	if w == nil {
		w = &window{}
		w.timer = time.AfterFunc(Window, func() { s.end(r.Message) })
		s.open[r.Message] = w
	}
	if w.passed < Burst {
		w.passed++
		return true
	}
	w.left++
	w.say = func() {
		summary := slog.NewRecord(time.Now(), r.Level, r.Message, 0)
		summary.AddAttrs(slog.Int("left_out", w.left))
		_ = h.Handler.Handle(context.Background(), summary) // there is nobody to tell that a log fails
	}
	return false
}

// end closes the window of a message and says what was left out of it. It
// writes under the lock, so that Close returns after the last line.
func (s *windows) end(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.open[message]; w != nil {
		delete(s.open, message)
		if w.left > 0 {
			w.say()
		}
	}
}

// Close ends all windows, and says what was left out of them. What comes later
// passes.
func (h *Handler) Close() {
	s := h.shared
	s.mu.Lock()
	s.closed = true
	var messages []string
	for message, w := range s.open {
		w.timer.Stop()
		messages = append(messages, message)
	}
	s.mu.Unlock()
	for _, message := range messages {
		s.end(message)
	}
}
