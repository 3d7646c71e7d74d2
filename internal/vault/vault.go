// Package vault keeps what several edges have in common: a directory on storage that
// they share, or objects of the cluster that runs them. What is kept are small texts,
// many of them secret, under names such as "a1b2/c3d4.pem"; and there are locks, each
// of which one edge holds at a time and loses when it dies.
//
// The package does not know what the texts mean. Whoever reads one has to see that it
// is good: people and backups write into vaults as well.
package vault

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"time"
)

// A Vault keeps texts and has locks. Its methods may be called from any goroutine, and
// return when their context ends, whatever the storage does.
type Vault interface {
	// Read returns what was written under a name last. The error is fs.ErrNotExist
	// where there is nothing.
	Read(ctx context.Context, name string) ([]byte, error)
	// Write replaces what is under a name in one step: nobody reads a half of it, also
	// after a crash. Nobody but the edges may read it.
	Write(ctx context.Context, name string, content []byte) error
	// Remove removes what is under a name; it is no error where there is nothing.
	Remove(ctx context.Context, name string) error
	// Versions returns, for each name below a folder such as "a1b2", a word that is
	// another one after each Write.
	Versions(ctx context.Context, folder string) (map[string]string, error)
	// Lock waits until this process is the only one that holds the lock of a name. Held
	// ends when that is no longer so, with release at the latest, which lets others have
	// it. Whoever holds the lock does nothing more when held has ended.
	Lock(ctx context.Context, name string) (held context.Context, release func(), err error)
	// String says where the vault is, as a person wrote it.
	String() string
}

// LeaseTime is how long after its last sign of life the holder of a lock counts as dead,
// where nothing else is said. It says that it is alive a few times within that.
const LeaseTime = 15 * time.Second

// rhythm is what follows from how long a lock is held without a sign of life.
type rhythm struct{ lease time.Duration }

// renew is how often the holder gives a sign of life.
func (r rhythm) renew() time.Duration { return r.lease / 5 }

// trust is how long after its last sign of life the holder counts itself as one. Others
// count from when they see that sign, which is later, so that it is the first to know.
func (r rhythm) trust() time.Duration { return r.lease * 2 / 3 }

// look is how often those who wait look whether they may have the lock.
func (r rhythm) look() time.Duration { return max(min(r.lease/30, time.Second), time.Millisecond) }

// newIdentity names this process as no other one was ever called.
func newIdentity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "edge" // the rest tells it apart
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()))
}

// good refuses a name that could lead out of the vault.
func good(name string) error {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
			return fmt.Errorf("%q is no name of a vault", name)
		}
	}
	return nil
}
