package dataplane

import (
	"errors"
	"net"
	"slices"

	"edgegen/internal/dataplane/storage"
	"edgegen/internal/site"
)

// Prepared is a model that waits to be served. Exactly one of Commit and
// Discard decides what becomes of it; a committed one is discarded too, once
// it is certain that it stays. Its methods cannot fail, and may be called from
// any goroutine.
type Prepared struct {
	plane      *Plane
	old, next  *model
	opening    []*door        // only next has them
	closing    []*door        // only old has them
	duplicates []net.Listener // of doors that both have
	stage      stage
}

type stage int

const (
	prepared stage = iota
	committed
	undone
	settled
)

// Prepare does all of a change of model that can fail, and changes nothing.
// The listeners in it are those to be served from Commit on; they belong to
// the Plane from here on, and stay the caller's where there is an error. A
// listener whose address and use are served already is a duplicate, which is
// closed. One Prepared is undecided at a time; one that was committed and not
// discarded is now.
func (p *Plane) Prepare(m Model) (*Prepared, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil, errors.New("the plane is stopping")
	}
	if q := p.prepared; q != nil {
		if q.stage == prepared {
			return nil, errors.New("another model is being prepared")
		}
		q.settle()
	}
	old := p.model.Load()
	next, err := p.newModel(m, old)
	if err != nil {
		return nil, err
	}
	q := &Prepared{plane: p, old: old, next: next}
	q.match(p.modelDoors(&m))
	p.prepared = q
	return q, nil
}

// match finds out which doors are new, and which are gone.
func (q *Prepared) match(want []*door) {
	for _, d := range q.plane.doors {
		if d.ofModel() {
			q.closing = append(q.closing, d)
		}
	}
	for _, d := range want {
		if i := slices.IndexFunc(q.closing, d.same); i >= 0 {
			q.closing = slices.Delete(q.closing, i, i+1)
			q.duplicates = append(q.duplicates, d.Listener)
			continue
		}
		q.opening = append(q.opening, d)
	}
}

// Commit serves the model from the next request and connection on. Requests
// under way keep the old one; WebSockets, what is stored, and the connections
// to backends that are in both stay. Listeners that are gone are accepted on
// no more, and closed by Discard; connections that came through them end after
// their next answer, WebSockets live on.
//
// undo serves the old model again, listeners included, until Discard; what a
// smaller cache has dropped does not come back. Both do nothing once the Plane
// stops or retires.
func (q *Prepared) Commit() (undo func()) {
	p := q.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.stage == prepared && !p.over {
		q.stage = committed
		q.warn("close duplicates", closeListeners(q.duplicates))
		p.swap(q.next, q.opening, q.closing)
	}
	return q.undo
}

func (q *Prepared) undo() {
	p := q.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.stage == committed && !p.over {
		q.stage = undone
		p.swap(q.old, q.closing, q.opening)
	}
}

// Discard lets go of the model that is not in force: of the prepared one where
// it was not committed or was undone, of the old one where it was. After that
// undo does nothing.
func (q *Prepared) Discard() {
	q.plane.mu.Lock()
	defer q.plane.mu.Unlock()
	q.settle()
}

// settle is Discard with the lock held.
func (q *Prepared) settle() {
	drop, keep, doors := q.next, q.old, q.opening
	switch q.stage {
	case settled:
		return
	case prepared:
		q.warn("close duplicates", closeListeners(q.duplicates))
	case committed:
		drop, keep, doors = q.old, q.next, q.closing
	}
	q.warn("cannot close listeners", closeDoors(doors))
	drop.retire(keep)
	q.warn("cannot close the cache's storage", drop.storage.Close(keep.storage, q.stage != committed))
	q.warn("cache storage", keep.storage.Settle())
	q.stage = settled
	q.plane.prepared = nil
}

func (q *Prepared) warn(doing string, err error) {
	if err != nil {
		q.plane.log.Warn(doing, "error", err)
	}
}

// swap puts a model in force, and opens and closes doors; the lock is held.
func (p *Plane) swap(to *model, open, shut []*door) {
	if to.storage != nil {
		to.storage.Resize()
	}
	p.model.Store(to)
	p.doors = slices.DeleteFunc(slices.Clone(p.doors), func(d *door) bool { return slices.Contains(shut, d) })
	p.doors = append(p.doors, open...)
	if !p.running {
		return
	}
	for _, d := range open {
		p.open(d)
	}
	for _, d := range shut {
		d.close()
	}
}

// newModel prepares a model with all that this Plane's roles need.
func (p *Plane) newModel(m Model, old *model) (*model, error) {
	next, err := newModel(m, p.options.Roles, p.options.Gates, old, p.tls)
	if err == nil {
		next.away = p.options.Away
	}
	if err != nil {
		return nil, err
	}
	for _, group := range next.groups {
		p.apps.Add(group)
	}
	for _, group := range next.watched {
		p.apps.Add(group)
	}
	if !p.options.Roles.Cache && !p.options.Roles.Shares || m.Edge.Uncached() {
		return next, nil
	}
	var before *storage.Storage
	if old != nil {
		before = old.storage
	}
	if next.storage, err = storage.Open(p.storesIn(m.Edge.Storage), before, p.emptied.Load()); err != nil {
		return nil, err
	}
	next.store = next.storage.Store
	return next, nil
}

// storesIn is where this Plane stores, whose edge names s.
func (p *Plane) storesIn(s site.Storage) site.Storage {
	switch {
	case p.options.Roles.Shares:
		return site.Storage{Type: "memory", Size: p.options.SharedMemory}
	case p.options.CacheMemory > 0:
		return site.Storage{Type: "memory", Size: p.options.CacheMemory}
	}
	return s
}

func closeListeners(all []net.Listener) error {
	var errs []error
	for _, l := range all {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
