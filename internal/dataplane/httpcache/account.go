package httpcache

// Reserve accounts for n more bytes of a body that is coming in, and makes
// room. It reports false where bodies under way would fill the store.
func (s *Store) Reserve(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending+n > s.pendingLimit() {
		return false
	}
	s.pending += n
	s.evict()
	return true
}

// Unreserve gives back what Reserve took.
func (s *Store) Unreserve(n int64) {
	s.mu.Lock()
	s.pending -= n
	s.mu.Unlock()
}

// Trail accounts for n more bytes of a body that is not going to be stored, and
// that somebody has still to read. It reports false where there is no room.
func (s *Store) Trail(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.size / 8
	if s.file != nil {
		limit = 16 << 20
	}
	if s.trailing+n > limit {
		return false
	}
	s.trailing += n
	s.evict()
	return true
}

// Untrail gives back what Trail took.
func (s *Store) Untrail(n int64) {
	s.mu.Lock()
	s.trailing -= n
	s.mu.Unlock()
}

func (s *Store) pendingLimit() int64 {
	if s.file != nil {
		return 64 << 20
	}
	return s.size / 2
}

// evict makes all that is accounted for fit the size; the lock is held. With a file,
// only the index is in memory, and an eighth of the size bounds it.
func (s *Store) evict() {
	limit := s.size - s.pending - s.trailing
	if s.file != nil {
		limit = max(s.size/8, 1<<20)
	}
	for s.used > limit {
		r := s.ring.victim()
		if r == nil {
			return
		}
		s.forget(r)
	}
}
