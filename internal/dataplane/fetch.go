package dataplane

import (
	"context"
	"net/http"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/flights"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// lead carries out a flight: it asks the origin for the whole resource, or whether the
// stored entry is still good, and sets the flight's result. It changes x.Header.
func (f *front) lead(x *exchange, key string, e *httpcache.Entry, one *flights.Flight) {
	client := x.ctx
	ctx, cancel := context.WithCancel(f.background)
	unlink := context.AfterFunc(client, cancel) // until another client waits for the fetch
	end := func() { unlink(); cancel() }
	x.ctx = ctx
	r, asked := f.ask(x, e)
	x.ctx, x.owner, x.shares = client, nil, false
	one.From = flights.Source{Tier: x.tier, Backend: x.backend, Asked: x.asked}
	if r.Status == answers.Nobody {
		end()
		one.Sole = r
		f.flights.Settle(one) // those who wait look again
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
		one.Entry, one.Stale = e, true
		f.flights.Settle(one)
		return
	}
	freshness, ok := x.assess(r, asked)
	ok = ok && x.pageFor(r) == nil
	ok = ok && (e == nil || r.Status < 500) // a failure takes nothing's place
	x.tellAsked(e, r, asked, ok && r.Length <= x.model.store.MaxObject())
	one.Told = x.told
	f.complete(r)
	if ok && r.Length <= x.model.store.MaxObject() && r.Body != nil {
		unlink()
		one.Publish(f.spool(x, key, one, r, freshness, end))
		return
	}
	if ok && r.Body == nil {
		end()
		one.Entry, one.Age = x.entry(r, x.Header, freshness), r.Header.Get("Age")
		x.model.store.Put(key, one.Entry)
		f.flights.Settle(one)
		return
	}
	f.alone(x, key, e, one, r, now)
	if r.Body != nil {
		r.Body = &wire.Ending{ReadCloser: r.Body, End: end}
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
func (f *front) validated(x *exchange, key string, e *httpcache.Entry, one *flights.Flight, r *wire.Response, asked time.Time) {
	updated, ok := e.Updated(x.assessed(r, asked), x.route.policy)
	if ok && x.tags != "" {
		updated.Tags = x.tags
	}
	if ok && x.copied != nil && !x.copied.Received.IsZero() {
		updated.Freshness, updated.Copied = x.copied.Over(updated.Freshness), true
	}
	if !ok { // about another response, or not to be kept: ask again, for all of it
		x.model.store.Remove(key, e)
		f.flights.Settle(one)
		return
	}
	x.model.store.Replace(key, e, updated)
	if x.tells() {
		x.told = "fwd=stale; stored"
		one.Told = x.told
	}
	if !f.flights.Land(one) {
		x.model.store.Invalidate(key)
	}
	httpcache.TidyAge(&r.Header)
	one.Entry, one.Age = updated, r.Header.Get("Age")
	one.Done()
}

// alone ends a flight with a response that no other request may share.
func (f *front) alone(x *exchange, key string, e *httpcache.Entry, one *flights.Flight, r *wire.Response, now time.Time) {
	one.Sole = r
	if own, ok := r.Body.(*wire.Bytes); ok && r.Status >= 500 && own != nil {
		one.Fault = r.Status // the edge's own error: the waiting clients get it too
	} else {
		one.Alone = true
	}
	if r.Status < 500 {
		if e != nil {
			x.model.store.Remove(key, e) // the origin says something else now
		}
		x.model.store.MarkPass(key, now)
	}
	f.flights.Settle(one)
}

// spool starts to take in a response's body, for all who read it meanwhile
// and then for the store.
func (f *front) spool(x *exchange, key string, one *flights.Flight, r *wire.Response, fresh httpcache.Freshness, end func()) *flights.Live {
	request, store := x.Header.Clone(), x.model.store
	spool := httpcache.NewSpool(store, end)
	l := &flights.Live{Status: r.Status, Header: r.Header.Clone(), Length: r.Length, Spool: spool}
	l.Entry = x.entry(r, request, fresh)
	l.Pin, _ = spool.Reader(f.background)
	body := r.Body
	ended := func() {
		if !f.flights.Land(one) {
			store.Invalidate(key)
		}
	}
	spool.Whole = func(content httpcache.Memory, ok bool) {
		body.Close()
		if f.flights.Current(one) {
			entry := *l.Entry
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
