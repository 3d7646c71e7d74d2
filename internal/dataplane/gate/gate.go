// Package gate keeps what it takes to say who may come in: how often each client has
// asked, the users with their passwords, and what clients have shown in handshakes. It outlives the configurations that ask
// it, and is the same for all engines of an edge.
package gate

import (
	"crypto/rand"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Keeper has the limiters and the files of users of an edge. It may be used from many
// goroutines.
type Keeper struct {
	log    *slog.Logger
	secret []byte // of the passwords that are remembered
	// turns bounds how many passwords are hashed at once: that leaves the machine time
	// for requests.
	turns chan struct{}

	counting sync.Once
	table    *table
	shared   *os.File      // the memory of the table; nil where it cannot be shared
	began    time.Time     // from which time is counted
	offset   time.Duration // since the kernel's clock began, which all processes know

	handshakes handshakes

	mu     sync.Mutex        // guards what follows
	users  map[string]*Users // by path
	closed bool
	sweeps *time.Timer
	levels int // of the table, that have been in use since memory was given back
}

// New makes a Keeper, which logs files that it cannot read. The caller closes it.
func New(log *slog.Logger) *Keeper {
	k := &Keeper{log: log, secret: make([]byte, 32), turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), users: make(map[string]*Users), handshakes: handshakes{all: make(map[string]*Handshake)}}
	rand.Read(k.secret) // never fails
	return k
}

// Limiter returns a limiter that lets one request through in every such time, and burst
// more at once. Two with the same mark count together.
func (k *Keeper) Limiter(mark uint64, every time.Duration, burst int) *Limiter {
	return &Limiter{keeper: k, mark: mark, every: int64(every), ahead: int64(every) * int64(burst)}
}

// counts is the table of all limiters, which is made when the first client comes.
func (k *Keeper) counts() (t *table, file *os.File) {
	k.counting.Do(func() {
		var err error
		if k.table, k.shared, err = makeTable(); err != nil {
			k.log.Info("varnishd cannot count requests for rate_limit itself, and asks edgegen about each", "error", err)
		}
		k.began = time.Now()
		k.offset = sinceBoot()
		k.mu.Lock()
		defer k.mu.Unlock()
		if !k.closed {
			k.sweeps = time.AfterFunc(sweepPause, k.sweep)
		}
	})
	return k.table, k.shared
}

// now is the kernel's monotonic time in nanoseconds.
func (k *Keeper) now() int64 { return int64(k.offset + time.Since(k.began)) }

// sinceBoot reads the clock that Go's own monotonic time comes from.
func sinceBoot() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // never fails on Linux
	return time.Duration(t.Nano())
}

// sweepPause is the time between two sweeps. A level that is put out of use keeps its
// memory until the next sweep, as another process may still be looking at it.
const sweepPause = time.Minute

// sweep gives back the memory of clients that would be let through as if they had never
// come.
func (k *Keeper) sweep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	for level := k.table.levels(); k.shared != nil && level < k.levels; level++ {
		if err := giveBack(k.shared, level); err != nil {
			k.log.Debug("cannot forget the counts of clients", "error", err)
		}
	}
	k.levels = k.table.levels()
	k.table.shrink(k.now())
	k.sweeps.Reset(sweepPause)
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

// Close ends the sweeps. The Keeper still answers. A nil Keeper has nothing to close.
func (k *Keeper) Close() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	if k.sweeps != nil {
		k.sweeps.Stop()
	}
	if k.shared != nil {
		_ = k.shared.Close() // nothing is written to a disk
	}
}
