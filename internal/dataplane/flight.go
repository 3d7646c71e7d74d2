package dataplane

import (
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/flights"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// shared answers a miss by one fetch for all requests that want the same. It returns nil
// if the caller has to look again.
func (f *front) shared(x *exchange, key string, found httpcache.Found) *wire.Response {
	kind := found.Variant
	x.shares = true
	if x.owner = f.owner(x, key); x.owner != nil {
		// Two members that take each other for the owner must not wait for each other: what
		// a member asks for waits for no fetch from another one.
		kind = "member\x00" + kind
	}
	one, leads := f.flights.Join(key, kind)
	original := x.Header
	if leads {
		if x.model.store.Lookup(key, x.Header, time.Now()).Entry != found.Entry {
			f.flights.Settle(one) // another flight has landed meanwhile
			return nil
		}
		f.leadOrSettle(x, key, found.Entry, one)
		x.Header = original
		if one.Live != nil {
			defer one.Live.Pin.Close()
		}
		if one.Sole != nil {
			return entity.Stream(x.Method, x.Header, one.Sole)
		}
	} else {
		if x.watch != nil {
			x.watch()
		}
		select {
		case <-one.Ready():
		case <-x.ctx.Done():
			return &wire.Response{Status: answers.Nobody}
		}
		x.tier, x.backend, x.asked = one.From.Tier, one.From.Backend, one.From.Asked
		if x.told = one.Told; x.told != "" {
			x.told += "; collapsed"
		}
	}
	switch {
	case one.Entry != nil:
		if !one.Entry.Matches(x.Header) {
			return f.direct(x, key, nil)
		}
		how := "MISS"
		if one.Stale {
			how = "STALE"
		}
		r := f.fromStore(x, key, one.Entry, how)
		if one.Stale {
			x.tellFailed()
		}
		if r != nil && one.Age != "" && (r.Status < 400 || r.Status == one.Entry.Status) {
			r.Header.Set("Age", one.Age)
		}
		return r
	case one.Live != nil:
		if r := one.Answer(x.ctx, x.Method, original); r != nil {
			x.gives(one.Live.Entry)
			return r
		}
		return f.direct(x, key, nil)
	case one.Fault != 0:
		return answers.Failure(one.Fault)
	case one.Alone:
		return f.direct(x, key, nil)
	}
	return nil
}

// leadOrSettle is lead that ends the flight even if lead panics, so that nobody waits for
// it in vain.
func (f *front) leadOrSettle(x *exchange, key string, e *httpcache.Entry, one *flights.Flight) {
	flown := false
	defer func() {
		if !flown {
			f.flights.Settle(one)
		}
	}()
	f.lead(x, key, e, one)
	flown = true
}
