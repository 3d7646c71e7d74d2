package vault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"edgegen/internal/lease"
	"edgegen/internal/wait"
)

// Lock holds a Lease.
func (s *secrets) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	called, err := s.called(name)
	if err != nil {
		return nil, nil, err
	}
	// Each lock is somebody else, also for others of this process.
	l := lease.New(s.leases, called, newIdentity(), s.rhythm.lease)
	for {
		asked := time.Now()
		mine, err := s.acquire(ctx, l)
		if err != nil {
			return nil, nil, s.problem(err)
		}
		if mine {
			held, release := s.hold(ctx, l, name, asked)
			return held, release, nil
		}
		if !wait.For(ctx, s.rhythm.look()+rand.N(s.rhythm.look())) {
			return nil, nil, context.Cause(ctx)
		}
	}
}

func (s *secrets) acquire(ctx context.Context, l *lease.Lease) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return l.Acquire(ctx)
}

// hold says that this edge is alive until it gives the lock back or loses it.
func (s *secrets) hold(ctx context.Context, l *lease.Lease, name string, since time.Time) (context.Context, func()) {
	held, end := s.rhythm.hold(ctx, since, fmt.Sprintf("the lock %s of the store %s", name, s.place), l.Acquire)
	return held, func() {
		end()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.rhythm.renew())
		defer cancel()
		l.Release(ctx) // of what is ours still
	}
}
