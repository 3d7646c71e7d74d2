package gate

import (
	"sync/atomic"
	"unsafe"

	"github.com/dchest/siphash"
)

// mark says that what was stored before, and is meant, has grown stale: a soft purge,
// as varnishd learns of it. It lies behind the levels of the table.
type mark struct {
	number atomic.Uint64 // of all that there have been, from 1; 0 while it is written
	kind   atomic.Uint64 // a Stale, and above 8 bits the length of a prefix
	hash   atomic.Uint64 // of what is meant
	_      uint64
}

const (
	// markCount is how many are kept. What is older than all of them is stale.
	markCount = 256
	marksSize = markCount * int(unsafe.Sizeof(mark{}))
)

// Stale is what a mark means.
type Stale byte

const (
	StaleURL    Stale = 'U' // host and target
	StalePrefix Stale = 'P' // what these begin with
	StaleSite   Stale = 'S'
	StaleTag    Stale = 'T'
)

// MarkStale has what varnishd has stored grow stale, and returns how many such marks
// there have been. The mark has a hash of what it means. Where the memory is not shared,
// varnishd does not learn of it.
func (k *Keeper) MarkStale(what Stale, text string) (number uint64, shared bool) {
	t, file := k.counts()
	k.mu.Lock()
	defer k.mu.Unlock()
	number = t.head.marks.Load() + 1
	m := t.mark(number)
	m.number.Store(0)
	m.kind.Store(uint64(what) | uint64(len(text))<<8)
	m.hash.Store(siphash.Hash(t.head.key[0], t.head.key[1], append([]byte{0, 0, 0, 0, 0, 0, 0, 0, byte(what)}, text...)))
	m.number.Store(number)
	t.head.marks.Store(number)
	return number, file != nil
}

func (t *table) mark(number uint64) *mark {
	return (*mark)(unsafe.Pointer(&t.memory[tableSize-marksSize+int(number%markCount)*int(unsafe.Sizeof(mark{}))]))
}
