package dataplane

import (
	"context"
	"io"
	"net/http"
	"time"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// lead carries out a flight: it asks the origin for the whole resource, or whether the
// stored entry is still good, and puts the result into the flight. It changes x.Header.
func (f *front) lead(x *exchange, key string, e *httpcache.Entry, one *flight) {
	client := x.ctx
	ctx, cancel := context.WithCancel(f.background)
	unlink := context.AfterFunc(client, cancel) // until another client waits for the fetch
	end := func() { unlink(); cancel() }
	x.ctx = ctx
	r, asked := f.ask(x, e)
	x.ctx, x.owner, x.shares = client, nil, false
	one.from = source{x.tier, x.backend, x.asked}
	if r.Status == nobody {
		end()
		one.sole = r
		f.settle(one) // those who wait look again
		return
	}
	now := time.Now()
	if e != nil && r.Status == http.StatusNotModified {
		r.Close()
		end()
		f.validated(x, key, e, one, r, asked)
		return
	}
	if e != nil && r.Status >= 500 && usableOnError(e, now) {
		r.Close()
		end()
		one.entry, one.stale = e, true
		f.settle(one)
		return
	}
	freshness, ok := x.assess(r, asked)
	ok = ok && x.pageFor(r) == nil
	ok = ok && (e == nil || r.Status < 500) // a failure takes nothing's place
	x.tellAsked(e, r, asked, ok && r.Length <= x.model.store.MaxObject())
	one.told = x.told
	f.complete(r)
	if ok && r.Length <= x.model.store.MaxObject() && r.Body != nil {
		unlink()
		one.publish(f.spool(x, key, one, r, freshness, end))
		return
	}
	if ok && r.Body == nil {
		end()
		one.entry, one.age = x.entry(r, x.Header, freshness), r.Header.Get("Age")
		x.model.store.Put(key, one.entry)
		f.settle(one)
		return
	}
	f.alone(x, key, e, one, r, now)
	if r.Body != nil {
		r.Body = &ending{r.Body, end}
	} else {
		end()
	}
}

// complete adds to a response what the cache tier knows: the time at which it came, if it
// has no Date, and that parts of it can be asked for.
func (f *front) complete(r *wire.Response) {
	httpcache.TidyAge(&r.Header)
	if !r.Header.Has("Date") {
		r.Header.Add("Date", f.plane.date())
	}
	if (r.Status == http.StatusOK || r.Status == http.StatusPartialContent) && !r.Header.Has("Accept-Ranges") {
		r.Header.Add("Accept-Ranges", "bytes")
	}
}

// ask fetches without the client's conditions, with those of the entry.
func (f *front) ask(x *exchange, e *httpcache.Entry) (*wire.Response, time.Time) {
	plain := append(make(wire.Header, 0, len(x.Header)+2), x.Header...)
	entity.Strip(&plain)
	x.Header = plain
	if e != nil {
		x.Header = append(wire.Header(nil), plain...)
		e.Condition(&x.Header)
	}
	asked := time.Now()
	r := f.fetch(x)
	x.Header = plain
	return r, asked
}

// validated takes a 304 for the stored entry.
func (f *front) validated(x *exchange, key string, e *httpcache.Entry, one *flight, r *wire.Response, asked time.Time) {
	updated, ok := e.Updated(x.assessed(r, asked), x.route.policy)
	if ok && x.tags != "" {
		updated.Tags = x.tags
	}
	if ok && x.copied != nil && !x.copied.Received.IsZero() {
		updated.Freshness, updated.Copied = x.copied.Over(updated.Freshness), true
	}
	if !ok { // about another response, or not to be kept: ask again, for all of it
		x.model.store.Remove(key, e)
		f.settle(one)
		return
	}
	x.model.store.Replace(key, e, updated)
	if x.tells() {
		x.told = "fwd=stale; stored"
		one.told = x.told
	}
	if !f.flights.land(one) {
		x.model.store.Invalidate(key)
	}
	httpcache.TidyAge(&r.Header)
	one.entry, one.age = updated, r.Header.Get("Age")
	close(one.ready)
}

// settle ends a flight whose results are set.
func (f *front) settle(one *flight) {
	f.flights.land(one)
	close(one.ready)
}

// alone ends a flight with a response that is for the leader only.
func (f *front) alone(x *exchange, key string, e *httpcache.Entry, one *flight, r *wire.Response, now time.Time) {
	one.sole = r
	if own, ok := r.Body.(*wire.Bytes); ok && r.Status >= 500 && own != nil {
		one.fault = r.Status // the edge's own error: the waiting clients get it too
	} else {
		one.alone = true
	}
	if r.Status < 500 {
		if e != nil {
			x.model.store.Remove(key, e) // the origin says something else now
		}
		x.model.store.MarkPass(key, now)
	}
	f.settle(one)
}

// spool starts to take in a response's body, for all who read it meanwhile
// and then for the store.
func (f *front) spool(x *exchange, key string, one *flight, r *wire.Response, fresh httpcache.Freshness, end func()) *live {
	request, store := x.Header.Clone(), x.model.store
	spool := httpcache.NewSpool(store, end)
	l := &live{status: r.Status, header: r.Header.Clone(), length: r.Length, spool: spool}
	l.entry = x.entry(r, request, fresh)
	l.pin, _ = spool.Reader(f.background)
	body := r.Body
	ended := func() {
		if !f.flights.land(one) {
			store.Invalidate(key)
		}
	}
	spool.Whole = func(content httpcache.Memory, ok bool) {
		body.Close()
		if f.flights.current(one) {
			entry := *l.entry
			entry.Body = content
			if !ok || !store.Put(key, &entry) {
				store.MarkPass(key, time.Now()) // the next need not share a fetch
			}
		}
		ended()
	}
	f.plane.tasks.Go(func() {
		defer end()
		if spool.Fill(body, r.Length) != nil {
			body.Close()
			ended()
		}
	})
	return l
}

// ending is a body at whose end something else ends too.
type ending struct {
	io.ReadCloser
	end func()
}

func (e *ending) Close() error {
	err := e.ReadCloser.Close()
	e.end()
	return err
}

// Waits is that of the body.
func (e *ending) Waits() bool { return waits(e.ReadCloser) }
