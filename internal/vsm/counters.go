package vsm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync"
	"unsafe"
)

// Counters reads what varnishd's child counts (VSC), as varnishstat does. It may be used
// by several goroutines. Make one with CountersOf.
type Counters struct {
	dir string

	mu        sync.Mutex
	index     index
	described map[piece]description // by where they stand
}

// description says what is counted in pieces of one kind.
type description struct {
	id uint64         // which those pieces name
	at map[string]int // where a counter is, in bytes from the first one
}

// CountersOf reads those of the varnishd whose working directory that is. It need not be
// there yet.
func CountersOf(dir string) *Counters {
	return &Counters{dir: dir, described: make(map[piece]description)}
}

// Read returns, by its name, each counter whose name has one of the shapes, such as
// MAIN.n_pipe and VBE.*.conn (path.Match). There is none where varnishd has no child, and
// those of a VCL that goes are there or not. They are of about the same moment.
func (c *Counters) Read(shapes ...string) (map[string]int, error) {
	values := make(map[string]int)
	root, err := os.OpenRoot(c.dir)
	if errors.Is(err, os.ErrNotExist) {
		return values, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read varnishd's counters: %w", err)
	}
	defer root.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	pieces, err := c.index.read(root)
	if err != nil {
		return nil, err
	}
	reading := &reading{root: root, files: make(map[string]*os.File)}
	defer reading.close()
	c.keep(pieces)
	for _, p := range pieces {
		wanted := countersIn(p, shapes)
		if len(wanted) == 0 {
			continue
		}
		body, id, err := reading.body(p)
		if err != nil {
			return nil, fmt.Errorf("read varnishd's counters of %s: %w", p.name, err)
		}
		if body == nil {
			continue
		}
		at, err := c.layoutOf(id, pieces, reading)
		if err != nil {
			return nil, fmt.Errorf("read what varnishd counts of %s: %w", p.name, err)
		}
		for _, counter := range wanted {
			if n, has := at[counter]; has && n >= 0 && n <= len(body)-8 {
				values[p.name+"."+counter] = int(binary.NativeEndian.Uint64(body[n:]))
			}
		}
	}
	return values, nil
}

// countersIn are the counters of a piece that somebody wants.
func countersIn(p piece, shapes []string) (wanted []string) {
	if p.class != "Stat" {
		return nil
	}
	for _, shape := range shapes {
		dot := strings.LastIndexByte(shape, '.')
		if fits, _ := path.Match(shape[:max(0, dot)], p.name); fits {
			wanted = append(wanted, shape[dot+1:])
		}
	}
	return wanted
}

// keep forgets the descriptions that are not there any more.
func (c *Counters) keep(pieces []piece) {
	if len(c.described) == 0 {
		return
	}
	there := make(map[piece]description, len(c.described))
	for _, p := range pieces {
		if one, known := c.described[p]; known {
			there[p] = one
		}
	}
	c.described = there
}

// layoutOf is where each counter is in pieces that name a description; nil where that is
// not there.
func (c *Counters) layoutOf(id uint64, pieces []piece, from *reading) (map[string]int, error) {
	for _, one := range c.described {
		if one.id == id {
			return one.at, nil
		}
	}
	for _, p := range pieces {
		if _, known := c.described[p]; known || p.class != "StatDoc" {
			continue
		}
		text, its, err := from.body(p)
		if err != nil {
			return nil, err
		}
		if text == nil {
			continue
		}
		at, err := parseDescription(text)
		if err != nil {
			return nil, err
		}
		c.described[p] = description{its, at}
		if its == id {
			return at, nil
		}
	}
	return nil, nil
}

// parseDescription reads the JSON in which varnishd describes what it counts.
func parseDescription(text []byte) (map[string]int, error) {
	text, _, _ = bytes.Cut(text, []byte{0})
	var described struct {
		Elem map[string]struct {
			Index int `json:"index"`
		} `json:"elem"`
	}
	if err := json.Unmarshal(text, &described); err != nil {
		return nil, err
	}
	at := make(map[string]int, len(described.Elem))
	for name, one := range described.Elem {
		at[name] = one.Index
	}
	return at, nil
}

// countersHead is what C has at the beginning of a piece.
type countersHead struct {
	ready  int32 // 0 before all is there
	offset uint64
	id     uintptr // of the description
}

const (
	headSize = int(unsafe.Sizeof(countersHead{}))
	// mostCounters bounds a piece; the largest description has some 60 KB.
	mostCounters = 4 << 20
)

// reading is one round, in which each file is opened once.
type reading struct {
	root  *os.Root
	files map[string]*os.File
}

func (r *reading) close() {
	for _, file := range r.files {
		_ = file.Close() // it was read
	}
}

// body is what is behind the head of a piece, and which description it names. It is nil
// where that is not ready, or has gone.
//
// It is read, and not mapped: nobody can cut off the file under it then, and what another
// process has mapped is read as it is at the moment.
func (r *reading) body(p piece) (body []byte, id uint64, err error) {
	if p.size < int64(headSize) || p.size > mostCounters {
		return nil, 0, fmt.Errorf("%w: it has %d bytes", errDamaged, p.size)
	}
	file, opened := r.files[p.file]
	if !opened {
		file, err = p.open(r.root)
		if errors.Is(err, errEarly) || errors.Is(err, os.ErrNotExist) {
			return nil, 0, nil
		}
		if err != nil {
			return nil, 0, err
		}
		r.files[p.file] = file
	}
	whole := make([]byte, p.size)
	if _, err := file.ReadAt(whole, p.offset); errors.Is(err, io.EOF) {
		return nil, 0, nil
	} else if err != nil {
		return nil, 0, err
	}
	var head countersHead
	if binary.NativeEndian.Uint32(whole[unsafe.Offsetof(head.ready):]) == 0 {
		return nil, 0, nil
	}
	begins := binary.NativeEndian.Uint64(whole[unsafe.Offsetof(head.offset):])
	id = uint64(binary.NativeEndian.Uint32(whole[unsafe.Offsetof(head.id):]))
	if size == 8 {
		id = binary.NativeEndian.Uint64(whole[unsafe.Offsetof(head.id):])
	}
	if begins < uint64(headSize) || begins > uint64(len(whole)) {
		return nil, 0, fmt.Errorf("%w: it begins at %d", errDamaged, begins)
	}
	return whole[begins:], id, nil
}
