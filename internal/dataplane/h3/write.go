package h3

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/quic-go/qpack"

	"edgegen/internal/dataplane/fields"
	"edgegen/internal/dataplane/wire"
)

// enoughMoved is what a slow reader has to take in the time that is given to him.
const enoughMoved = 1 << 10

// Head queues the head of the answer; end tells that no body follows.
func (s *Stream) Head(h fields.Answer, end bool) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.finished.Load() || s.broken.Load() {
		return s.failure()
	}
	s.begun = s.begun || h.Status >= 200
	s.appendHead(&h)
	if end {
		return s.put(nil, true)
	}
	return nil
}

func (s *Stream) failure() error {
	if err := s.Context.Err(); err != nil {
		return err
	}
	return net.ErrClosed
}

// Last sends the end of the answer's body.
func (s *Stream) Last(p []byte) { _, _ = s.WriteLast(p) } // it fails where the client has left

// Write sends a part of the answer's body. It returns when p is on its way, as far as the
// client's windows allow.
func (s *Stream) Write(p []byte) (int, error) { return s.write(p, false) }

// WriteLast is Write for the last part.
func (s *Stream) WriteLast(p []byte) (int, error) { return s.write(p, true) }

func (s *Stream) write(p []byte, last bool) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.finished.Load() || s.broken.Load() {
		return 0, s.failure()
	}
	before := s.sent
	err := s.put(p, last)
	return int(s.sent - before), err
}

// Flush writes what is queued.
func (s *Stream) Flush() {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.finished.Load() && !s.broken.Load() {
		_ = s.put(nil, false) // the next write tells
	}
}

// Sent is how many bytes of the answer's body were written.
func (s *Stream) Sent() int64 {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.sent
}

// put writes what is queued and p as a DATA frame, in one where that is little; the lock is
// held.
func (s *Stream) put(p []byte, last bool) error {
	out := s.queued()
	defer s.drop(out)
	b := *out
	if len(p) > 0 {
		b = appendFrame(b, kindData, len(p))
	}
	var err error
	if heads := len(b); heads+len(p) <= outputSize {
		var n int
		n, err = s.push(append(b, p...))
		s.sent += int64(max(0, n-heads))
	} else if _, err = s.push(b); err == nil {
		var n int
		n, err = s.push(p)
		s.sent += int64(n)
	}
	if err != nil {
		s.broken.Store(true)
		s.quic.CancelWrite(internalError)
		return err
	}
	if last {
		s.finished.Store(true)
		return s.quic.Close()
	}
	return nil
}

// push writes for as long as the client takes anything.
func (s *Stream) push(p []byte) (n int, err error) {
	const buffered = 1 << 10 // goes into a packet that waits
	for n < len(p) {
		var at time.Time
		if len(p)-n > buffered && !s.tunnelled {
			at = time.Now().Add(s.conn.handler.Limits().Idle)
		}
		_ = s.quic.SetWriteDeadline(at) // Write tells of what is wrong
		m, err := s.quic.Write(p[n:])
		n += m
		if err != nil && (!errors.Is(err, os.ErrDeadlineExceeded) || m < enoughMoved) {
			return n, err
		}
	}
	return n, nil
}

// queued is where heads are collected; the lock is held.
func (s *Stream) queued() *[]byte {
	if s.out == nil {
		s.out = buffer(&s.conn.pools.outputs, outputSize)
		*s.out = (*s.out)[:0]
	}
	return s.out
}

func (s *Stream) drop(out *[]byte) {
	s.out = nil
	s.conn.pools.outputs.Put(out)
}

// appendHead queues a HEADERS frame; the lock is held.
func (s *Stream) appendHead(h *fields.Answer) {
	pooled := buffer(&s.conn.pools.blocks, inputSize)
	defer s.conn.pools.blocks.Put(pooled)
	section := collector((*pooled)[:0])
	to := qpack.NewEncoder(&section)
	put := func(name, value string) { _ = to.WriteField(qpack.HeaderField{Name: name, Value: value}) } // a collector takes all
	put(":status", strconv.Itoa(h.Status))
	for i := range h.Header {
		if f := &h.Header[i]; !wire.OfConnection(f.Name) {
			put(strings.ToLower(f.Name), f.Value)
		}
	}
	if h.Date != "" {
		put("date", h.Date)
	}
	if h.Length >= 0 {
		put("content-length", strconv.FormatInt(h.Length, 10))
	}
	*pooled = section[:0]
	out := s.queued()
	*out = append(appendFrame(*out, kindHeaders, len(section)), section...)
}

// collector is a slice that grows by what is written.
type collector []byte

func (c *collector) Write(p []byte) (int, error) {
	*c = append(*c, p...)
	return len(p), nil
}
