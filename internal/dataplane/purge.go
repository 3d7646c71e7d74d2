package dataplane

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Purge forgets what the cache tier has stored and p means, or makes it stale, and returns
// how many responses that were. A request that comes afterwards gets nothing that was
// fetched from an app before. Without a cache it does nothing.
func (p *Plane) Purge(what site.Purge) (count int) {
	if p.front == nil {
		return 0
	}
	p.emptied.Store(true)
	means := httpcache.Purge{Key: p.model.Load().meant(&what), Tag: what.Tag, Soft: what.Soft}
	for _, store := range p.stores() {
		count += store.Purge(means, time.Now())
	}
	p.front.flights.Part(&means)
	return count
}

// meant finds the keys that a purge means; nil where it may be any.
func (m *model) meant(what *site.Purge) func(key string) bool {
	host, target := what.Host()
	switch {
	case what.URL != "":
		return func(key string) bool {
			h, t := decide.SplitKey(key)
			return h == host && t == target
		}
	case what.Prefix != "":
		return func(key string) bool {
			h, t := decide.SplitKey(key)
			return h == host && strings.HasPrefix(t, target)
		}
	case what.Site != "":
		return func(key string) bool {
			h, _ := decide.SplitKey(key)
			found := m.decide.Host(h)
			return found != nil && found.Site.Host == what.Site
		}
	}
	return nil
}

// purged answers a request to purge, from a client or from a native cache tier that has
// looked who asks.
func (p *Plane) purged(x *exchange) answer {
	what, ok := x.model.decide.Purged(&x.Question)
	if !ok || p.options.Purge == nil {
		return answer{Response: answers.Failure(http.StatusNotFound), close: x.Body != nil}
	}
	count, err := p.options.Purge(x.ctx, what)
	if err != nil {
		p.log.WarnContext(x.ctx, "purge", "url", what.URL, "error", err)
		return answer{Response: answers.Failure(http.StatusServiceUnavailable), close: x.Body != nil}
	}
	text := strconv.Itoa(count) + " forgotten\n"
	return answer{close: x.Body != nil, Response: &wire.Response{Status: http.StatusOK, Length: int64(len(text)), Body: wire.NewBytes([]byte(text)),
		Header: wire.Header{{Name: "Content-Type", Value: "text/plain; charset=utf-8"}, {Name: "Cache-Control", Value: "no-store"}}}}
}

// relayedPurge answers a native cache tier.
func (p *Plane) relayedPurge(x *exchange) answer {
	x.ReceiveRelayed()
	return p.purged(x)
}

// stores are those of all models that serve now, or may serve in a moment.
func (p *Plane) stores() []*httpcache.Store {
	p.mu.Lock()
	defer p.mu.Unlock()
	models := []*model{p.model.Load()}
	if q := p.prepared; q != nil {
		models = append(models, q.old, q.next)
	}
	var all []*httpcache.Store
	for _, m := range models {
		if m.store != nil && !slices.Contains(all, m.store) {
			all = append(all, m.store)
		}
	}
	return all
}

// fetch asks the origin, and removes from the answer what the app says to the cache alone.
func (f *front) fetch(x *exchange) *wire.Response {
	if x.model.store != nil {
		x.since = x.model.store.Purges()
	}
	r := f.asked(x)
	x.tags = ""
	if name := x.host.Site.Cache.Tags; name != "" && r.Header.Has(name) {
		x.tags = strings.Clone(strings.Join(strings.FieldsFunc(r.Header.Joined(name), betweenTags), " "))
		r.Header.Del(name)
	}
	return r
}

// betweenTags is what stands between tags, as in Cache-Tag or in Surrogate-Key.
func betweenTags(r rune) bool { return r == ',' || r == ' ' || r == '\t' }

// entry is what is stored of a response, without its body.
func (x *exchange) entry(r *wire.Response, request wire.Header, fresh httpcache.Freshness) *httpcache.Entry {
	e := httpcache.NewEntry(r.Status, r.Header, request, fresh, httpcache.NewMemory(nil))
	e.Tags, e.Since, e.Copied = x.tags, x.since, x.copied != nil
	return e
}
