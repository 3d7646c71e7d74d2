package native

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// hearing keeps what a daemon says while somebody wants to know, and passes it
// on. It may be used from any goroutine.
type hearing struct {
	mu        sync.Mutex
	listening bool
	said      []string
}

func (h *hearing) line(line []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listening {
		h.said = append(h.said, string(line))
	}
}

// begin forgets what was said before. The end that it returns stops listening.
func (h *hearing) begin() (end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listening, h.said = true, nil
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.listening, h.said = false, nil
	}
}

// lines returns what was said since begin and holds the text.
func (h *hearing) lines(holding ...string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []string
	for _, line := range h.said {
		if len(holding) == 0 || slices.ContainsFunc(holding, func(text string) bool { return strings.Contains(line, text) }) {
			found = append(found, line)
		}
	}
	return found
}

// ErrNotTold marks the error of a Reload that has failed before the daemon was
// given the signal: the daemon goes on as before, and there is nothing to undo
// in it.
var ErrNotTold = errors.New("has not been told to read its files")

func notTold(daemon string, err error) error {
	return fmt.Errorf("%s %w: %w", daemon, ErrNotTold, err)
}

// Refusal is the error of a daemon that refuses its file. It goes on serving what it
// served before.
type Refusal struct {
	Daemon string
	Said   []string // its lines as they came, for LocateNginx and LocateStunnel
}

func (r *Refusal) Error() string {
	texts := make([]string, 0, len(r.Said))
	for _, line := range r.Said {
		_, text := Judge(r.Daemon, line)
		if !slices.Contains(texts, text) { // nginx says it once for each time it tries
			texts = append(texts, text)
		}
	}
	return r.Daemon + " refuses its configuration: " + strings.Join(texts, "; ")
}
