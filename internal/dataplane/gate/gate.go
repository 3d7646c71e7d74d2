// Package gate keeps what it takes to say who may come in: how often each client has
// asked, and the users with their passwords. It outlives the configurations that ask
// it, and is the same for all engines of an edge.
package gate

import (
	"crypto/rand"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

// Keeper has the limiters and the files of users of an edge. It may be used from many
// goroutines.
type Keeper struct {
	log    *slog.Logger
	secret []byte // of the passwords that are remembered
	// turns bounds how many passwords are hashed at once: that leaves the machine time
	// for requests.
	turns chan struct{}

	mu       sync.Mutex // guards what follows
	limiters map[limit]*Limiter
	users    map[string]*Users // by path
}

// limit is what makes a limiter another one.
type limit struct {
	name  string
	every time.Duration
	burst int
}

// New makes a Keeper, which tells the log of files that it cannot read. It is to be
// closed.
func New(log *slog.Logger) *Keeper {
	k := &Keeper{log: log, secret: make([]byte, 32), turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		limiters: make(map[limit]*Limiter), users: make(map[string]*Users)}
	rand.Read(k.secret) // never fails
	return k
}

// Limiter returns the limiter of that name which lets a request through each so
// often, and burst more at once. The same name and numbers give the same limiter.
func (k *Keeper) Limiter(name string, every time.Duration, burst int) *Limiter {
	k.mu.Lock()
	defer k.mu.Unlock()
	of := limit{name, every, burst}
	if k.limiters[of] == nil {
		k.limiters[of] = newLimiter(every, burst)
	}
	return k.limiters[of]
}

// Users returns those of a file, which is read when somebody is looked for.
func (k *Keeper) Users(path string) *Users {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.users[path] == nil {
		k.users[path] = &Users{keeper: k, path: path, known: make(map[proof]time.Time)}
	}
	return k.users[path]
}

// Close has everything forgotten. Whoever asks still is answered. A nil Keeper has
// nothing to close.
func (k *Keeper) Close() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.limiters {
		l.close()
	}
}
