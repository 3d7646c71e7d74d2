package supervise

import (
	"fmt"
	"time"
)

// appoint starts a guardian and tells it everything. The ledger names it
// first, so that the next run waits for it before it makes anything anew. From
// then on it can read in the ledger what it was not told in time.
func (i *Instance) appoint() error {
	g, err := startGuardian(i.config.Guardian, i.ledger)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.book.guardian = g.id
	if err := i.ledger.write(&i.book); err != nil {
		g.drop()
		return fmt.Errorf("write ledger: %w", err)
	}
	if err := g.tell(i.book.lines()...); err != nil {
		g.drop()
		return fmt.Errorf("tell guardian: %w", err)
	}
	i.guardian = g
	return nil
}

// watch replaces a guardian that ended, until the instance closes.
func (i *Instance) watch() {
	pauses := Policy{}.completed()
	for failures := 0; ; {
		i.mu.Lock()
		current := i.guardian
		i.mu.Unlock()
		if current != nil {
			began := time.Now()
			select {
			case <-i.closing:
				return
			case <-current.exited:
			}
			if time.Since(began) > pauses.StableAfter {
				failures = 0
			}
			i.mu.Lock()
			i.guardian = nil
			i.mu.Unlock()
			current.pipe.Close()
			i.warn("guardian ended, starting another")
		}
		if err := i.appoint(); err != nil {
			i.warn("no guardian", "error", err)
		}
		failures++
		_, pause := pauses.afterFailures(failures)
		select {
		case <-i.closing:
			return
		case <-time.After(pause):
		}
	}
}
