package httpcache

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"edgegen/internal/dataplane/coding"
)

// found is a record of an earlier run.
type found struct {
	sequence uint64
	placed
}

// load indexes what the file holds, and goes on after the newest record.
func (c *file) load(s *Store) error {
	var all []found
	for n := range c.segments {
		records, err := c.scan(n)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.sequence > c.sequence {
				c.sequence, c.current = r.sequence, n
			}
			if r.entry != nil {
				all = append(all, r)
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.sequence, b.sequence) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range all {
		segment := r.entry.Body.(*record).segment
		c.segments[segment].held = append(c.segments[segment].held, r.placed)
		s.insert(r.key, r.entry)
	}
	s.evict()
	return nil
}

// scan reads the heads of a segment's records up to the first place where
// none is. Dead ones come without an entry.
func (c *file) scan(n int) ([]found, error) {
	var out []found
	seg, last := &c.segments[n], uint64(0)
	buf := make([]byte, recordHead)
	for seg.used+recordHead <= c.segment {
		at := c.offset(n) + seg.used
		if _, err := c.f.ReadAt(buf, at); err != nil {
			return nil, ignoreEnd(err)
		}
		h, sum, ok := parseHead(buf)
		room := uint64(c.segment - seg.used)
		if !ok || h.sequence <= last || h.body > room || uint64(h.description) > room || uint64(h.size()) > room {
			return out, nil
		}
		text := make([]byte, h.description)
		if _, err := c.f.ReadAt(text, at+recordHead); err != nil {
			return nil, ignoreEnd(err)
		}
		if crc32.Update(crc32.ChecksumIEEE(buf[8:32]), crc32.IEEETable, text) != sum {
			return out, nil
		}
		r := found{sequence: h.sequence}
		if h.live {
			r.placed, ok = c.describe(text, h, n, at)
			if !ok {
				return out, nil
			}
		}
		out = append(out, r)
		last = h.sequence
		seg.used += h.size()
	}
	return out, nil
}

func (c *file) describe(text []byte, h head, segment int, at int64) (placed, bool) {
	var d description
	if gob.NewDecoder(bytes.NewReader(text)).Decode(&d) != nil {
		return placed{}, false
	}
	body := &record{file: c, segment: segment, at: at, body: at + recordHead + int64(h.description),
		length: int64(h.body), sum: h.bodySum}
	return placed{d.Key, &Entry{Status: d.Status, Header: d.Header, Vary: d.Vary, Freshness: d.Freshness,
		Body: body, Tags: d.Tags, Copied: d.Copied, forms: &coding.Forms{}, shareable: d.Shareable}}, true
}

// ignoreEnd takes a file that ends early for one that holds less.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
