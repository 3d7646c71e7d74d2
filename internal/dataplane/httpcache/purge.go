package httpcache

import (
	"slices"
	"strings"
	"time"
)

// Purge says which stored responses are to be forgotten, whoever made them. The zero
// value is all.
type Purge struct {
	// Key reports whether what is stored under a key is meant; nil where any is.
	Key func(key string) bool
	// Tag is one that a response has to have; "" where that does not matter.
	Tag string
	// Soft has them grow stale instead.
	Soft bool
}

// remembered is how many purges are remembered for responses under way. A response that
// was asked for before more purges than that is not stored.
const remembered = 256

// purges are the last ones.
type purges struct {
	count uint64 // of all that there have been
	last  [remembered]Purge
}

// has reports whether an entry has the tag.
func (e *Entry) has(tag string) bool {
	if !strings.Contains(e.Tags, tag) {
		return false
	}
	for one := range strings.SplitSeq(e.Tags, " ") {
		if one == tag {
			return true
		}
	}
	return false
}

// of reports whether a purge means an entry of a key.
func (p *Purge) of(key string, e *Entry) bool {
	return (p.Tag == "" || e.has(p.Tag)) && (p.Key == nil || p.Key(key))
}

// MayMean reports whether a purge may mean a response that is under way, of which the
// key alone is known.
func (p *Purge) MayMean(key string) bool { return p.Key == nil || p.Key(key) }

// Purges counts the purges so far, for Entry.Since.
func (s *Store) Purges() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.purged.count
}

// outdated reports whether an entry was asked for before a purge that means it. The
// lock is held.
func (s *Store) outdated(key string, e *Entry) bool {
	missed := s.purged.count - e.Since
	if missed > remembered {
		return true
	}
	for i := range missed {
		if s.purged.last[(s.purged.count-1-i)%remembered].of(key, e) {
			return true
		}
	}
	return false
}

// atOnce is how many resources are looked at before the lock is given up for a moment.
const atOnce = 1024

// Purge forgets what p means, or makes it stale, and returns how many responses that
// were. When it returns none of them is found any more, and none that was asked for
// before is stored.
func (s *Store) Purge(p Purge, now time.Time) (count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purged.last[s.purged.count%remembered] = p
	s.purged.count++
	seen := 0
	for key, r := range s.resources {
		if seen++; seen%atOnce == 0 {
			s.mu.Unlock()
			s.mu.Lock() // a map may be changed between two steps over it
		}
		if (p.Key == nil || p.Key(key)) && s.resources[key] == r {
			count += s.purge(r, &p, now)
		}
	}
	return count
}

// purge is that of one resource, which is still there; the lock is held.
func (s *Store) purge(r *resource, p *Purge, now time.Time) (count int) {
	if p.Tag != "" && !slices.ContainsFunc(r.entries, func(e *Entry) bool { return e.has(p.Tag) }) {
		return 0
	}
	kept := make([]*Entry, 0, len(r.entries))
	for _, e := range r.entries {
		switch {
		case p.Tag != "" && !e.has(p.Tag):
			kept = append(kept, e)
			continue
		case p.Soft:
			kept = append(kept, e.stale(now))
		}
		s.dropped(e) // a file would bring back what is fresh
		count++
	}
	if r.entries = slices.Clip(kept); len(kept) == 0 {
		s.forget(r)
		return count
	}
	s.resize(r)
	return count
}

// stale is the entry as one that has just grown stale, or that was so before.
func (e *Entry) stale(now time.Time) *Entry {
	old := *e
	old.Freshness.Lifetime = min(old.Freshness.Lifetime, old.Freshness.Age(now))
	return &old
}
