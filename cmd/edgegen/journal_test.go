package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-systemd/v22/journal"
)

// journalStub remembers what the journal would be sent.
type journalStub struct {
	mu      sync.Mutex
	entries []string
	fails   error
	open    chan struct{} // closed when it takes messages
}

func (j *journalStub) send(text string, priority journal.Priority, fields map[string]string) error {
	<-j.open
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, fmt.Sprint(priority, " ", text, " ", fields))
	return j.fails
}

func newJournalStub() *journalStub { return &journalStub{open: make(chan struct{})} }

func TestJournalFields(t *testing.T) {
	j, stderr := newJournalStub(), &bytes.Buffer{}
	close(j.open)
	log, end := newLogger(stderr, false).sentBy(j.send)
	log.With("from", "nginx").Warn("died; it is started\x1b again", "reason", "exit 1\nstop", "exit-code", 1)
	log.Debug("not said")
	log.setLevel("debug")
	log.Debug("said")
	end()
	want := []string{
		"4 nginx: died; it is started\\x1b again reason=exit 1 stop exit-code=1 map[EDGEGEN_EXIT_CODE:1 EDGEGEN_FROM:nginx EDGEGEN_REASON:exit 1\nstop SYSLOG_IDENTIFIER:edgegen]",
		"7 said map[EDGEGEN_FROM:edgegen SYSLOG_IDENTIFIER:edgegen]",
	}
	if got := strings.Join(j.entries, "\n"); got != strings.Join(want, "\n") || stderr.Len() > 0 {
		t.Errorf("the journal gets\n%s\nand stderr %q", got, stderr)
	}
}

// TestJournalAway holds that what a journal does not take is on stderr, and that one
// which stalls holds up nobody.
func TestJournalAway(t *testing.T) {
	j, stderr := newJournalStub(), &bytes.Buffer{}
	j.fails = errors.New("no journal")
	log, end := newLogger(stderr, false).sentBy(j.send)
	for i := range journalLimit + 100 {
		log.Info("message", slog.Int("n", i))
	}
	close(j.open)
	end()
	log.Info("late")
	if got := stderr.String(); !strings.Contains(got, "message n=0\n") || !strings.Contains(got, "late") {
		t.Errorf("stderr gets %.300q", got)
	}
	if got := strings.Join(j.entries, "\n"); !strings.Contains(got, "messages were dropped") {
		t.Error("nobody is told that messages were dropped")
	}
}
