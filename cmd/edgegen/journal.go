package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/journal"
)

// journalLimit is how many messages wait for systemd's journal.
const journalLimit = 1000

// journalHandler is a slog.Handler that hands messages to systemd's journal, with their
// attributes as fields: EDGEGEN_FROM says who speaks, EDGEGEN_BACKEND and the like what it
// is about. Messages that the journal does not take go to another handler.
type journalHandler struct {
	*personHandler // which has the attributes
	to             *journalSender
}

// journalEntry is one message.
type journalEntry struct {
	text     string
	priority journal.Priority
	fields   map[string]string
	record   slog.Record
	from     *personHandler
}

// journalSender sends messages from a goroutine of its own, as a journal that stalls
// must hold up nobody.
type journalSender struct {
	send    func(string, journal.Priority, map[string]string) error
	waiting chan journalEntry
	done    chan struct{} // closed when nothing more is sent

	mu      sync.Mutex
	closed  bool
	dropped int
}

// inJournal makes a logger write to the journal if its stderr leads there. Call close at
// the end: it waits a moment until the journal has taken what was logged.
func (l logger) inJournal() (_ logger, close func()) {
	if there, err := journal.StderrIsJournalStream(); err != nil || !there || !journal.Enabled() {
		return l, func() {}
	}
	return l.sentBy(journal.Send)
}

func (l logger) sentBy(send func(string, journal.Priority, map[string]string) error) (_ logger, close func()) {
	s := &journalSender{send: send, waiting: make(chan journalEntry, journalLimit), done: make(chan struct{})}
	go s.run() // which close waits for
	return logger{slog.New(&journalHandler{l.Handler().(*personHandler), s}), l.level}, s.close
}

func (h *journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &journalHandler{h.personHandler.WithAttrs(attrs).(*personHandler), h.to}
}

// WithGroup leaves the attributes flat.
func (h *journalHandler) WithGroup(string) slog.Handler { return h }

func (h *journalHandler) Handle(ctx context.Context, r slog.Record) error {
	from, rest := h.words(r)
	e := journalEntry{text: escaped(r.Message) + rest, priority: priorityOf(r.Level), fields: map[string]string{"SYSLOG_IDENTIFIER": "edgegen"}, record: r, from: h.personHandler}
	if from != edgegenItself {
		e.text = escaped(from) + ": " + e.text
	}
	add := func(a slog.Attr) bool {
		e.fields[fieldName(a.Key)] = a.Value.String()
		return true
	}
	add(slog.String("from", from))
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	if !h.to.take(e) {
		return h.personHandler.Handle(ctx, r)
	}
	return nil
}

// fieldName is what the journal calls an attribute.
func fieldName(key string) string {
	return "EDGEGEN_" + strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(key))
}

func priorityOf(level slog.Level) journal.Priority {
	switch {
	case level >= slog.LevelError:
		return journal.PriErr
	case level >= slog.LevelWarn:
		return journal.PriWarning
	case level >= slog.LevelInfo:
		return journal.PriInfo
	}
	return journal.PriDebug
}

// take keeps a message until it is sent; false where it comes too late. One that finds no
// room is dropped and counted.
func (s *journalSender) take(e journalEntry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	select {
	case s.waiting <- e:
	default:
		s.dropped++
	}
	return true
}

func (s *journalSender) run() {
	defer close(s.done)
	for e := range s.waiting {
		if err := s.send(e.text, e.priority, e.fields); err != nil {
			_ = e.from.Handle(context.Background(), e.record) // there is nobody else to be told
		}
		s.mu.Lock()
		dropped := s.dropped
		s.dropped = 0
		s.mu.Unlock()
		if dropped > 0 {
			_ = s.send(fmt.Sprintf("messages were dropped, as the journal took none dropped=%d", dropped), journal.PriWarning,
				map[string]string{"SYSLOG_IDENTIFIER": "edgegen", "EDGEGEN_DROPPED": fmt.Sprint(dropped)}) // likewise
		}
	}
}

// close waits for what was taken to be sent, no longer than logPatience.
func (s *journalSender) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.waiting)
	}
	s.mu.Unlock()
	late := time.NewTimer(logPatience)
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C: // the journal stalls, and the process ends
	}
}
