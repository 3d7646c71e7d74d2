package httpcache

import "sync/atomic"

// visited is set by readers that hold no more than a read lock.
type visited struct{ flag atomic.Bool }

func (v *visited) set() {
	if !v.flag.Load() { // no write to a shared cache line on every hit
		v.flag.Store(true)
	}
}

// ring is the SIEVE queue: new resources enter at the head, a hand moves from
// the tail on, spares what was visited since it last came by and takes the
// first that was not. A single pass over many resources therefore does not
// drive out those that are in use.
type ring struct {
	head, tail *resource // prev leads towards the head
	hand       *resource
}

func (q *ring) add(r *resource) {
	r.next = q.head
	if q.head != nil {
		q.head.prev = r
	}
	q.head = r
	if q.tail == nil {
		q.tail = r
	}
}

func (q *ring) remove(r *resource) {
	if q.hand == r {
		q.hand = r.prev
	}
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		q.head = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		q.tail = r.prev
	}
	r.next, r.prev = nil, nil
}

// victim returns what is to go next, nil when the ring is empty.
func (q *ring) victim() *resource {
	r := q.hand
	if r == nil {
		r = q.tail
	}
	for r != nil && r.visited.flag.Swap(false) {
		if r = r.prev; r == nil {
			r = q.tail
		}
	}
	if r != nil {
		q.hand = r.prev
	}
	return r
}
