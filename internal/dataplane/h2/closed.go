package h2

import "edgegen/internal/dataplane/bounds"

// ending is how a stream came to its end.
type ending uint8

const (
	unknown  ending = iota // never begun, or long ago
	byBoth                 // by END_STREAM both ways
	byClient               // reset by the client
	byServer               // reset by the server: frames may still be on their way
)

// closed remembers the last streams that have ended.
type closed struct {
	ids  [bounds.Streams]uint32
	hows [bounds.Streams]ending
	next int
}

func (c *closed) add(id uint32, how ending) {
	c.ids[c.next], c.hows[c.next] = id, how
	c.next = (c.next + 1) % len(c.ids)
}

func (c *closed) how(id uint32) ending {
	for i, one := range c.ids {
		if one == id {
			return c.hows[i]
		}
	}
	return unknown
}
