package h2

import (
	"encoding/binary"

	"edgegen/internal/dataplane/bounds"
)

// greet queues what the server begins with; c.mu is held.
func (c *Conn) greet() {
	const count = 5
	b := appendFrame(c.queued(), count*settingSize, kindSettings, 0, 0)
	b = appendSetting(b, settingPush, 0)
	b = appendSetting(b, settingStreams, bounds.Streams)
	b = appendSetting(b, settingWindow, bounds.StreamWindow)
	b = appendSetting(b, settingConnect, 1)
	b = appendSetting(b, settingNoPriorities, 1)
	c.out = appendWindowUpdate(b, 0, bounds.ConnWindow-defaultWindow)
}

// settings takes as many settings as there are.
func (c *Conn) settings() (progress, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.left > 0 {
		if c.in.len() < settingSize {
			return starved, nil
		}
		p := c.in.take(settingSize)
		c.left -= settingSize
		if err := c.set(setting(binary.BigEndian.Uint16(p)), binary.BigEndian.Uint32(p[2:])); err != nil {
			return stepped, err
		}
	}
	return stepped, nil
}

// set takes one of the client's settings; c.mu is held.
func (c *Conn) set(id setting, value uint32) error {
	switch id {
	case settingTableSize:
		c.encoder.resize(value)
	case settingPush:
		if value > 1 {
			return protocolError("ENABLE_PUSH")
		}
	case settingConnect:
		if value > 1 {
			return protocolError("ENABLE_CONNECT_PROTOCOL")
		}
	case settingNoPriorities:
		if value > 1 {
			return protocolError("NO_RFC7540_PRIORITIES")
		}
	case settingFrameSize:
		if value < maxFrame || value > largestFrame {
			return protocolError("MAX_FRAME_SIZE")
		}
	case settingWindow:
		if value > maxWindow {
			return &connError{FlowControlError, "INITIAL_WINDOW_SIZE"}
		}
		more := int64(value) - c.initial
		c.initial = int64(value)
		for _, s := range c.streams {
			if s.window += more; s.window > maxWindow {
				return &connError{FlowControlError, "INITIAL_WINDOW_SIZE"}
			}
		}
		c.readyAll()
	}
	return nil
}

// control does what a short frame says; c.mu is held.
func (c *Conn) control(p []byte) error {
	switch c.frame.kind {
	case kindPriority: // RFC 9113 5.3.2: of no meaning any more
		if binary.BigEndian.Uint32(p)&maxID == c.frame.stream {
			c.refuse(c.frame.stream, ProtocolError)
		}
	case kindPing:
		if !c.frame.has(flagAck) {
			c.out = appendPing(c.queued(), flagAck, p)
		} else if string(p) == leavePing {
			c.heard()
		}
	case kindReset:
		return c.reset(c.frame.stream)
	case kindWindowUpdate:
		return c.enlarge(c.frame.stream, int64(binary.BigEndian.Uint32(p)&maxWindow))
	case kindPriorityUpdate:
		return c.priorityUpdate(binary.BigEndian.Uint32(p)&maxID, string(p[4:]))
	}
	return nil
}

// reset ends a stream that the client is not interested in any more.
func (c *Conn) reset(id uint32) error {
	s := c.streams[id]
	if s == nil {
		if id > c.last || id%2 == 0 {
			return protocolError("RST_STREAM of an idle stream")
		}
		return nil
	}
	c.forget(s, byClient)
	s.abort(errReset)
	return c.spend(bounds.CostReset)
}

// enlarge opens a window.
func (c *Conn) enlarge(id uint32, more int64) error {
	if id == 0 {
		if more == 0 {
			return protocolError("WINDOW_UPDATE of 0")
		}
		if c.window += more; c.window > maxWindow {
			return &connError{FlowControlError, "window too large"}
		}
		if c.blocked {
			c.blocked = false
			c.readyAll()
		}
		return nil
	}
	s := c.streams[id]
	switch {
	case s == nil && (id > c.last || id%2 == 0):
		return protocolError("WINDOW_UPDATE of an idle stream")
	case s == nil:
		return nil
	case more == 0:
		c.refuse(id, ProtocolError)
	case s.window+more > maxWindow:
		c.refuse(id, FlowControlError)
	default:
		s.window += more
		c.ready(s)
	}
	return nil
}

// refuse resets a stream for something that is wrong with a frame; c.mu is held.
func (c *Conn) refuse(id uint32, code Code) {
	c.budget.Charge(bounds.CostReset)
	if s := c.streams[id]; s != nil {
		s.reset(code)
		return
	}
	c.out = appendReset(c.queued(), id, code)
	c.closed.add(id, byServer)
}
