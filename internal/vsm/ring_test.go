package vsm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// ring is a log that a test writes as varnishd does.
type ring struct {
	layout  *layout
	head    []byte // of the file, mapped
	log     []byte
	segsize int
	next    int
	segment uint32
}

const firstSegment = 1<<32 - segments // as varnishd begins, so that the number is soon 0

// newRing makes a child's log and the index that names it.
func newRing(t testing.TB, dir, name string, one *layout, segsize int) *ring {
	t.Helper()
	child := filepath.Join(dir, childDir)
	if err := os.MkdirAll(child, 0o755); err != nil {
		t.Fatal(err)
	}
	size := atLog + 4*segsize*segments
	path := filepath.Join(child, name)
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	mapped, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(mapped) })
	r := &ring{layout: one, head: mapped[:atLog], log: mapped[atLog:], segsize: segsize, segment: firstSegment}
	r.word(mapped[atSegsize:], uint64(segsize))
	binary.NativeEndian.PutUint32(mapped[atCurrent:], r.segment)
	for i := range segments {
		r.word(mapped[atOffsets+i*int(sizeOfWord):], ^uint64(0))
	}
	r.word(mapped[atOffsets:], 0)
	binary.NativeEndian.PutUint32(r.log, endMarker)
	copy(mapped, one.marker)
	index := fmt.Sprintf("# 1 2\n+ _.Stat.1 0 64 Stat MAIN\n+ %s 0 %d Log Log\n+ _.VSC_cluster.2 0 4096  \n", name, size)
	writeIndex(t, dir, index)
	return r
}

// writeIndex puts an index in the place of the one that was there.
func writeIndex(t testing.TB, dir, text string) {
	t.Helper()
	path := filepath.Join(dir, childDir, "_.index")
	if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path)); err != nil {
		t.Fatal(err)
	}
}

const sizeOfWord = uintptr(size)

func (r *ring) word(to []byte, value uint64) {
	if size == 8 {
		binary.NativeEndian.PutUint64(to, value)
		return
	}
	binary.NativeEndian.PutUint32(to, uint32(value))
}

// put appends what was made by record or batch.
func (r *ring) put(raw []byte) {
	needs := len(raw) / 4
	if r.next+needs >= r.segsize*segments {
		r.segment = (r.segment | (segments - 1)) + 1
		r.word(r.head[atOffsets:], 0)
		binary.NativeEndian.PutUint32(r.log, endMarker)
		binary.NativeEndian.PutUint32(r.log[4*r.next:], wrapMarker)
		r.next = 0
	}
	at := r.next
	r.next += needs
	binary.NativeEndian.PutUint32(r.log[4*r.next:], endMarker)
	for uint32(r.next/r.segsize) > r.segment%segments {
		r.segment++
		r.word(r.head[atOffsets+size*int(r.segment%segments):], uint64(r.next))
	}
	binary.NativeEndian.PutUint32(r.head[atCurrent:], r.segment)
	copy(r.log[4*at:], raw)
}

// record is one as varnishd writes it.
func (r *ring) record(tag Tag, id uint64, text string) []byte {
	number := uint32(0)
	for i, known := range r.layout.tags {
		if known == tag && tag != Other {
			number = uint32(i)
		}
	}
	if tag == Other {
		number = 70 // one that no layout asks for, or that is not ours
		for r.layout.tags[number] != Other {
			number++
		}
	}
	text += "\x00"
	raw := binary.NativeEndian.AppendUint32(nil, number<<24|uint32(len(text)))
	if r.layout.overhead == 2 {
		raw = binary.NativeEndian.AppendUint32(raw, uint32(id)|1<<30)
	} else {
		raw = binary.NativeEndian.AppendUint64(raw, id|1<<62)
	}
	raw = append(raw, text...)
	return append(raw, make([]byte, 4*words(len(text))-len(text))...)
}

// batch is records that come as one.
func (r *ring) batch(records ...[]byte) []byte {
	var all []byte
	for _, one := range records {
		all = append(all, one...)
	}
	raw := binary.NativeEndian.AppendUint32(nil, batch<<24)
	raw = binary.NativeEndian.AppendUint32(raw, uint32(len(all)))
	return append(append(raw, make([]byte, 4*(r.layout.overhead-2))...), all...)
}

// request is a whole one.
func (r *ring) request(id uint64, path string) []byte {
	return r.batch(r.record(Begin, id, "req 1 rxreq"), r.record(Other, id, "x"), r.record(ReqURL, id, path), r.record(End, id, ""))
}
