package edge

import (
	"strings"
	"sync"
)

// Transcript keeps what a process prints and tells when words appear in it. It
// is safe for use by several goroutines.
type Transcript struct {
	mu      sync.Mutex
	kept    []byte
	waiting map[string]chan struct{}
}

// NewTranscript returns an empty one.
func NewTranscript() *Transcript { return &Transcript{waiting: map[string]chan struct{}{}} }

func (t *Transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	for words, found := range t.waiting {
		if strings.Contains(string(t.kept), words) {
			close(found)
			delete(t.waiting, words)
		}
	}
	return len(p), nil
}

// Text returns all that was printed so far.
func (t *Transcript) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

// Holds returns a channel that is closed once the words are there.
func (t *Transcript) Holds(words string) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.waiting[words]
	if !ok {
		found = make(chan struct{})
	}
	if strings.Contains(string(t.kept), words) {
		close(found)
	} else {
		t.waiting[words] = found
	}
	return found
}
