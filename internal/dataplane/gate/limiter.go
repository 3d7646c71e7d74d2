package gate

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Limiter bounds how often each client asks, by the generic cell rate algorithm
// (GCRA): of each it keeps the time at which its requests would have come had they
// come evenly, and refuses what is too far ahead of that. A client costs some 50
// bytes, for as long as that time is to come.
type Limiter struct {
	every time.Duration // between two requests
	ahead time.Duration // how far a client may be
	began time.Time
	seeds [2]maphash.Seed

	shards [64]shard
	timer  *time.Timer

	mu     sync.Mutex // guards what follows, and the timer
	armed  bool
	closed bool
}

// Key is a client, as a limiter knows it.
type Key [16]byte

// shard is a part of the clients, so that those who ask at once seldom wait for each
// other.
type shard struct {
	mu  sync.Mutex
	due map[Key]time.Duration // since Limiter.began
	_   [40]byte              // one cache line each
}

// mostClients bounds those of a limiter, where somebody makes clients up.
const mostClients = 1 << 20

func newLimiter(every time.Duration, burst int) *Limiter {
	l := &Limiter{every: every, ahead: time.Duration(burst) * every, began: time.Now(), seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	l.timer = time.AfterFunc(time.Hour, l.sweep)
	l.timer.Stop()
	return l
}

// Client is the key of an address. Of IPv6 a client has a network of 64 bits to
// choose addresses in, so that all of it is one client.
func (l *Limiter) Client(address netip.Addr) Key {
	key := Key(address.As16())
	if address.Is6() {
		clear(key[8:])
	}
	return key
}

// Text is the key of a text, such as a field's value. It is no address's but by a
// chance that nobody has.
func (l *Limiter) Text(text string) (key Key) {
	for i, seed := range l.seeds {
		sum := maphash.String(seed, text)
		for j := range 8 {
			key[8*i+j] = byte(sum >> (8 * j))
		}
	}
	return key
}

// Take lets a request of a client through; or else says how long that is to wait.
func (l *Limiter) Take(key Key) (wait time.Duration) {
	now := time.Since(l.began)
	s := &l.shards[maphash.Comparable(l.seeds[0], key)%uint64(len(l.shards))]
	s.mu.Lock()
	due, known := s.due[key]
	if wait = due - l.ahead - now; known && wait > 0 {
		s.mu.Unlock()
		return wait
	}
	if s.due == nil {
		s.due = make(map[Key]time.Duration)
	}
	if !known && len(s.due) >= mostClients/len(l.shards) {
		s.forgetOne()
	}
	s.due[key] = max(due, now) + l.every
	s.mu.Unlock()
	if !known {
		l.arm()
	}
	return 0
}

// forgetOne makes room: of some that a map gives first, the one that is the least
// ahead.
func (s *shard) forgetOne() {
	var least Key
	looked := 0
	for key, due := range s.due {
		if looked == 0 || due < s.due[least] {
			least = key
		}
		if looked++; looked == 8 {
			break
		}
	}
	delete(s.due, least)
}

// arm has clients forgotten in a while.
func (l *Limiter) arm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed && !l.closed {
		l.armed = true
		l.timer.Reset(min(max(l.ahead+l.every, time.Second), time.Minute))
	}
}

// sweep forgets the clients that would be let through as if they had never come.
func (l *Limiter) sweep() {
	l.mu.Lock()
	l.armed = false
	l.mu.Unlock()
	left := 0
	for i := range l.shards {
		left += l.shards[i].sweep(time.Since(l.began))
	}
	if left > 0 {
		l.arm()
	}
}

// sweep makes a new map of those who are left, as a map never becomes smaller.
func (s *shard) sweep(now time.Duration) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := 0
	for _, due := range s.due {
		if due <= now {
			gone++
		}
	}
	if gone == 0 {
		return len(s.due)
	}
	var left map[Key]time.Duration
	if len(s.due) > gone {
		left = make(map[Key]time.Duration, len(s.due)-gone)
	}
	for key, due := range s.due {
		if due > now {
			left[key] = due
		}
	}
	s.due = left
	return len(left)
}

// Clients counts those who are remembered.
func (l *Limiter) Clients() int {
	count := 0
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		count += len(s.due)
		s.mu.Unlock()
	}
	return count
}

func (l *Limiter) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.timer.Stop()
}
