package vsm

import (
	"encoding/binary"
	"iter"
	"unsafe"
)

// Transaction is a request that has ended, or the backend's side of one that was piped.
type Transaction struct {
	ID     uint64
	Parent uint64 // of a pipe, the request's ID
	Pipe   bool

	layout *layout
	raw    []byte
}

// Records are those of the transaction in their order, tags that are Other aside. They
// are there, and so are their texts, while the transaction is handed over: whoever keeps a
// text copies it. There are tens of thousands a second, of which most are only counted.
func (t *Transaction) Records() iter.Seq2[Tag, string] {
	return func(yield func(Tag, string) bool) {
		tags, before := &t.layout.tags, 4*t.layout.overhead
		for raw := t.raw; len(raw) >= before; {
			head := binary.NativeEndian.Uint32(raw)
			end := before + int(head&0xffff)
			size := before + 4*words(end-before)
			if len(raw) < size {
				return
			}
			if tag := tags[head>>24]; tag != Other {
				text := trimmed(raw[before:end])
				if !yield(tag, unsafe.String(unsafe.SliceData(text), len(text))) {
					return
				}
			}
			raw = raw[size:]
		}
	}
}

// assembler makes transactions of records: most come as a whole, and some, such as
// one that waited for another's fetch, in pieces between those of others.
type assembler struct {
	layout *layout
	open   map[uint64][]byte // what has come of transactions that have not ended
	ended  Transaction       // the one that is handed over
}

// take hands over each transaction that ends in a piece of the log.
func (a *assembler) take(raw []byte, each func(*Transaction)) {
	for len(raw) > 0 {
		one, ok := a.layout.first(raw)
		if !ok {
			return
		}
		length, ended := a.run(raw, one.id)
		a.add(one, raw[:length], ended, each)
		raw = raw[length:]
	}
}

// run is how much of a piece is one transaction's, and whether that ends there.
func (a *assembler) run(raw []byte, id uint64) (length int, ended bool) {
	for {
		rest := raw[length:]
		tag, size := a.layout.measure(rest)
		if size == 0 || a.layout.number(rest) != id {
			return length, false
		}
		length += size
		if tag == End {
			return length, true
		}
	}
}

// add takes records of one transaction, of which one is the first. What does not
// belong to a transaction that is wanted goes.
func (a *assembler) add(one record, raw []byte, ended bool, each func(*Transaction)) {
	if one.id == 0 {
		return // varnishd's own
	}
	if one.tag == Begin {
		if len(a.open) > 0 {
			delete(a.open, one.id)
		}
		if _, _, wanted := describes(one.text); !wanted {
			return
		}
	} else {
		earlier, known := a.open[one.id]
		if !known {
			return
		}
		raw = append(earlier, raw...)
	}
	if !ended {
		if one.tag == Begin {
			raw = append([]byte(nil), raw...) // the piece is written over
		}
		a.open[one.id] = raw
		return
	}
	if len(a.open) > 0 {
		delete(a.open, one.id)
	}
	begin, _ := a.layout.first(raw)
	t := &a.ended
	*t = Transaction{ID: one.id, layout: a.layout, raw: raw}
	t.Parent, t.Pipe, _ = describes(begin.text)
	each(t)
}
