package gate

import (
	"crypto/rand"
	"crypto/x509"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/certificate"
)

// Handshake is what a client has shown in its TLS handshake with a site that asks for a
// certificate. It may be used from many goroutines.
type Handshake struct {
	Site  string              // by its canonical host
	Chain []*x509.Certificate // empty where the client has none
	last  atomic.Pointer[verdict]
}

// Identity is whom a client's certificate is for.
type Identity struct{ Subject, Fingerprint string }

// verdict is what was found about a chain.
type verdict struct {
	by    *certificate.Clients
	from  time.Time
	until time.Time
	who   Identity
	err   error
}

// Verify finds out whom the certificate is for, and fails where it is not good. The
// result is used again for as long as the certificate and the lists are valid, and by is
// the same.
func (h *Handshake) Verify(by *certificate.Clients, now time.Time) (Identity, error) {
	if v := h.last.Load(); v != nil && v.by == by && !now.Before(v.from) && now.Before(v.until) {
		return v.who, v.err
	}
	v := &verdict{by: by, from: now}
	if v.until, v.err = by.Verify(h.Chain, now); v.err == nil {
		v.who.Fingerprint = certificate.Fingerprint(h.Chain[0])
		v.who.Subject, v.err = certificate.Subject(h.Chain[0])
	}
	h.last.Store(v)
	return v.who, v.err
}

// handshakes are those of the connections that are handed to a cache tier in another
// process, by the id that this tier is told.
type handshakes struct {
	mu  sync.Mutex
	all map[string]*Handshake
}

// Enter keeps a handshake until leave is called, under an id that nobody can guess.
func (k *Keeper) Enter(h *Handshake) (id string, leave func()) {
	id = rand.Text()
	k.handshakes.mu.Lock()
	defer k.handshakes.mu.Unlock()
	k.handshakes.all[id] = h
	return id, func() {
		k.handshakes.mu.Lock()
		defer k.handshakes.mu.Unlock()
		delete(k.handshakes.all, id)
	}
}

// Handshake is the one of an id; nil for none, and where nobody keeps any.
func (k *Keeper) Handshake(id string) *Handshake {
	if k == nil || id == "" {
		return nil
	}
	k.handshakes.mu.Lock()
	defer k.handshakes.mu.Unlock()
	return k.handshakes.all[id]
}
