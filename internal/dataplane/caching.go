package dataplane

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// cached answers a GET or HEAD that may be answered from the cache. A client's own
// Cache-Control is not obeyed, so that no client can have each of its requests sent to the
// backend (RFC 9111, 5.2.1 leaves the choice). Only no-store is obeyed: such a request does
// not come here.
func (f *front) cached(x *exchange) *wire.Response {
	key := x.key(x.Target, x.route.variant)
	for {
		now := time.Now()
		found := x.model.store.Lookup(key, x.Header, now)
		e := found.Entry
		if e != nil && e.Copied && x.member { // what was taken from a member is given to none
			x.model.store.Remove(key, e)
			continue
		}
		if e != nil {
			if stale := e.Freshness.Stale(now); stale <= 0 {
				if r := f.fromStore(x, key, e, "HIT"); r != nil {
					return r
				}
				continue
			} else if stale <= e.Freshness.Grace {
				f.refresh(x, key, e)
				if r := f.fromStore(x, key, e, "STALE"); r != nil {
					return r
				}
				continue
			}
		}
		x.cache = "MISS"
		if decide.NeverStored(x.route.Route) {
			x.cache = "PASS"
		}
		if x.Method == http.MethodHead || e == nil && (found.Pass || strings.Contains(x.Header.Get("Range"), ",")) {
			return f.direct(x, key, e)
		}
		if r := f.shared(x, key, found); r != nil {
			return r
		}
	}
}

// key is what a response for the target is stored under.
func (x *exchange) key(target, variant string) string {
	return x.Key(decide.KeyTarget(x.host.Site.Cache.IgnoreQuery, target), variant)
}

// fromStore answers with a stored response; nil where its body is gone.
func (f *front) fromStore(x *exchange, key string, e *httpcache.Entry, how string) *wire.Response {
	r, err := e.Answer(x.Method, x.Header, time.Now())
	if err != nil {
		x.model.store.Remove(key, e)
		return nil
	}
	if c := x.route.Compress; c != nil {
		confirmed(r, e.Header, c, x.Coding)
	}
	x.gives(e)
	if x.cache = how; how == "MISS" {
		r.Header.Del("Age") // the origin has just made or confirmed it
	} else {
		x.tellHit(e)
		x.tier, x.backend, x.asked = "cache", "", 0 // whoever was asked before gave no answer
	}
	return r
}

// direct asks the origin for one client, with the client's own conditions and ranges. No
// other request shares the answer.
func (f *front) direct(x *exchange, key string, e *httpcache.Entry) *wire.Response {
	x.owner, x.shares = nil, false
	entity.Tidy(&x.Header)
	asked := time.Now()
	r := f.fetch(x)
	if r.Status >= 500 && e != nil && usableOnError(e, time.Now()) {
		if s := f.fromStore(x, key, e, "STALE"); s != nil {
			x.tellFailed()
			r.Close()
			return s
		}
	}
	plain := entity.Plain(x.Header)
	freshness, store := httpcache.Freshness{}, false
	if plain && x.Method == http.MethodGet && r.Length <= x.model.store.MaxObject() {
		// It could not be stored lately; it may be now.
		freshness, store = httpcache.Assess(x.assessed(r, asked), x.route.policy)
		store = store && x.pageFor(r) == nil
	}
	x.tellAsked(e, r, asked, store)
	f.complete(r)
	if !plain {
		return entity.Stream(x.Method, x.Header, r)
	}
	if !store {
		return r
	}
	if r.Body == nil {
		x.model.store.Put(key, x.entry(r, x.Header, freshness))
		return r
	}
	flight, leads := f.flights.Join(key, "direct")
	if !leads {
		return r
	}
	flight.Publish(f.spool(x, key, flight, r, freshness, func() {}))
	defer flight.Live.Pin.Close()
	if s := flight.Answer(x.ctx, x.Method, x.Header); s != nil {
		x.gives(flight.Live.Entry)
		return s
	}
	return answers.Failure(http.StatusBadGateway)
}

func (x *exchange) assessed(r *wire.Response, asked time.Time) httpcache.Exchange {
	return httpcache.Exchange{Method: x.Method, Authorization: x.Header.Has("Authorization"), Asked: asked, Came: time.Now(),
		Status: r.Status, Header: r.Header}
}

func usableOnError(e *httpcache.Entry, now time.Time) bool {
	return e.Freshness.Stale(now) <= e.Freshness.IfError
}

// refresh fetches a fresh copy in the background, after a stale answer. There is one such
// fetch at a time.
func (f *front) refresh(x *exchange, key string, e *httpcache.Entry) {
	flight, leads := f.flights.Join(key, "refresh")
	if !leads {
		return
	}
	own := x.detached(f.background)
	own.shares, own.owner = true, f.owner(own, key)
	f.plane.tasks.Go(func() {
		f.lead(own, key, e, flight)
		if flight.Live != nil {
			flight.Live.Pin.Close()
		}
		if flight.Sole != nil {
			flight.Sole.Close()
		}
	})
}

// detached copies from an exchange what a fetch needs that outlives the client's request.
func (x *exchange) detached(ctx context.Context) *exchange {
	own := *x
	own.ctx, own.watch = ctx, nil
	own.Header = x.Header.Clone()
	own.Method = http.MethodGet
	own.Target, own.Host, own.Path = strings.Clone(x.Target), strings.Clone(x.Host), strings.Clone(x.Path)
	own.Leads = strings.Clone(x.Leads)
	return &own
}

// invalidate forgets what an unsafe request may have changed (RFC 9111, 4.4).
func (f *front) invalidate(x *exchange, r *wire.Response) {
	targets := []string{x.Target}
	for _, name := range []string{"Location", "Content-Location"} {
		if !r.Header.Has(name) {
			continue
		}
		if u, err := url.Parse(r.Header.Get(name)); err == nil {
			if u.Host == "" || wire.EqualFold(u.Host, x.Host) {
				base := &url.URL{Path: x.Path}
				targets = append(targets, base.ResolveReference(u).RequestURI())
			}
		}
	}
	var keys []string
	for _, target := range targets {
		for _, variant := range x.host.Variants() {
			key := x.key(target, variant)
			f.flights.Outdate(key)
			x.model.store.Invalidate(key)
			if now := f.plane.model.Load().store; now != x.model.store {
				now.Invalidate(key)
			}
			if f.plane.options.Cluster != nil {
				keys = append(keys, key)
			}
		}
	}
	if c := f.plane.options.Cluster; c != nil {
		host, target := decide.SplitKey(keys[0])
		c.Forget(context.WithoutCancel(x.ctx), host+target, keys)
	}
}

// forget makes invalid what is stored under a key, or being fetched for it. Another member
// has asked for that.
func (f *front) forget(key string) {
	f.flights.Outdate(key)
	for _, store := range f.plane.stores() {
		store.Invalidate(key)
	}
}
