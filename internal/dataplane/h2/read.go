package h2

import (
	"encoding/binary"
	"time"
)

// step takes one frame, or a part of a long one, out of the input.
func (c *Conn) step() (progress, error) {
	if !c.within {
		if how, err := c.open(); how == starved || err != nil {
			return how, err
		}
	}
	how, err := c.payload()
	if err != nil || how == starved || c.left > 0 || c.padding > 0 {
		return how, err
	}
	c.within = false
	how, err = c.close()
	if how != handed && c.greeted && c.block.stream == 0 {
		c.began = time.Time{}
	}
	return how, err
}

// open takes a frame's header.
func (c *Conn) open() (progress, error) {
	if !c.prefaced {
		n := min(c.in.len(), len(preface))
		if string(c.in.bytes()[:n]) != preface[:n] {
			return stepped, protocolError("no HTTP/2")
		}
		if n < len(preface) {
			return starved, nil
		}
		c.in.take(n)
		c.prefaced = true
	}
	if c.in.len() < frameHeader {
		return starved, nil
	}
	c.frame = parseFrame(c.in.take(frameHeader))
	c.within, c.prefixed = true, false
	c.left, c.padding, c.target = c.frame.length, 0, nil
	if err := c.admit(); err != nil {
		return stepped, err
	}
	return stepped, c.charge()
}

// admit looks whether a frame may come now.
func (c *Conn) admit() error {
	f := c.frame
	if f.length > maxFrame {
		return &connError{FrameSizeError, "frame too long"}
	}
	if !c.greeted && (f.kind != kindSettings || f.has(flagAck)) {
		return protocolError("no SETTINGS first")
	}
	if c.block.stream != 0 && (f.kind != kindContinuation || f.stream != c.block.stream) {
		return protocolError("frame within a header block")
	}
	switch f.kind {
	case kindData, kindHeaders, kindPriority, kindReset:
		if f.stream == 0 {
			return protocolError("frame without a stream")
		}
	case kindSettings, kindPing, kindGoAway, kindPriorityUpdate:
		if f.stream != 0 {
			return protocolError("frame on a stream")
		}
	case kindPushPromise:
		return protocolError("PUSH_PROMISE from a client")
	case kindContinuation:
		if c.block.stream == 0 {
			return protocolError("CONTINUATION of nothing")
		}
	}
	if !f.fits() {
		return &connError{FrameSizeError, "frame of a wrong length"}
	}
	return nil
}

// fits reports whether the payload's length suits the frame's kind.
func (f frame) fits() bool {
	switch f.kind {
	case kindPriority:
		return f.length == 5
	case kindReset, kindWindowUpdate:
		return f.length == 4
	case kindPing:
		return f.length == 8
	case kindPriorityUpdate:
		return f.length >= 4
	case kindGoAway:
		return f.length >= 8
	case kindSettings:
		return f.length%settingSize == 0 && (f.length == 0 || !f.has(flagAck))
	}
	return true
}

// payload takes what there is of a frame's payload.
func (c *Conn) payload() (progress, error) {
	switch k := c.frame.kind; k {
	case kindData:
		return c.data()
	case kindHeaders, kindContinuation:
		return c.fragment()
	case kindSettings:
		return c.settings()
	case kindPriority, kindReset, kindPing, kindWindowUpdate, kindPriorityUpdate:
		if k == kindPriorityUpdate && c.frame.length > maxPriorityUpdate {
			break
		}
		if c.in.len() < c.left {
			return starved, nil
		}
		p := c.in.take(c.left)
		c.left = 0
		c.mu.Lock()
		defer c.mu.Unlock()
		return stepped, c.control(p)
	}
	if c.in.len() == 0 && c.left > 0 {
		return starved, nil
	}
	c.left -= len(c.in.take(c.left))
	return stepped, nil
}

// prefix takes what stands before the data of a padded frame, or one with a
// priority.
func (c *Conn) prefix() (progress, error) {
	padded, more := 0, 0
	if c.frame.has(flagPadded) {
		padded = 1
	}
	if c.frame.kind == kindHeaders && c.frame.has(flagPriority) {
		more = 5
	}
	if c.left < padded+more {
		return stepped, &connError{FrameSizeError, "frame too short"}
	}
	if c.in.len() < padded+more {
		return starved, nil
	}
	p := c.in.take(padded + more)
	c.left -= len(p)
	if padded > 0 {
		c.padding = int(p[0])
	}
	if c.padding > c.left {
		return stepped, protocolError("more padding than frame")
	}
	c.left -= c.padding
	if more > 0 && binary.BigEndian.Uint32(p[padded:])&maxID == c.frame.stream {
		c.block.code = ProtocolError // it depends on itself
	}
	c.prefixed = true
	return stepped, nil
}

// pad drops what there is of the padding.
func (c *Conn) pad() progress {
	if c.padding > 0 && c.in.len() == 0 {
		return starved
	}
	c.padding -= len(c.in.take(c.padding))
	return stepped
}

// close does what a whole frame asks for.
func (c *Conn) close() (progress, error) {
	switch c.frame.kind {
	case kindHeaders, kindContinuation:
		if c.frame.has(flagEndHeaders) {
			return c.closeBlock()
		}
	case kindData:
		if c.target != nil && c.frame.has(flagEndStream) {
			c.mu.Lock()
			c.target.endBody()
			c.mu.Unlock()
			c.settle()
		}
	case kindSettings:
		if !c.frame.has(flagAck) {
			c.greeted = true
			c.mu.Lock()
			c.out = appendFrame(c.queued(), 0, kindSettings, flagAck, 0)
			c.mu.Unlock()
		}
	}
	return stepped, nil
}
