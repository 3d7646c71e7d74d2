package h2

import (
	"errors"

	"golang.org/x/net/http2/hpack"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/wire"
)

// block is the header block that is coming in.
type block struct {
	stream   uint32  // 0 where there is none
	end      bool    // no body follows
	trailers *Stream // that it ends; nil for the head of a new one
	code     Code    // the stream is reset with it; NoError for none
	ignored  bool    // it is decoded for the sake of the table alone
	size     int64   // bytes so far
	torn     bool    // it cannot be decoded to its end
}

// fragment takes what there is of a header block's frame.
func (c *Conn) fragment() (progress, error) {
	if c.frame.kind == kindHeaders && !c.prefixed {
		if c.block.stream == 0 {
			if err := c.beginBlock(); err != nil {
				return stepped, err
			}
		}
		if how, err := c.prefix(); how == starved || err != nil {
			return how, err
		}
	}
	if c.left == 0 {
		return c.pad(), nil
	}
	p := c.in.take(c.left)
	if len(p) == 0 {
		return starved, nil
	}
	c.left -= len(p)
	c.block.size += int64(len(p))
	if c.block.size > bounds.Section(c.head.Limit()) {
		c.block.torn = true
		return c.closeBlock()
	}
	switch _, err := c.decoder.Write(p); {
	case errors.Is(err, hpack.ErrStringLength):
		c.block.torn = true
		return c.closeBlock()
	case err != nil:
		return stepped, &connError{CompressionError, err.Error()}
	}
	return stepped, nil
}

// field takes what the decoder has read.
func (c *Conn) field(f hpack.HeaderField) {
	c.head.Add(f.Name, f.Value)
	if c.head.Over() {
		c.decoder.SetEmitEnabled(false) // what follows only costs
	}
}

// beginBlock looks which stream a header block is for.
func (c *Conn) beginBlock() error {
	id := c.frame.stream
	limit := c.handler.Limits().HeaderSize
	b := block{stream: id, end: c.frame.has(flagEndStream)}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s := c.streams[id]; {
	case s != nil && s.remoteDone:
		b.ignored, b.code = true, StreamClosed
	case s != nil:
		if b.trailers = s; !b.end {
			b.ignored, b.code = true, ProtocolError
		}
	case id%2 == 0:
		return protocolError("stream of an even number")
	case id > c.last:
		b.ignored = !c.farewell.admits()
	default:
		switch c.closed.how(id) {
		case byServer:
			b.ignored = true // it was on its way
		case unknown:
			return protocolError("stream of a lower number")
		default:
			return &connError{StreamClosed, "HEADERS on a closed stream"}
		}
	}
	c.block = b
	header := wire.Header(nil)
	if n := len(c.headers); n > 0 {
		header, c.headers = c.headers[n-1], c.headers[:n-1]
	}
	if header == nil {
		header = make(wire.Header, 0, 32)
	}
	c.head.Reset(limit, header)
	c.decoder.SetEmitEnabled(true)
	c.decoder.SetMaxStringLength(int(max(bounds.SectionFloor, limit)))
	return nil
}

// closeBlock does what a whole header block asks for.
func (c *Conn) closeBlock() (progress, error) {
	b := c.block
	c.block = block{}
	var torn error
	if b.torn {
		c.head.Fault = wire.ErrHeadTooLarge
		torn = &connError{EnhanceYourCalm, "header block too long"}
	} else if err := c.decoder.Close(); err != nil {
		return stepped, &connError{CompressionError, err.Error()}
	}
	if b.ignored || b.code != NoError || b.trailers != nil {
		return stepped, errors.Join(c.noRequest(b), torn)
	}
	c.head.Finish(b.end)
	return c.begin(b, torn)
}

// noRequest is closeBlock for a block that begins no stream that is served.
func (c *Conn) noRequest(b block) error {
	defer c.settle()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reuse(c.head.Header)
	switch s := b.trailers; {
	case b.code != NoError:
		c.last = max(c.last, b.stream)
		c.refuse(b.stream, b.code)
	case b.ignored || s.gone != nil:
	case c.head.Trailers() != nil:
		s.remoteDone = true
		s.malformed()
	default:
		s.endBody()
	}
	return c.spend(0)
}

// begin serves a request.
func (c *Conn) begin(b block, torn error) (progress, error) {
	c.mu.Lock()
	c.last = b.stream
	if err := c.err; err != nil { // another goroutine has met it
		c.mu.Unlock()
		return stepped, err
	}
	if c.serving >= bounds.Streams {
		c.reuse(c.head.Header)
		c.refuse(b.stream, RefusedStream)
		err := c.spend(0)
		c.mu.Unlock()
		return stepped, errors.Join(err, torn)
	}
	s := c.newStream(b)
	c.mu.Unlock()
	c.serve(s)
	if torn != nil { // it was refused at once
		s.Flush()
		return stepped, torn
	}
	if s.detached {
		return handed, nil
	}
	return stepped, nil
}

func (c *Conn) serve(s *Stream) {
	defer c.returned(s)
	c.handler.Serve(s)
}

// reuse keeps the memory of a header for another one; c.mu is held.
func (c *Conn) reuse(h wire.Header) {
	const kept, longest = 8, 64
	if cap(h) > 0 && cap(h) <= longest && len(c.headers) < kept {
		clear(h[:cap(h)])
		c.headers = append(c.headers, h[:0])
	}
}
