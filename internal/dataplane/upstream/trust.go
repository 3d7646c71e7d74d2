package upstream

import (
	"sync/atomic"
	"time"
)

const (
	// rest is how long a connection is left alone after an answer while its server is on
	// probation. By then a careless app has sent what it sends behind an answer.
	rest = 100 * time.Millisecond
	// proofs is after how many rests without such bytes the probation ends.
	proofs = 256
	// distrust is how long no connection is kept to a server that has sent
	// what nobody asked for. It begins anew with a probation.
	distrust = 10 * time.Minute
)

// trust is whether a server's connections may be used again, and how soon.
//
// Bytes that a server sends behind an answer cannot be told from the answer to
// the next request once that has been written. A look before the write finds
// those that have come; of those that are still to come, only the server's
// record tells. The zero value is on probation. It is safe for use by several
// goroutines.
type trust struct {
	proven atomic.Int32
	until  atomic.Int64 // Unix nanoseconds: no connection is kept before
	news   atomic.Bool  // nobody was told of the loss yet
}

// quiet notes a kept connection on which nothing lay.
func (t *trust) quiet() {
	if t.probation() {
		t.proven.Add(1)
	}
}

func (t *trust) probation() bool { return t.proven.Load() < proofs }

// lose notes a server that sent what nobody asked for.
func (t *trust) lose() {
	t.proven.Store(0)
	t.until.Store(time.Now().Add(distrust).UnixNano())
	t.news.Store(true)
}

func (t *trust) lost(now time.Time) bool {
	until := t.until.Load()
	return until != 0 && now.UnixNano() < until
}

// told reports a loss once.
func (t *trust) told() bool { return t.news.Load() && t.news.CompareAndSwap(true, false) }
