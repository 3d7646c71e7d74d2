package acme

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/vault"
)

// records are those of all edges, where there are several.
func (w *wanted) records() records {
	if w.authority.Vault != nil {
		return records{w.authority.Vault, w.authority.Directory}
	}
	return records{w.manager.options.Store, w.authority.Directory}
}

// name is what the certificate is kept under.
func (w *wanted) name() string { return certificateName(w.authority.Directory, w.Names) }

// put stores what the authority has given: for all edges first, so that no other one
// asks for it again.
func (w *wanted) put(ctx context.Context, pair []byte) error {
	if v := w.authority.Vault; v != nil {
		if err := v.Write(ctx, w.name(), pair); err != nil {
			return err
		}
	}
	return w.manager.options.Store.put(w.authority.Directory, w.Names, pair)
}

// obtain gets a certificate in place of one that may be there. Of several edges one asks
// the authority. Those who wait for that one take what it has got; where it has failed,
// they leave the authority alone for as long as it does.
func (w *wanted) obtain(ctx context.Context, before certificate.Pair, try int) error {
	v := w.authority.Vault
	if v == nil {
		return w.order(ctx, before)
	}
	held, release, err := v.Lock(ctx, w.name())
	if err != nil {
		return err
	}
	defer release()
	if _, ok, err := w.take(held, before); ok || err != nil {
		return err
	}
	last, err := readFailure(held, v, w.failureName())
	if err != nil {
		return err
	}
	if time.Now().Before(last.Next) {
		return &last
	}
	err = w.order(held, before)
	switch {
	case err == nil:
		return v.Remove(held, w.failureName())
	case held.Err() != nil:
		return context.Cause(held)
	}
	last.error, last.Tries = err, max(last.Tries+1, try)
	last.Words, last.Next = words(err, w.Names), time.Now().Add(w.pause(last.Tries, mostPause(before), err))
	return errors.Join(&last, last.write(held, v, w.failureName()))
}

// A failure is the last try of whichever edge to get a certificate. It is kept in the vault
// until one succeeds.
type failure struct {
	error `json:"-"` // nil where another edge has met it
	Tries int        // in a row
	Words string     // what went wrong, and what to do
	Next  time.Time  // before which nobody is to try again
}

func (f *failure) Error() string { return f.Words }

func (f *failure) Unwrap() error { return f.error }

func (w *wanted) failureName() string { return w.name() + ".failed" }

// readFailure returns the zero value where there is none. One that is damaged, or that
// lies further ahead than any pause, counts for none: clocks may differ, and people write.
func readFailure(ctx context.Context, v vault.Vault, name string) (f failure, err error) {
	text, err := v.Read(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return failure{}, nil
	}
	if err == nil && (json.Unmarshal(text, &f) != nil || time.Until(f.Next) > longestLater+longestPause) {
		return failure{}, nil
	}
	return f, err
}

func (f *failure) write(ctx context.Context, v vault.Vault, name string) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return v.Write(ctx, name, text)
}

// registerAlone waits until no other edge registers the account, and lets none until the
// function that it returns is called.
func (w *wanted) registerAlone(ctx context.Context) (end func(), err error) {
	v := w.authority.Vault
	if v == nil {
		return func() {}, nil
	}
	_, release, err := v.Lock(ctx, folder(w.authority.Directory)+"/account")
	if err != nil {
		return nil, err
	}
	if err := w.bring(ctx, v); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// bring has all edges use the account that this one had of its own, where they have none.
func (w *wanted) bring(ctx context.Context, v vault.Vault) error {
	own, all := records{w.manager.options.Store, w.authority.Directory}, w.records()
	if _, err := v.Read(ctx, all.name(accountKey)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range []string{accountFile, accountKey} { // the key last: it says that all is there
		text, err := own.Read(ctx, own.name(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = v.Write(ctx, all.name(name), text)
		}
		if err != nil {
			return fmt.Errorf("bring the account into the store: %w", err)
		}
	}
	return nil
}

// lookPause is how often it is looked what other edges have got.
const lookPause = 10 * time.Second

// follow has those who want certificates look into the vault when something is new there.
// m.mu is held.
func (m *Manager) follow(from Authority) {
	if m.unfollow != nil {
		m.unfollow()
		m.unfollow = nil
	}
	if from.Vault == nil {
		return
	}
	var ctx context.Context
	ctx, m.unfollow = context.WithCancel(m.life)
	m.tasks.Go(func() {
		seen, away := map[string]string(nil), false
		for ctx.Err() == nil {
			now, err := from.Vault.Versions(ctx, folder(from.Directory))
			switch {
			case ctx.Err() != nil:
				return
			case err != nil && !away:
				m.options.Log.Warn("the store of the certificates does not answer; certificates taken from it earlier are served meanwhile", "error", err)
			case err == nil && away:
				m.options.Log.Info("the store of the certificates answers again", "store", from.Vault.String())
			}
			if away = err != nil; !away {
				m.tell(seen, now)
				seen = now
			}
			pause := cmp.Or(m.options.Look, lookPause)
			(&wanted{}).rest(ctx, pause+rand.N(pause/8+1))
		}
	})
}

// tell says to each whose certificate differs from what was seen that there is news.
func (m *Manager) tell(seen, now map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.wanted {
		if seen[w.name()] == now[w.name()] {
			continue
		}
		select {
		case w.news <- struct{}{}:
		default: // that is known
		}
	}
}

// rest waits; false where ctx has ended, or there is news.
func (w *wanted) rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.news:
	case <-ctx.Done():
	}
	return false
}
