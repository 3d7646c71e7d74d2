package httpcache

import (
	"slices"
	"strings"
	"sync"
	"time"

	"edgegen/internal/dataplane/wire"
)

// Store holds responses under keys, never more bytes than its size, bodies
// under way included. What was not asked for again goes first (SIEVE). It may
// be used from any goroutine.
type Store struct {
	file *file // where bodies are kept; nil keeps them in memory

	mu        sync.RWMutex
	size      int64
	resources map[string]*resource
	purged    purges
	ring      ring
	used      int64 // by entries and marks
	pending   int64 // by bodies that are coming in to be stored
	trailing  int64 // by others, for their slower readers
}

// resource is what is known about one key.
type resource struct {
	key        string
	entries    []*Entry // the newest last
	passUntil  time.Time
	size       int64
	next, prev *resource
	visited    visited
}

// maxVariants is how many responses one key may have.
const maxVariants = 32

// passTime is how long a key whose response could not be stored is not
// waited for.
const passTime = 2 * time.Minute

// NewStore returns a store of size bytes in memory.
func NewStore(size int64) *Store {
	return &Store{size: size, resources: map[string]*resource{}}
}

// SetSize changes how many bytes a store in memory may hold. What does not fit
// any more goes, least asked for first. A store in a file keeps its size.
func (s *Store) SetSize(size int64) {
	if s.file != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = size
	s.evict()
}

// Close releases the file, if there is one, once nobody reads from it any
// more. What it holds stays. Nothing is found in or added to a closed one, and
// closing it again does nothing.
func (s *Store) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.close()
}

// MaxObject is the largest body that is stored.
func (s *Store) MaxObject() int64 {
	if s.file != nil {
		return s.file.maxObject()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.size / 8
}

// Found is what a lookup knows.
type Found struct {
	Entry *Entry // nil where nothing stored answers the request
	// Pass tells that the request should not wait for another one's answer: the last
	// answer was not to be stored, or the stored one is not for such a request.
	Pass bool
	// Variant names the responses that the request may share, among those
	// of its key.
	Variant string
}

// Lookup finds the newest stored response to such a request.
func (s *Store) Lookup(key string, request wire.Header, now time.Time) Found {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.resources[key]
	if r == nil {
		return Found{}
	}
	found := Found{Pass: now.Before(r.passUntil)}
	for i := len(r.entries) - 1; i >= 0; i-- {
		e := r.entries[i]
		switch {
		case !e.selected(request):
		case e.open(request):
			r.visited.set()
			return Found{Entry: e}
		default:
			found.Pass = true
		}
	}
	if n := len(r.entries); n > 0 {
		for _, f := range r.entries[n-1].Vary {
			found.Variant += selecting(f.Name, request) + "\x00"
		}
	}
	return found
}

// Put stores an entry, in place of the one of the same variant. It reports
// false where there is no room. One that a purge means which has come since it was
// asked for is not stored.
func (s *Store) Put(key string, e *Entry) bool {
	if s.file != nil {
		return s.file.put(s, key, e)
	}
	if e.Body.Len() > s.MaxObject() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outdated(key, e) {
		return true
	}
	s.insert(key, e)
	s.evict()
	return true
}

// insert adds an entry; the lock is held.
func (s *Store) insert(key string, e *Entry) {
	r := s.resource(key)
	r.entries = slices.DeleteFunc(r.entries, func(old *Entry) bool { return old.sameVariant(e) })
	if len(r.entries) == maxVariants {
		r.entries = slices.Delete(r.entries, 0, 1)
	}
	r.entries = append(r.entries, e)
	e.forms.Grown = func() { s.resized(r) }
	r.passUntil = time.Time{}
	s.resize(r)
}

// resource returns the key's resource, a new one if need be.
func (s *Store) resource(key string) *resource {
	r := s.resources[key]
	if r == nil {
		r = &resource{key: strings.Clone(key)}
		s.resources[r.key] = r
		s.ring.add(r)
	}
	return r
}

func (s *Store) resize(r *resource) {
	size := int64(256 + len(r.key))
	for _, e := range r.entries {
		size += e.overhead()
		if s.file == nil {
			size += e.Body.Len()
		}
	}
	s.used += size - r.size
	r.size = size
}

// resized makes room for what has been added to a resource. A resource that has been
// forgotten meanwhile holds nothing.
func (s *Store) resized(r *resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resources[r.key] == r {
		s.resize(r)
		s.evict()
	}
}

// Replace puts an updated entry where old still is; its body is not written
// again.
func (s *Store) Replace(key string, old, updated *Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.resources[key]; r != nil {
		if i := slices.Index(r.entries, old); i >= 0 {
			r.entries[i] = updated
			s.resize(r)
		}
	}
}

// MarkPass notes that a response for key was not to be stored.
func (s *Store) MarkPass(key string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.resource(key)
	r.passUntil = now.Add(passTime)
	s.resize(r)
	s.evict()
}

// Remove forgets one entry.
func (s *Store) Remove(key string, e *Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.resources[key]; r != nil {
		r.entries = slices.DeleteFunc(r.entries, func(old *Entry) bool { return old == e })
		s.dropped(e)
		s.resize(r)
	}
}

// Invalidate forgets everything about key.
func (s *Store) Invalidate(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.resources[key]; r != nil {
		s.forget(r)
	}
}

func (s *Store) forget(r *resource) {
	for _, e := range r.entries {
		s.dropped(e)
	}
	delete(s.resources, r.key)
	s.ring.remove(r)
	s.used -= r.size
}

// dropped makes sure that a restart does not bring an entry back.
func (s *Store) dropped(e *Entry) {
	if body, ok := e.Body.(*record); ok {
		body.erase()
	}
}
