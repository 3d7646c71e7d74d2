package controller

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"k8s.io/client-go/dynamic"

	held "edgegen/internal/lease"
)

// lease is the Lease of the cluster that one of several controllers holds.
type lease struct {
	*held.Lease
	identity string
	log      *slog.Logger
	won      chan struct{} // says that it is held since now
	until    atomic.Int64  // Unix nanoseconds; it is held until then
}

const (
	leaseTime  = 15 * time.Second // how long it is held after the last renewal
	leaseRenew = 4 * time.Second
)

func newLease(client dynamic.Interface, o Options) *lease {
	return &lease{Lease: held.New(client.Resource(held.Resource()).Namespace(o.Namespace), o.Lease, o.Identity, leaseTime),
		identity: o.Identity, log: o.Log, won: make(chan struct{}, 1)}
}

// held reports whether this controller holds the lease.
func (l *lease) held() bool { return time.Now().UnixNano() < l.until.Load() }

// run tries to get the lease, and keeps it, until ctx ends; then it is given back.
func (l *lease) run(ctx context.Context) {
	for {
		was := l.held()
		asked := time.Now()
		mine, err := l.Acquire(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			l.log.Warn("cannot ask for the Lease", "error", err)
		case mine:
			// The others count from when they see it, which is later.
			l.until.Store(asked.Add(leaseTime * 2 / 3).UnixNano())
			if !was {
				l.log.Info("this controller writes the statuses", "identity", l.identity)
				select {
				case l.won <- struct{}{}:
				default: // it is known already
				}
			}
		case err == nil:
			l.until.Store(0)
		}
		select {
		case <-ctx.Done():
			l.release(context.WithoutCancel(ctx))
			return
		case <-time.After(leaseRenew):
		}
	}
}

// release lets another controller have the lease at once.
func (l *lease) release(ctx context.Context) {
	if !l.held() {
		return
	}
	l.until.Store(0)
	ctx, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	l.Release(ctx)
}
