package gate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/htpasswd"
)

// Users are those of a file, which is read again when it has changed. It may be used
// from many goroutines.
type Users struct {
	keeper *Keeper
	path   string

	mu    sync.Mutex // guards what follows
	file  *htpasswd.File
	is    identity
	wrong string              // what was wrong with the file, and has been logged
	known map[proof]time.Time // passwords that were right, and until when that is remembered
}

// identity is the same as long as a file has not been written.
type identity struct {
	device, inode     uint64
	size              int64
	modified, changed syscall.Timespec
	settled           bool // what is written from now on gives it other times
}

// proof stands for a user, a password and the hash that it was compared with.
type proof [sha256.Size]byte

const (
	// remembered is how long a password that was right need not be hashed again.
	remembered = time.Minute
	// mostKnown bounds those.
	mostKnown = 10_000
	// settling is longer than the steps in which file systems count time.
	settling = 2 * time.Second
)

// Check reports whether a user has that password. It fails where the file cannot be
// read, or ctx ends first.
func (u *Users) Check(ctx context.Context, name, password string) (bool, error) {
	file, err := u.current()
	if err != nil {
		return false, err
	}
	hash, known := file.Hash(name)
	proof := u.proof(name, password, hash.String())
	if known && u.remembers(proof) {
		return true, nil
	}
	select {
	case u.keeper.turns <- struct{}{}:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	right := hash.Is(password) // also for nobody, so that it takes as long
	<-u.keeper.turns
	if !known || !right {
		return false, nil
	}
	u.remember(proof)
	return true, nil
}

// current is the file as it is now.
func (u *Users) current() (*htpasswd.File, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	info, err := os.Stat(u.path)
	var is identity
	if err == nil {
		stat, _ := info.Sys().(*syscall.Stat_t)
		is = identity{stat.Dev, stat.Ino, stat.Size, stat.Mtim, stat.Ctim, time.Since(time.Unix(stat.Ctim.Unix())) > settling}
	}
	if err == nil && u.file != nil && is == u.is && is.settled {
		return u.file, nil
	}
	data := []byte(nil)
	if err == nil {
		data, err = htpasswd.Read(u.path)
	}
	if err != nil {
		u.file = nil
		u.complain("nobody is let in", err.Error())
		return nil, err
	}
	file, problems := htpasswd.Parse(data)
	u.file, u.is = file, is
	wrong := ""
	for _, p := range problems {
		if !p.Weak {
			wrong += "; " + p.String()
		}
	}
	if wrong != "" {
		u.complain("users are left out", wrong[2:])
	} else {
		u.wrong = ""
	}
	return file, nil
}

// complain logs what is wrong with the file, once.
func (u *Users) complain(so, wrong string) {
	if u.wrong != wrong {
		u.wrong = wrong
		u.keeper.log.Warn(so, "users_file", u.path, "error", wrong)
	}
}

// proof has lengths in it, so that no two users and passwords give the same.
func (u *Users) proof(name, password, hash string) (p proof) {
	sum := hmac.New(sha256.New, u.keeper.secret)
	fmt.Fprintf(sum, "%d %d %s%s%s", len(name), len(password), name, password, hash)
	sum.Sum(p[:0])
	return p
}

func (u *Users) remembers(p proof) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	until, ok := u.known[p]
	return ok && time.Now().Before(until)
}

func (u *Users) remember(p proof) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.known) >= mostKnown {
		clear(u.known)
	}
	u.known[p] = time.Now().Add(remembered)
}
