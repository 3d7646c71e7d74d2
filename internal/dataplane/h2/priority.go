package h2

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"edgegen/internal/dataplane/wire"
)

// order is a stream's place among those that have something to send (RFC 9218).
type order struct {
	urgency     uint8
	incremental bool
	// told is whether the client has said anything about it. Streams of which
	// it has not take turns, so that none has to wait for a long one.
	told   bool
	queued bool
	next   *Stream
}

const (
	urgencies      = 8
	defaultUrgency = 3
)

// turns tells that a stream shares with others of the same urgency.
func (o *order) turns() bool { return o.incremental || !o.told }

// parse reads a priority: a dictionary of structured fields (RFC 8941) of which
// only u and i are of interest. What cannot be read changes nothing.
func (o *order) parse(value string) {
	for member := range wire.List(value) {
		member, _, _ = strings.Cut(member, ";")
		key, val, given := strings.Cut(member, "=")
		switch {
		case key == "u" && len(val) == 1 && val[0] >= '0' && val[0] < '0'+urgencies:
			o.urgency, o.told = val[0]-'0', true
		case key == "i" && (!given || val == "?1"):
			o.incremental, o.told = true, true
		case key == "i" && val == "?0":
			o.incremental, o.told = false, true
		}
	}
}

// priorityUpdates are those that came before their streams.
type priorityUpdates struct {
	ids    [16]uint32
	values [16]string
	at     int
}

// take makes the order of a new stream.
func (u *priorityUpdates) take(id uint32, h wire.Header) order {
	o := order{urgency: defaultUrgency}
	for i, one := range u.ids {
		if one == id {
			o.told = true
			o.parse(u.values[i])
			u.ids[i], u.values[i] = 0, ""
			return o
		}
	}
	for i := range h {
		if h[i].Name == "priority" {
			o.parse(h[i].Value)
		}
	}
	return o
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
	s.urgency, s.incremental, s.told = defaultUrgency, false, true
	s.parse(value)
	if queued {
		c.queue.add(s)
	}
	return nil
}

// queue holds the streams that may send, by urgency. Among those of one
// urgency the ones that share take turns with the first of those that do not,
// which go one after the other as they were asked for.
type queue struct {
	levels [urgencies][2]list // [0] in order, [1] in turns
	used   [urgencies]bool
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
	q.used[s.urgency] = true
	if s.turns() {
		q.levels[s.urgency][1].append(s)
	} else {
		q.levels[s.urgency][0].insert(s)
	}
}

func (q *queue) remove(s *Stream) {
	for which := range q.levels[s.urgency] {
		l := &q.levels[s.urgency][which]
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
