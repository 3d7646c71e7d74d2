package tiers

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// repeatPause is the least time between two lines in the log that say the same, where a
// daemon says it once for each client of a crowd.
const repeatPause = 10 * time.Second

// repeatSome is how many lines of requests that fail alike are logged whole, before the
// others are counted until there are none for a while.
const repeatSome = 10

// repeats logs such lines: the first one at once, and later ones as one line with their
// number. The zero value has heard nothing. It may be used from any goroutine.
type repeats struct {
	mu   sync.Mutex
	last map[repeatedLine]*repetition
}

type repeatedLine struct{ from, text string }

type repetition struct {
	level slog.Level
	told  time.Time
	whole int // lines that were logged whole
	left  int // heard since, and not told
}

// hear takes a line.
func (r *repeats) hear(log *slog.Logger, level slog.Level, text, from string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, first := r.of(level, text, from)
	if !first {
		known.left++
		return
	}
	log.Log(context.Background(), level, text, "from", from)
}

// pass reports whether a line is to be logged whole, as one of the first that have that in
// common; else it is counted.
func (r *repeats) pass(level slog.Level, common, from string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, _ := r.of(level, common, from)
	if known.whole == repeatSome {
		known.left++
		return false
	}
	known.whole++
	return true
}

// of returns what is known of a line, and whether it is heard for the first time; the lock
// is held.
func (r *repeats) of(level slog.Level, text, from string) (known *repetition, first bool) {
	if r.last == nil {
		r.last = make(map[repeatedLine]*repetition)
	}
	line := repeatedLine{from, text}
	if known = r.last[line]; known == nil {
		known, first = &repetition{level: level, told: time.Now()}, true
		r.last[line] = known
	}
	return known, first
}

// tell logs what has been heard again, and forgets what has not. It is to be
// called about once a second.
func (r *repeats) tell(log *slog.Logger) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for line, known := range r.last {
		if time.Since(known.told) < repeatPause {
			continue
		}
		if known.left == 0 {
			delete(r.last, line)
			continue
		}
		log.Log(context.Background(), known.level, line.text, "from", line.from, "again", known.left)
		known.told, known.left = time.Now(), 0
	}
}
