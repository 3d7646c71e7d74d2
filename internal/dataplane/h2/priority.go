package h2

import (
	"cmp"
	"maps"
	"slices"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// order is a stream's place among those that have something to send (RFC 9218).
type order struct {
	fields.Priority
	queued bool
	next   *Stream
}

// turns tells that a stream shares with others of the same urgency. Streams of which the
// client has said nothing do, so that none has to wait for a long one.
func (o *order) turns() bool { return o.Incremental || !o.Told }

// priorityUpdates are those that came before their streams.
type priorityUpdates struct {
	ids    [16]uint32
	values [16]string
	at     int
}

// take makes the order of a new stream.
func (u *priorityUpdates) take(id uint32, h wire.Header) order {
	for i, one := range u.ids {
		if one == id {
			o := order{Priority: fields.PriorityUpdate(u.values[i])}
			u.ids[i], u.values[i] = 0, ""
			return o
		}
	}
	return order{Priority: fields.PriorityOf(h)}
}

// priorityUpdate takes a PRIORITY_UPDATE; the lock is held.
func (c *Conn) priorityUpdate(id uint32, value string) error {
	if id == 0 || id%2 == 0 {
		return protocolError("PRIORITY_UPDATE of no request")
	}
	s := c.streams[id]
	if s == nil {
		if id > c.last {
			u := &c.updates
			u.ids[u.at], u.values[u.at] = id, value
			u.at = (u.at + 1) % len(u.ids)
		}
		return nil
	}
	queued := s.queued
	if queued {
		c.queue.remove(s)
	}
	s.Priority = fields.PriorityUpdate(value)
	if queued {
		c.queue.add(s)
	}
	return nil
}

// queue holds the streams that may send, by urgency. Among those of one
// urgency the ones that share take turns with the first of those that do not,
// which go one after the other as they were asked for.
type queue struct {
	levels [fields.Urgencies][2]list // [0] in order, [1] in turns
	used   [fields.Urgencies]bool
	odd    bool
}

type list struct{ first, last *Stream }

// next removes the stream whose turn it is; nil where there is none.
func (q *queue) next() *Stream {
	for u := range q.levels {
		if !q.used[u] {
			continue
		}
		level := &q.levels[u]
		which := 0
		if q.odd = !q.odd; q.odd && level[1].first != nil || level[0].first == nil {
			which = 1
		}
		if s := level[which].take(); s != nil {
			s.queued = false
			if s.localDone {
				return q.next() // it was reset meanwhile
			}
			return s
		}
		q.used[u] = false
	}
	return nil
}

func (q *queue) add(s *Stream) {
	s.queued = true
	q.used[s.Urgency] = true
	if s.turns() {
		q.levels[s.Urgency][1].append(s)
	} else {
		q.levels[s.Urgency][0].insert(s)
	}
}

func (q *queue) remove(s *Stream) {
	for which := range q.levels[s.Urgency] {
		l := &q.levels[s.Urgency][which]
		var before *Stream
		for at := l.first; at != nil; before, at = at, at.next {
			if at != s {
				continue
			}
			if before == nil {
				l.first = s.next
			} else {
				before.next = s.next
			}
			if l.last == s {
				l.last = before
			}
		}
	}
	s.next, s.queued = nil, false
}

func (l *list) take() *Stream {
	s := l.first
	if s == nil {
		return nil
	}
	if l.first = s.next; l.first == nil {
		l.last = nil
	}
	s.next = nil
	return s
}

func (l *list) append(s *Stream) {
	if l.last == nil {
		l.first, l.last = s, s
		return
	}
	l.last.next = s
	l.last = s
}

// insert keeps the list in the order of the streams' numbers.
func (l *list) insert(s *Stream) {
	if l.last == nil || l.last.ID < s.ID {
		l.append(s)
		return
	}
	at := &l.first
	for (*at).ID < s.ID {
		at = &(*at).next
	}
	s.next = *at
	*at = s
}

// readyAll queues every stream that has something to send and may, the older
// ones first.
func (c *Conn) readyAll() {
	byAge := func(a, b *Stream) int { return cmp.Compare(a.ID, b.ID) }
	for _, s := range slices.SortedFunc(maps.Values(c.streams), byAge) {
		c.ready(s)
	}
}

// ready queues a stream that has something to send and may; the lock is held.
func (c *Conn) ready(s *Stream) {
	switch {
	case s.queued || s.localDone || len(s.pending) == 0 && !s.last:
	case len(s.pending) > 0 && (s.window <= 0 || c.blocked):
		s.stall()
	default:
		c.queue.add(s)
	}
}
