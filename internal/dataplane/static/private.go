package static

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"edgegen/internal/site"
)

// Private knows the files that are never served, by their identity: whatever
// name a file is asked for by, be it a link, counts. It may be used from any
// goroutine. Nil knows none.
type Private struct {
	what site.Private

	mu   sync.Mutex // held by whoever looks
	seen atomic.Pointer[sighting]
}

// sighting is what the names led to at one time.
type sighting struct {
	began time.Time
	lasts time.Duration
	files map[identity]bool
}

// identity names a file as long as it is there.
type identity struct{ device, inode uint64 }

const (
	// clockStep is how far the times of a local file system may be behind the
	// clock.
	clockStep = 20 * time.Millisecond
	// looksLast is how long a look counts for files that have not changed since.
	looksLast = time.Second
	// looksCost bounds what looking costs where there are very many names: a
	// look that took so long is repeated after a hundred times that.
	looksCost = 100
)

// NewPrivate returns the files that these names lead to, now and later.
func NewPrivate(what site.Private) *Private { return &Private{what: what} }

// holds reports whether a file is one of them. What came to a name after the
// last look has changed after it, but for a name that leads another way by a
// link, or by a directory that was moved; that is noticed within a second.
func (p *Private) holds(of stamp) bool {
	if p == nil {
		return false
	}
	seen := p.seen.Load()
	if seen == nil || of.changedAfter(seen.began) {
		seen = p.look(time.Now())
	} else if time.Since(seen.began) > seen.lasts && p.mu.TryLock() {
		seen = p.gather()
		p.mu.Unlock()
	}
	return seen.files[identity{of.device, of.inode}]
}

// changedAfter reports whether a file may have changed after a moment that has
// passed. A time to come is that of another machine's clock, which tells
// nothing.
func (s stamp) changedAfter(moment time.Time) bool {
	return s.changed > moment.Add(-clockStep).UnixNano() && s.changed <= time.Now().UnixNano()
}

// look returns a sighting that began at that time or later.
func (p *Private) look(since time.Time) *sighting {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen := p.seen.Load(); seen != nil && !seen.began.Before(since) {
		return seen
	}
	return p.gather()
}

// gather looks where all the names lead; the lock is held. A name that leads
// nowhere hides nothing.
func (p *Private) gather() *sighting {
	s := &sighting{began: time.Now(), files: map[identity]bool{}}
	for _, path := range p.what.Files {
		s.add(path)
	}
	for _, family := range p.what.Families {
		entries, _ := os.ReadDir(family.Directory)
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), family.Ending) {
				s.add(filepath.Join(family.Directory, entry.Name()))
			}
		}
	}
	for _, tree := range p.what.Trees {
		_ = filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				s.add(path)
			}
			return nil // whatever cannot be entered
		})
	}
	s.lasts = max(looksLast, looksCost*time.Since(s.began))
	p.seen.Store(s)
	return s
}

func (s *sighting) add(path string) {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) == nil {
		s.files[identity{st.Dev, st.Ino}] = true
	}
}
