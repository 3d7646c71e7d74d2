package httpcache

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"edgegen/internal/dataplane/wire"
)

// description is what the file keeps of an entry beside its body.
type description struct {
	Key       string
	Status    int
	Header    wire.Header
	Vary      []wire.Field
	Freshness Freshness
	Shareable bool
	Tags      string
	Copied    bool
}

// put writes an entry whose body is in memory into the file, and then into the index.
func (c *file) put(s *Store, key string, e *Entry) bool {
	body, ok := e.Body.(Memory)
	if !ok || body.Len() > c.maxObject() {
		return false
	}
	var described bytes.Buffer
	if gob.NewEncoder(&described).Encode(description{key, e.Status, e.Header, e.Vary, e.Freshness, e.shareable, e.Tags, e.Copied}) != nil {
		return false
	}
	text := described.Bytes()
	h := head{live: true, description: uint32(len(text)), body: uint64(body.Len()), bodySum: checksum(body)}
	place, gone, ok := c.append(&h, text, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range gone {
		if r := s.resources[p.key]; r != nil {
			r.entries = slices.DeleteFunc(r.entries, func(old *Entry) bool { return old.Body == p.entry.Body })
			s.resize(r)
		}
	}
	if !ok {
		return false
	}
	stored := *e
	stored.Body = place
	c.mu.Lock()
	if seg := &c.segments[place.segment]; seg.generation == place.generation {
		seg.held = append(seg.held, placed{key, &stored})
	}
	c.mu.Unlock()
	if s.outdated(key, &stored) {
		place.erase()
		return true
	}
	for _, old := range s.replaced(key, &stored) {
		s.dropped(old)
	}
	s.insert(key, &stored)
	s.evict()
	return true
}

// replaced returns the entry that inserting e will push out.
func (s *Store) replaced(key string, e *Entry) []*Entry {
	var out []*Entry
	if r := s.resources[key]; r != nil {
		for _, old := range r.entries {
			if old.sameVariant(e) {
				out = append(out, old)
			}
		}
	}
	return out
}

func checksum(m Memory) uint32 {
	sum := uint32(0)
	for _, chunk := range m.chunks {
		sum = crc32.Update(sum, crc32.IEEETable, chunk)
	}
	return sum
}

// append writes a record, body first, so that its head never vouches for a body that is
// not there. It returns the entries that were dropped to make room.
func (c *file) append(h *head, text []byte, body Memory) (*record, []placed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := h.size()
	if c.closed || size+8 > c.segment {
		return nil, nil, false
	}
	var gone []placed
	if c.segments[c.current].used+size+8 > c.segment {
		var ok bool
		if gone, ok = c.advance(); !ok {
			return nil, nil, false
		}
	}
	seg := &c.segments[c.current]
	c.sequence++
	h.sequence = c.sequence
	at := c.offset(c.current) + seg.used
	seg.used += size
	out := &record{file: c, segment: c.current, generation: seg.generation, at: at,
		body: at + recordHead + int64(len(text)), length: body.size, sum: h.bodySum, checked: true}
	return out, gone, c.write(*h, text, body, at, size) == nil
}

func (c *file) write(h head, text []byte, body Memory, at, size int64) error {
	if _, err := c.f.WriteAt(make([]byte, 8), at+size); err != nil { // nothing old follows
		return err
	}
	place := at + recordHead + int64(len(text))
	for _, chunk := range body.chunks {
		if _, err := c.f.WriteAt(chunk, place); err != nil {
			return err
		}
		place += int64(len(chunk))
	}
	_, err := c.f.WriteAt(h.bytes(text), at)
	return err
}

// advance empties the next segment that nobody reads and makes it current.
func (c *file) advance() ([]placed, bool) {
	for i := 1; i < segments; i++ {
		n := (c.current + i) % segments
		seg := &c.segments[n]
		if seg.readers > 0 {
			continue
		}
		if _, err := c.f.WriteAt(make([]byte, 8), c.offset(n)); err != nil {
			return nil, false
		}
		gone := seg.held
		*seg = segment{generation: seg.generation + 1}
		c.current = n
		return gone, true
	}
	return nil, false
}

// record is a body in the file.
type record struct {
	file       *file
	segment    int
	generation uint64
	at, body   int64 // offsets in the file
	length     int64
	sum        uint32
	checked    bool // guarded by the file's lock
}

// Len returns the body's bytes.
func (r *record) Len() int64 { return r.length }

// Open keeps the segment from being emptied until the reader is closed.
func (r *record) Open(offset, length int64) (io.ReadCloser, error) {
	if !r.pin() {
		return nil, fmt.Errorf("the stored body is gone")
	}
	if !r.intact() {
		r.unpin()
		return nil, fmt.Errorf("the stored body is damaged")
	}
	return &recordReader{SectionReader: io.NewSectionReader(r.file.f, r.body+offset, length), record: r}, nil
}

func (r *record) pin() bool {
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	seg := &r.file.segments[r.segment]
	if r.file.closed || seg.generation != r.generation {
		return false
	}
	seg.readers++
	r.file.readers++
	return true
}

func (r *record) unpin() {
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	r.file.segments[r.segment].readers--
	if r.file.readers--; r.file.closed && r.file.readers == 0 {
		_ = r.file.f.Close() // it was only read from since close
	}
}

// intact checks a body that an earlier run wrote, once.
func (r *record) intact() bool {
	r.file.mu.Lock()
	checked := r.checked
	r.file.mu.Unlock()
	if checked {
		return true
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(r.file.f, r.body, r.length)); err != nil || sum.Sum32() != r.sum {
		return false
	}
	r.file.mu.Lock()
	r.checked = true
	r.file.mu.Unlock()
	return true
}

// erase marks the record in the file as dead. After an error a later run finds it again,
// and checks its freshness as always.
func (r *record) erase() {
	r.file.mu.Lock()
	defer r.file.mu.Unlock()
	if !r.file.closed && r.file.segments[r.segment].generation == r.generation {
		_, _ = r.file.f.WriteAt(make([]byte, 4), r.at+4)
	}
}

type recordReader struct {
	*io.SectionReader
	record *record
	closed bool
}

func (r *recordReader) Close() error {
	if !r.closed {
		r.closed = true
		r.record.unpin()
	}
	return nil
}
