package h3

import (
	"errors"
	"io"

	"github.com/quic-go/qpack"

	"edgegen/internal/dataplane/bounds"
	"edgegen/internal/dataplane/fields"
)

// endsHere waits for the end of a stream or for a frame with something in it.
func (s *Stream) endsHere() (bool, error) {
	for {
		if _, err := s.in.Peek(1); errors.Is(err, io.EOF) {
			return true, nil
		}
		f, err := s.nextFrame()
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case f.kind == kindHeaders:
			err := s.trailers(f)
			return err == nil, err
		case f.length > 0:
			s.left = f.length
			return false, nil
		}
	}
}

// nextFrame is the next one that has to do with the request.
func (s *Stream) nextFrame() (frame, error) {
	for {
		f, err := readFrame(s.in)
		if err != nil {
			return f, err
		}
		switch {
		case f.kind == kindHeaders:
			return f, nil
		case f.kind == kindData:
			if f.length == 0 {
				err = s.conn.charge()
			}
			return f, err
		case f.kind == kindCancelPush, f.kind == kindSettings, f.kind == kindPushPromise, f.kind == kindGoAway,
			f.kind == kindMaxPushID, f.kind == kindPriority, f.kind == kindPriorityOfPush, onlyHTTP2(f.kind):
			return f, fault(frameUnexpected, "a frame that has no place on a request's stream")
		}
		if err := s.conn.charge(); err != nil {
			return f, err
		}
		if err := skip(s.in, f); err != nil {
			return f, err
		}
	}
}

// section reads a field section.
func (s *Stream) section(f frame, into *fields.Reader) error {
	if f.length > uint64(bounds.Section(into.Limit())) {
		return fault(excessiveLoad, "a field section too long")
	}
	pooled := buffer(&s.conn.pools.blocks, inputSize)
	defer s.conn.pools.blocks.Put(pooled)
	block, err := readAll(s.in, *pooled, int(f.length))
	if cap(block) <= bounds.SectionFloor {
		*pooled = block[:0]
	}
	if err != nil {
		return within(err)
	}
	next := qpack.NewDecoder().Decode(block)
	for {
		field, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault(decompressionFailed, err.Error())
		}
		if into.Add(field.Name, field.Value); into.Over() {
			return nil // what follows only costs
		}
	}
}

// readAll reads n bytes. Memory is taken for what has come.
func readAll(r io.Reader, into []byte, n int) ([]byte, error) {
	into = into[:0]
	for len(into) < n {
		if len(into) == cap(into) {
			into = append(into, 0)[:len(into)]
		}
		m, err := r.Read(into[len(into):min(n, cap(into))])
		into = into[:len(into)+m]
		if err != nil && len(into) < n { // the end may come with the last byte
			return into, err
		}
	}
	return into, nil
}
