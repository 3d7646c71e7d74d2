package tiers

import (
	"context"
	"errors"
	"fmt"

	"edgegen/internal/generation"
	"edgegen/internal/native"
	"edgegen/internal/supervise"
)

// reading has the process that runs read its files anew.
type reading[P program] struct {
	NoStep
	heir      *heir[P]
	was, next *generation.Generation
	told      bool
}

func (r *reading[P]) Commit(ctx context.Context) error {
	err := r.heir.read(ctx, r.was, r.next)
	r.told = !errors.Is(err, native.ErrNotTold)
	return err
}

func (r *reading[P]) Undo(ctx context.Context) error {
	if !r.told {
		return r.heir.adopt(r.was)
	}
	return r.heir.back(ctx, r.heir.read(ctx, r.next, r.was))
}

// nextStart changes what the next start of a daemon that is down will find.
type nextStart[P program] struct {
	NoStep
	heir *heir[P]
	next *generation.Generation
	old  P
}

func (n *nextStart[P]) Commit(ctx context.Context) error {
	fresh, err := n.heir.kind.make(n.next)
	if err != nil {
		return err
	}
	return n.heir.become(ctx, fresh)
}

func (n *nextStart[P]) Undo(ctx context.Context) error {
	fresh := n.heir.program
	if fresh == n.old {
		return nil
	}
	return errors.Join(n.heir.become(ctx, n.old), fresh.Close())
}

func (n *nextStart[P]) Finish(context.Context) { n.heir.Close(n.old) }

// replacement starts another process beside the one that serves, which goes on
// with the connections that it has when all has been committed.
type replacement[P program] struct {
	NoStep
	heir    *heir[P]
	next    *generation.Generation
	old     *supervise.Kept
	program P
}

func (r *replacement[P]) Commit(ctx context.Context) error {
	if l, ok := r.heir.kind.(leaver); ok {
		if err := l.leaving(ctx); err != nil {
			return fmt.Errorf("prepare to replace %s: %w", r.heir.Engine, err)
		}
	}
	return r.heir.Launch(ctx, r.next)
}

func (r *replacement[P]) Undo(ctx context.Context) error {
	h, fresh := r.heir, r.heir.program
	h.program = r.program
	if l, ok := h.kind.(leaver); ok {
		l.stays()
	}
	if started := h.process(); started != r.old {
		started.Stop(ctx)
		h.setRunning(r.old)
	}
	if fresh == r.program {
		return nil
	}
	return fresh.Close()
}

func (r *replacement[P]) Finish(ctx context.Context) { r.heir.kind.leave(ctx, r.old, r.program) }
