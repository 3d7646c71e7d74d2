package dataplane

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// flights are the fetches under way, by the key of those requests that may share one.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

// flight is one fetch that several requests may wait for. When ready is closed, at most
// one of the results below is set. If none is, the requests look again.
type flight struct {
	name     string
	key      string // of what is fetched
	ready    chan struct{}
	outdated bool // guarded by flights.mu: not to be stored any more

	entry *httpcache.Entry // answered from the store
	stale bool             // entry is, because the fetch failed
	age   string           // of what came, in its own words, where entry is that; "" for none
	live  *live            // coming in
	alone bool             // each request fetches for itself
	sole  *wire.Response   // the leader's own response; nobody else's
	told  string           // what Cache-Status says of it
	fault int              // status of an error that is everybody's
	from  source           // of what came
}

// source is who made an answer, for the access log.
type source struct {
	tier, backend string
	asked         time.Duration
}

// live is a response whose body is coming in.
type live struct {
	status int
	header wire.Header
	length int64
	spool  *httpcache.Spool
	entry  *httpcache.Entry // to compare a request with; has no body
	// pin keeps the start of the body in memory until the leader reads it.
	pin *httpcache.SpoolReader
}

// join returns the flight of that kind for a key, and whether the caller has to carry it
// out.
func (f *flights) join(key, kind string) (*flight, bool) {
	name := key + "\x00" + kind
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.all[name]; one != nil {
		return one, false
	}
	one := &flight{name: name, key: key, ready: make(chan struct{})}
	f.all[name] = one
	return one, true
}

// current reports whether a flight's response may be stored.
func (f *flights) current(one *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !one.outdated
}

// land removes a flight, and reports whether what it stored may stay.
func (f *flights) land(one *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[one.name] == one {
		delete(f.all, one.name)
	}
	return !one.outdated
}

// outdate has no response of the flights of a key stored, and lets no further request
// join them.
func (f *flights) outdate(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, one := range f.all {
		if one.key == key {
			one.outdated = true
			delete(f.all, name)
		}
	}
}

func (one *flight) publish(l *live) {
	one.live = l
	close(one.ready)
}

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
	one, leads := f.flights.join(key, kind)
	original := x.Header
	if leads {
		if x.model.store.Lookup(key, x.Header, time.Now()).Entry != found.Entry {
			f.settle(one) // another flight has landed meanwhile
			return nil
		}
		f.leadOrSettle(x, key, found.Entry, one)
		x.Header = original
		if one.live != nil {
			defer one.live.pin.Close()
		}
		if one.sole != nil {
			return whole(x, one.sole)
		}
	} else {
		if x.watch != nil {
			x.watch()
		}
		select {
		case <-one.ready:
		case <-x.ctx.Done():
			return &wire.Response{Status: nobody}
		}
		x.tier, x.backend, x.asked = one.from.tier, one.from.backend, one.from.asked
		if x.told = one.told; x.told != "" {
			x.told += "; collapsed"
		}
	}
	switch {
	case one.entry != nil:
		if !one.entry.Matches(x.Header) {
			return f.direct(x, key, nil)
		}
		how := "MISS"
		if one.stale {
			how = "STALE"
		}
		r := f.fromStore(x, key, one.entry, how)
		if one.stale {
			x.tellFailed()
		}
		if r != nil && one.age != "" && (r.Status < 400 || r.Status == one.entry.Status) {
			r.Header.Set("Age", one.age)
		}
		return r
	case one.live != nil:
		if r := one.answer(x, original); r != nil {
			x.gives(one.live.entry)
			return r
		}
		return f.direct(x, key, nil)
	case one.fault != 0:
		return failure(one.fault)
	case one.alone:
		return f.direct(x, key, nil)
	}
	return nil
}

// leadOrSettle is lead that ends the flight even if lead panics, so that nobody waits for
// it in vain.
func (f *front) leadOrSettle(x *exchange, key string, e *httpcache.Entry, one *flight) {
	flown := false
	defer func() {
		if !flown {
			f.settle(one)
		}
	}()
	f.lead(x, key, e, one)
	flown = true
}

// answer is a live response as it comes in; nil if it is not for this request, or if its
// start is gone already.
func (one *flight) answer(x *exchange, request wire.Header) *wire.Response {
	l := one.live
	if !l.entry.Matches(request) {
		return nil
	}
	if l.status == http.StatusOK && l.length >= 0 {
		r, err := entity.Answer(x.Method, request, entity.Whole{Status: l.status, Header: l.header, Size: l.length,
			Open: func(offset, length int64) (io.ReadCloser, error) { return l.open(x.ctx, offset, length) }})
		if err != nil {
			return nil
		}
		return r
	}
	if l.status == http.StatusOK {
		if r := conditional(request, l.header); r != nil {
			return r
		}
	}
	body, ok := l.spool.Reader(x.ctx)
	if !ok {
		return nil
	}
	header := append(make(wire.Header, 0, len(l.header)+4), l.header...)
	return &wire.Response{Status: l.status, Header: header, Length: l.length, Body: body}
}

// open reads a part of a body that is coming in.
func (l *live) open(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	body, ok := l.spool.Reader(ctx)
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	if offset == 0 && length == l.length {
		return body, nil
	}
	return &part{body: body, skip: offset, left: length}, nil
}
