package vsm

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrLost says that varnishd has written over what had not been read yet. Reading goes on
// behind that.
var ErrLost = errors.New("varnishd's log was written over before it was read")

// errDamaged says that there is what no varnishd writes.
var errDamaged = errors.New("what varnishd shares is damaged")

// log is one child's: a ring that it writes round and round, waiting for nobody. It stays
// readable when that child has ended.
type log struct {
	at      piece
	mapped  []byte // as long as the log is open
	head    []byte // of the segment
	words   []byte // the ring
	segsize int    // words in each of its segments

	next    int    // the word that is read next
	segment uint32 // of that one, counted from varnishd's start on
	damaged bool   // what is there is not read any more
	copied  []byte
	assembler
}

// open maps the log at a place below varnishd's working directory, to be read from where
// begin puts it.
func open(root *os.Root, at piece, begin func(*log)) (*log, error) {
	file, err := at.open(root)
	if err != nil {
		return nil, fmt.Errorf("open varnishd's log: %w", err)
	}
	defer file.Close()
	end := at.offset + at.size
	if at.offset%size != 0 || at.size <= atLog {
		return nil, errEarly
	}
	mapped, err := unix.Mmap(int(file.Fd()), 0, int(end), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map varnishd's log: %w", err)
	}
	l := &log{at: at, mapped: mapped, head: mapped[at.offset : at.offset+atLog], words: mapped[at.offset+atLog:]}
	err = l.guarded(func() error {
		if err := l.known(); err != nil {
			return err
		}
		begin(l)
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *log) close() error { return unix.Munmap(l.mapped) }

// known reads what does not change, and reports whether all of it is there and
// understood.
func (l *log) known() error {
	marker := string(l.head[:atSegsize])
	if marker == string(make([]byte, atSegsize)) {
		return errEarly
	}
	for _, one := range layouts() {
		if one.marker == marker {
			l.assembler = assembler{layout: &one, open: make(map[uint64][]byte)}
		}
	}
	if l.layout == nil {
		return fmt.Errorf("varnishd writes its log as %q, which edgegen cannot read", marker)
	}
	l.segsize = int(atomic.LoadUintptr((*uintptr)(unsafe.Pointer(&l.head[atSegsize]))))
	if l.segsize <= 0 || l.segsize > len(l.words)/4/segments {
		return errEarly
	}
	l.words = l.words[:4*l.segsize*segments]
	return nil
}

// current is the number of the segment that varnishd writes to.
func (l *log) current() uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Pointer(&l.head[atCurrent])))
}

// offset is where the first record of a segment is; below 0 where it has none yet.
func (l *log) offset(segment uint32) int {
	return int(atomic.LoadUintptr((*uintptr)(unsafe.Pointer(&l.head[atOffsets+size*(segment%segments)]))))
}

// word is one of the ring's. varnishd writes a record's first word last, and so whoever
// has seen that sees the rest; 0, which is none, past the end.
func (l *log) word(i int) uint32 {
	if i < 0 || i >= len(l.words)/4 {
		return 0
	}
	return atomic.LoadUint32((*uint32)(unsafe.Pointer(&l.words[4*i])))
}

// fromStart reads all that the child has ever told, where that is still there.
func (l *log) fromStart() {
	l.segment = l.current() - (segments - 3) // varnishd may be about to enter the next one
	for l.offset(l.segment) < 0 && l.segment%segments != 0 {
		l.segment++
	}
	l.next = max(0, l.offset(l.segment))
}

// fromHere reads what the child tells in the segment that it writes to, and from then on.
func (l *log) fromHere() {
	l.segment = l.current()
	l.next = max(0, l.offset(l.segment))
	clear(l.open)
}

// lost reports whether what is read next may have been written over.
func (l *log) lost() bool { return l.current()-l.segment >= segments-2 }

// read hands over what has ended since it was called last, until there is no more. What
// it hands over stays as it is until the next.
func (l *log) read(each func(*Transaction)) error {
	return l.guarded(func() error {
		for {
			head := l.word(l.next)
			length := l.layout.sizeOf(head, l.word(l.next+1))
			end := l.next + length
			switch {
			case l.lost():
				l.fromHere()
				return ErrLost
			case head == endMarker:
				return nil
			case head == wrapMarker && l.next > 0:
				l.next, l.segment = 0, (l.segment|(segments-1))+1
				continue
			case head == 0 || head == wrapMarker || end >= len(l.words)/4:
				return errDamaged
			}
			l.copied = append(l.copied[:0], l.words[4*l.next:4*end]...)
			if l.lost() {
				continue // maybe while it was copied
			}
			l.next = end
			for uint32(end/l.segsize) > l.segment%segments {
				l.segment++
			}
			piece := l.copied
			if head>>24 == batch {
				piece = piece[4*l.layout.overhead:]
			}
			l.take(piece, each)
		}
	})
}

// guarded is f, with an error where the file is shorter than it was: whoever runs
// varnishd can cut it off, and reading what is not there would be the end of edgegen.
func (l *log) guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = fmt.Errorf("%w: it was cut off", errDamaged)
		default:
			panic(reason)
		}
	}()
	return f()
}
