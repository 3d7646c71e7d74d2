package h2

import (
	"strconv"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// appendHead queues a header block; the lock is held.
func (c *Conn) appendHead(id uint32, flags uint8, h *fields.Answer) {
	b := c.queued()
	start := len(b)
	b = appendFrame(b, 0, kindHeaders, flags|flagEndHeaders, id)
	b = c.encoder.status(c.encoder.begin(b), h.Status)
	for i := range h.Header {
		if f := &h.Header[i]; !wire.OfConnection(f.Name) {
			b = c.encoder.field(b, f.Name, f.Value)
		}
	}
	if h.Date != "" {
		b = c.encoder.field(b, "date", h.Date)
	}
	if h.Length >= 0 {
		b = c.encoder.field(b, "content-length", strconv.FormatInt(h.Length, 10))
	}
	n := len(b) - start - frameHeader
	if n > maxFrame {
		c.out = split(b[:start], append([]byte(nil), b[start+frameHeader:]...), flags, id)
		return
	}
	b[start], b[start+1], b[start+2] = byte(n>>16), byte(n>>8), byte(n)
	c.out = b
}

// split appends a header block in several frames.
func split(b, block []byte, flags uint8, id uint32) []byte {
	for k := kindHeaders; len(block) > 0; k, flags = kindContinuation, 0 {
		n := min(len(block), maxFrame)
		if n == len(block) {
			flags |= flagEndHeaders
		}
		b = append(appendFrame(b, n, k, flags, id), block[:n]...)
		block = block[n:]
	}
	return b
}
