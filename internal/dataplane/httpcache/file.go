package httpcache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// file keeps responses in one file of a fixed size, so that they survive a
// restart. The file is a ring of segments; records are appended to the
// current segment, and the oldest segment that nobody reads is emptied when
// that one is full. What a crash leaves half written is not found again: a
// record counts only with the checksum of its head, and its body is checked
// before it is first used.
type file struct {
	f       *os.File
	segment int64 // bytes of one

	mu       sync.Mutex
	segments [segments]segment
	current  int
	sequence uint64
	readers  int // of all segments
	closed   bool
}

const segments = 16

// segment is a stretch of the file.
type segment struct {
	used       int64
	generation uint64 // counts how often it was emptied
	readers    int
	held       []placed
}

// placed is an entry that stands in a segment.
type placed struct {
	key   string
	entry *Entry
}

// The file starts with its magic and its size; a file of another size or
// format is emptied.
const (
	fileMagic   = "edgecache1\r\n\x00\x00\x00\x00"
	fileHead    = 24
	recordMagic = 0x65646765
	recordHead  = 40
)

// OpenFile returns a store whose bodies are in the file at path, of size
// bytes. It is an error if another process has it open. A symbolic link is not
// followed: what is there is overwritten, and others may be able to write in its
// directory.
func OpenFile(path string, size int64) (*Store, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("cache storage %s is a symbolic link: name the file itself", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open cache storage: %w", err)
	}
	c := &file{f: f, segment: (size - fileHead) / segments &^ 7}
	s := NewStore(size)
	s.file = c
	if err := c.start(s, size); err != nil {
		return nil, errors.Join(fmt.Errorf("cache storage %s: %w", path, err), f.Close())
	}
	return s, nil
}

func (c *file) start(s *Store, size int64) error {
	if err := unix.Flock(int(c.f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("in use by another process: %w", err)
	}
	if c.segment < 64<<10 {
		return fmt.Errorf("%d bytes are too few", size)
	}
	want := binary.LittleEndian.AppendUint64([]byte(fileMagic), uint64(size))
	have := make([]byte, fileHead)
	if _, err := c.f.ReadAt(have, 0); err == nil && string(have) == string(want) {
		return c.load(s)
	}
	if err := c.f.Truncate(0); err != nil {
		return err
	}
	if err := c.f.Truncate(size); err != nil {
		return err
	}
	_, err := c.f.WriteAt(want, 0)
	return err
}

// close closes the file, or leaves that to the last reader if there are any.
func (c *file) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.closed
	c.closed = true
	if before || c.readers > 0 {
		return nil
	}
	return c.f.Close()
}

func (c *file) maxObject() int64 { return min(c.segment-(64<<10)/2, 32<<20) }

func (c *file) offset(segment int) int64 { return fileHead + int64(segment)*c.segment }

// head is the fixed front of a record; the description and the body follow.
type head struct {
	live        bool
	sequence    uint64
	description uint32
	body        uint64
	bodySum     uint32
}

func (h head) bytes(description []byte) []byte {
	b := make([]byte, 0, recordHead+len(description))
	b = binary.LittleEndian.AppendUint32(b, recordMagic)
	live := uint32(0)
	if h.live {
		live = 1
	}
	b = binary.LittleEndian.AppendUint32(b, live)
	b = binary.LittleEndian.AppendUint64(b, h.sequence)
	b = binary.LittleEndian.AppendUint64(b, h.body)
	b = binary.LittleEndian.AppendUint32(b, h.description)
	b = binary.LittleEndian.AppendUint32(b, h.bodySum)
	sum := crc32.Update(crc32.ChecksumIEEE(b[8:]), crc32.IEEETable, description)
	b = binary.LittleEndian.AppendUint32(b, sum)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return append(b, description...)
}

// parseHead reads a record's front, false where there is none.
func parseHead(b []byte) (h head, sum uint32, ok bool) {
	if binary.LittleEndian.Uint32(b) != recordMagic {
		return h, 0, false
	}
	h.live = binary.LittleEndian.Uint32(b[4:]) == 1
	h.sequence = binary.LittleEndian.Uint64(b[8:])
	h.body = binary.LittleEndian.Uint64(b[16:])
	h.description = binary.LittleEndian.Uint32(b[24:])
	h.bodySum = binary.LittleEndian.Uint32(b[28:])
	return h, binary.LittleEndian.Uint32(b[32:]), true
}

func (h head) size() int64 {
	return (recordHead + int64(h.description) + int64(h.body) + 7) &^ 7
}
