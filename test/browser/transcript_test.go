package browser

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// transcript keeps what a process prints. It is safe for concurrent use.
type transcript struct {
	mu      sync.Mutex
	printed bytes.Buffer
	changed chan struct{} // closed by the next Write
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

// Write never fails.
func (t *transcript) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.changed)
	t.changed = make(chan struct{})
	return t.printed.Write(data)
}

func (t *transcript) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.printed.String()
}

// wait reports whether the words were printed, or are within the time.
func (t *transcript) wait(words string, within time.Duration) bool {
	deadline := time.After(within)
	for {
		t.mu.Lock()
		found, changed := strings.Contains(t.printed.String(), words), t.changed
		t.mu.Unlock()
		if found {
			return true
		}
		select {
		case <-changed:
		case <-deadline:
			return false
		}
	}
}
