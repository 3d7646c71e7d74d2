package gate

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// table is where clients are counted: memory that edgegen shares with varnishd, which
// counts there itself (templates/varnish/limit.c.tmpl; what either does, both do). So it
// holds no pointer and no lock: a process that dies in the middle of something leaves
// nothing that others wait for. It may be used from many goroutines and processes.
//
// A client is known by a hash that nobody can aim, as its key is secret. Its place is
// in one bucket of each level, and the levels, each twice as large as the one before,
// come into use as those before have no room. So few clients take little memory, and
// many no more than 50 bytes each.
type table struct {
	memory []byte
	head   *head
}

// head is the beginning of a table's memory.
type head struct {
	magic  uint64 // set last
	key    [2]uint64
	levels atomic.Uint64 // that are in use, from 1
	marks  atomic.Uint64 // that there have been
}

// slot is one client. It is free for another one when the time has come that it is
// due: then it says no more than an empty one.
type slot struct {
	client atomic.Uint64 // its hash; 0 before there was any
	due    atomic.Int64  // when its requests would have come, had they come evenly
}

const (
	tableMagic    = 0x3130656764656c6d // "mledge01"
	headSize      = 4096
	bucketSlots   = 8
	bucketSize    = bucketSlots * int(unsafe.Sizeof(slot{}))
	firstBuckets  = 512 // of the first level
	mostLevels    = 8
	tableSize     = headSize + firstBuckets*(1<<mostLevels-1)*bucketSize + marksSize
	mostAttempts  = 100 // others were quicker each time
	levelShift    = 6   // bits of the hash between the places in two levels
	evictionLevel = mostLevels - 1
)

func newTable(memory []byte, key [2]uint64) *table {
	t := &table{memory, (*head)(unsafe.Pointer(&memory[0]))}
	t.head.key = key
	t.head.levels.Store(1)
	atomic.StoreUint64(&t.head.magic, tableMagic)
	return t
}

// bucket is where a client's place in a level is.
func (t *table) bucket(level int, client uint64) *[bucketSlots]slot {
	buckets := uint64(firstBuckets << level)
	before := firstBuckets * (1<<level - 1)
	n := before + int(client>>(levelShift*level)&(buckets-1))
	return (*[bucketSlots]slot)(unsafe.Pointer(&t.memory[headSize+n*bucketSize]))
}

// levels are those in use, whatever another process has written there.
func (t *table) levels() int { return int(min(max(t.head.levels.Load(), 1), mostLevels)) }

// take lets a request of a client through by the generic cell rate algorithm (GCRA);
// or else says how long that is to wait. All times are in nanoseconds.
func (t *table) take(client uint64, now, every, ahead int64) (wait int64) {
	s := t.slot(client, now)
	for range mostAttempts {
		due := s.due.Load()
		if wait := due - ahead - now; wait > 0 {
			return wait
		}
		if s.due.CompareAndSwap(due, max(due, now)+every) {
			return 0
		}
	}
	return every
}

// slot finds a client's, or makes one.
func (t *table) slot(client uint64, now int64) *slot {
	for range mostAttempts {
		s, free, was := t.find(client, now)
		if s != nil {
			return s
		}
		if free == nil && t.levels() < mostLevels {
			n := uint64(t.levels())
			t.head.levels.CompareAndSwap(n, n+1)
			continue
		}
		if free == nil {
			free, was = t.evict(client)
		}
		if !free.client.CompareAndSwap(was, client) {
			continue
		}
		// Somebody may have made one elsewhere in the same moment: the first counts.
		if s, _, _ = t.find(client, now); s != nil {
			return s
		}
	}
	s, _ := t.evict(client) // so many others that one more or less does not matter
	return s
}

// find looks for a client; where it is not there, for a slot that is free, and what
// stands in it.
func (t *table) find(client uint64, now int64) (s, free *slot, was uint64) {
	for level := range t.levels() {
		bucket := t.bucket(level, client)
		for i := range bucket {
			holds := bucket[i].client.Load()
			if holds == client {
				return &bucket[i], nil, 0
			}
			if free == nil && (holds == 0 || bucket[i].due.Load() <= now) {
				free, was = &bucket[i], holds
			}
		}
	}
	return nil, free, was
}

// evict makes room where there is none: of a bucket it forgets the client that is the
// least ahead.
func (t *table) evict(client uint64) (free *slot, was uint64) {
	bucket := t.bucket(evictionLevel, client)
	free = &bucket[0]
	for i := range bucket {
		if bucket[i].due.Load() < free.due.Load() {
			free = &bucket[i]
		}
	}
	was = free.client.Load()
	free.due.Store(0)
	return free, was
}

// live counts the clients of a level that are not free yet.
func (t *table) live(level int, now int64) (count int) {
	for n := range uint64(firstBuckets << level) {
		bucket := t.bucket(level, n<<(levelShift*level))
		for i := range bucket {
			if bucket[i].due.Load() > now {
				count++
			}
		}
	}
	return count
}

// shrink puts the last levels out of use while nobody is in them.
func (t *table) shrink(now int64) {
	for n := t.levels(); n > 1 && t.live(n-1, now) == 0; n = t.levels() {
		if t.head.levels.CompareAndSwap(uint64(n), uint64(n-1)) && t.live(n-1, now) > 0 {
			t.head.levels.CompareAndSwap(uint64(n-1), uint64(n)) // somebody came meanwhile
			break
		}
	}
}

// place is where a level is in the memory.
func place(level int) (offset, size int64) {
	return headSize + int64(firstBuckets*(1<<level-1)*bucketSize), int64((firstBuckets << level) * bucketSize)
}

// hashed is no hash of an empty slot.
func hashed(sum uint64) uint64 {
	if sum == 0 {
		return bits.Reverse64(1)
	}
	return sum
}
