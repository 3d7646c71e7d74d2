// Package flights has one fetch answer all requests that want the same.
package flights

import (
	"maps"
	"sync"
	"time"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
)

// Flights are the fetches under way, by the key of those requests that may share one. The
// methods may be called from any goroutine; the zero value has none.
type Flights struct {
	mu  sync.Mutex
	all map[string]*Flight
}

// Flight is one fetch that several requests may wait for. Whoever carries it out sets at most
// one of its results, and then closes Ready by Publish, Settle or Done. If no result is set,
// the requests look again.
type Flight struct {
	name     string
	key      string // of what is fetched
	ready    chan struct{}
	outdated bool // guarded by Flights.mu: not to be stored any more

	// Entry answers from the store. Stale tells that it is an old one, because the fetch
	// failed. Age is that of what has come, in its own words, where Entry is that; else "".
	Entry *httpcache.Entry
	Stale bool
	Age   string
	// Live is a response that is coming in.
	Live *Live
	// Alone tells that each request fetches for itself. Sole is the leader's own response,
	// and nobody else's.
	Alone bool
	Sole  *wire.Response
	// Fault is the status of an error that is everybody's; 0 for none.
	Fault int

	Told string // what Cache-Status says of it
	From Source // of what came
}

// Source is who made an answer, for the access log.
type Source struct {
	Tier, Backend string
	Asked         time.Duration
}

// Join returns the flight of that kind for a key, and whether the caller has to carry it
// out.
func (f *Flights) Join(key, kind string) (*Flight, bool) {
	name := key + "\x00" + kind
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.all[name]; one != nil {
		return one, false
	}
	one := &Flight{name: name, key: key, ready: make(chan struct{})}
	if f.all == nil {
		f.all = map[string]*Flight{}
	}
	f.all[name] = one
	return one, true
}

// Len is how many fetches are under way.
func (f *Flights) Len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

// Current reports whether a flight's response may be stored.
func (f *Flights) Current(one *Flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !one.outdated
}

// Land removes a flight, and reports whether what it stored may stay.
func (f *Flights) Land(one *Flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[one.name] == one {
		delete(f.all, one.name)
	}
	return !one.outdated
}

// Outdate has no response of the flights of a key stored, and lets no further request
// Join them.
func (f *Flights) Outdate(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, one := range f.all {
		if one.key == key {
			one.outdated = true
			delete(f.all, name)
		}
	}
}

// Part keeps requests that come after a purge out of the flights whose responses the
// purge may mean. The store decides whether those responses are stored.
func (f *Flights) Part(p *httpcache.Purge) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.all, func(_ string, one *Flight) bool { return p.MayMean(one.key) })
}

// Settle ends a flight whose results are set, and reports whether what it stored may stay.
func (f *Flights) Settle(one *Flight) bool {
	current := f.Land(one)
	one.Done()
	return current
}

// Done lets those go on that wait for the flight.
func (one *Flight) Done() { close(one.ready) }

// Ready is closed when the results are set.
func (one *Flight) Ready() <-chan struct{} { return one.ready }

// Publish has everybody read what is coming in.
func (one *Flight) Publish(l *Live) {
	one.Live = l
	one.Done()
}
