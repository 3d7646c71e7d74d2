package gate

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"time"

	"github.com/dchest/siphash"
)

// Limiter bounds how often each client asks, by the generic cell rate algorithm
// (GCRA): of each it keeps the time at which its requests would have come had they
// come evenly, and refuses what is too far ahead of that.
type Limiter struct {
	keeper *Keeper
	mark   uint64
	every  int64 // nanoseconds between two requests
	ahead  int64 // how far a client may be
}

// Key is a client, as a limiter knows it.
type Key uint64

// Client is the key of an address. Of IPv6 a client has a network of 64 bits to
// choose addresses in, so that all of it is one client.
func (l *Limiter) Client(address netip.Addr) Key {
	address = address.Unmap()
	key := address.As16()
	if address.Is6() {
		clear(key[8:])
	}
	return l.key('a', key[:])
}

// Text is the key of a text, such as a field's value. It never equals that of an address.
func (l *Limiter) Text(text string) Key { return l.key('t', []byte(text)) }

// key hashes the limiter, the kind of client, and the client.
func (l *Limiter) key(kind byte, client []byte) Key {
	t, _ := l.keeper.counts()
	of := binary.LittleEndian.AppendUint64(make([]byte, 0, 64), l.mark)
	of = append(append(of, kind), client...)
	return Key(hashed(siphash.Hash(t.head.key[0], t.head.key[1], of)))
}

// Take lets a request of a client through; or else says how long that is to wait.
func (l *Limiter) Take(key Key) (wait time.Duration) {
	t, _ := l.keeper.counts()
	defer runtime.KeepAlive(t)
	return time.Duration(t.take(uint64(key), l.keeper.now(), l.every, l.ahead))
}
