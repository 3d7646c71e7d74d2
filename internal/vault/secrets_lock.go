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
	held, lose := context.WithCancelCause(ctx)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		again := time.NewTicker(s.rhythm.renew())
		defer again.Stop()
		for {
			select {
			case <-stop:
				return
			case <-held.Done():
				return
			case <-again.C:
			}
			asked := time.Now()
			ctx, cancel := context.WithDeadline(held, since.Add(s.rhythm.trust()))
			mine, err := l.Acquire(ctx)
			cancel()
			switch {
			case err == nil && mine:
				since = asked
			case err == nil:
				lose(fmt.Errorf("another edge has taken the lock %s of the store %s", name, s.place))
			case time.Since(since) > s.rhythm.trust():
				lose(fmt.Errorf("the lock %s of the store %s is lost: %w", name, s.place, err))
			}
		}
	}()
	return held, func() {
		close(stop)
		<-ended
		lose(nil)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.rhythm.renew())
		defer cancel()
		l.Release(ctx) // of what is ours still
	}
}
