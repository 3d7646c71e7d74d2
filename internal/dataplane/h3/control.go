package h3

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"edgegen/internal/dataplane/fields"
)

// greet opens our control stream, on which the settings come first.
func (c *Conn) greet(ctx context.Context) error {
	s, err := c.quic.OpenUniStreamSync(ctx)
	if err != nil {
		return err
	}
	settings := quicvarint.Append(nil, settingMaxFieldSection)
	// RFC 9114 counts 32 bytes more for each field than HTTP/1.1 would write, so the limit
	// in its terms is larger; who is over ours is told by a 431.
	settings = quicvarint.Append(settings, uint64(2*c.handler.Limits().HeaderSize))
	settings = append(settings, settingConnectProtocol, 1)
	b := appendFrame([]byte{streamControl}, kindSettings, len(settings))
	c.control = s
	_, err = s.Write(append(b, settings...))
	return err
}

// controls takes the client's streams of one direction.
func (c *Conn) controls(ctx context.Context) {
	var seen [4]bool
	for {
		s, err := c.quic.AcceptUniStream(ctx)
		if err != nil {
			return
		}
		r := bufio.NewReaderSize(s, 256)
		kind, size, err := peekNumber(r, 0)
		if err != nil {
			continue // it is allowed to end before it says its kind
		}
		_, _ = r.Discard(size)
		switch {
		case kind == streamPush:
			c.fail(fault(streamCreationError, "a client pushes"))
		case kind > streamDecoder:
			s.CancelRead(streamCreationError) // its kind is not known (RFC 9114, 6.2)
			s.ReleaseStreamCredit()
		case seen[kind]:
			c.fail(fault(streamCreationError, "a second stream of its kind"))
		default:
			seen[kind] = true
			c.start(func() { c.listen(kind, s, r) })
		}
	}
}

// listen reads one of the streams that a client must not end.
func (c *Conn) listen(kind uint64, s *quic.ReceiveStream, r *bufio.Reader) {
	var err error
	switch kind {
	case streamControl:
		err = c.heed(r)
	case streamEncoder:
		err = noTable(r)
	default: // it has nothing to say of a table that there is not
		_, err = io.Copy(io.Discard, r)
	}
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, new(*quic.StreamError)) {
		err = fault(closedCriticalStream, "a control stream ends")
	}
	c.fail(err)
}

// noTable reads the instructions of an encoder: with a table of size 0 it has none but
// to say that (RFC 9204, 4.3.1).
func noTable(r *bufio.Reader) error {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b != 0x20 {
			return fault(encoderStreamError, "an entry for a table of no size")
		}
	}
}

// heed reads the client's control stream.
func (c *Conn) heed(r *bufio.Reader) error {
	f, err := readFrame(r)
	if err != nil {
		return err
	}
	if f.kind != kindSettings {
		return fault(missingSettings, "no SETTINGS first")
	}
	if err := settings(r, f); err != nil {
		return err
	}
	for {
		f, err := readFrame(r)
		if err != nil {
			return err
		}
		if err := c.charge(); err != nil {
			return err
		}
		switch {
		case f.kind == kindData, f.kind == kindHeaders, f.kind == kindSettings, f.kind == kindPushPromise, onlyHTTP2(f.kind):
			return fault(frameUnexpected, "a frame that has no place on a control stream")
		case f.kind == kindPriorityOfPush:
			return fault(idError, "PRIORITY_UPDATE of a push")
		case f.kind == kindPriority:
			err = c.priorityUpdate(r, f)
		default:
			err = skip(r, f)
		}
		if err != nil {
			return err
		}
	}
}

// settings reads those of the client, of which none matters here.
func settings(r *bufio.Reader, f frame) error {
	const most = 4 << 10
	if f.length > most {
		return fault(excessiveLoad, "many settings")
	}
	b, err := payload(r, f)
	if err != nil {
		return err
	}
	seen := map[uint64]bool{}
	for len(b) > 0 {
		id, n, err := quicvarint.Parse(b)
		if err != nil {
			return fault(frameError, "SETTINGS")
		}
		b = b[n:]
		if _, n, err = quicvarint.Parse(b); err != nil {
			return fault(frameError, "SETTINGS")
		}
		b = b[n:]
		if seen[id] || id >= 0x2 && id <= 0x5 {
			return fault(settingsError, "a setting twice, or of HTTP/2")
		}
		seen[id] = true
	}
	return nil
}

// priorityUpdate takes what a client says later about the order of its answers
// (RFC 9218, 7.2). Of a stream that has not begun nothing is kept.
func (c *Conn) priorityUpdate(r *bufio.Reader, f frame) error {
	const most = 1 << 10
	if f.length > most {
		return fault(excessiveLoad, "a long PRIORITY_UPDATE")
	}
	b, err := payload(r, f)
	if err != nil {
		return err
	}
	id, n, err := quicvarint.Parse(b)
	if err != nil {
		return fault(frameError, "PRIORITY_UPDATE")
	}
	if id%4 != 0 {
		return fault(idError, "PRIORITY_UPDATE of no request")
	}
	c.mu.Lock()
	s := c.streams[quic.StreamID(id)]
	c.mu.Unlock()
	if s != nil {
		s.prioritise(fields.PriorityUpdate(string(b[n:])))
	}
	return nil
}
