package vault

import (
	"context"
	"fmt"
	"time"
)

// hold says that this edge is alive, as whoever has a lock since some time does, until end
// is called or the lock is lost, which ends held. End waits for what is being said, and
// reports whether the lock was lost before.
func (r rhythm) hold(ctx context.Context, since time.Time, lock string, alive func(context.Context) (ours bool, err error)) (held context.Context, end func() (lost bool)) {
	held, lose := context.WithCancelCause(ctx)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		again := time.NewTicker(r.renew())
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
			ctx, cancel := context.WithDeadline(held, since.Add(r.trust()))
			ours, err := alive(ctx)
			cancel()
			switch {
			case err == nil && ours:
				since = asked
			case err == nil:
				lose(fmt.Errorf("another edge has taken %s", lock))
			case time.Since(since) > r.trust():
				lose(fmt.Errorf("%s is lost: %w", lock, err))
			}
		}
	}()
	return held, func() bool {
		close(stop)
		<-ended
		lost := held.Err() != nil && ctx.Err() == nil
		lose(nil)
		return lost
	}
}
