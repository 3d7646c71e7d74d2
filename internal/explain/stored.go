package explain

import (
	"fmt"
	"strings"
	"time"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/site"
)

// cache tells whether the request is looked up, and whether its answer may be stored.
func (j *journey) cache(taken *site.Route, past decide.Past) (why string) {
	s := j.w.Host.Site
	clause, source := "K1", site.Source{}
	switch past {
	case decide.LookedUp:
		return j.lookedUp(taken)
	case decide.NothingStored:
		clause, source, why = "T2", j.in.Edge.Engine.Source, "engine.cache is off"
	case decide.ByMethod:
		why = j.q.Method + " is neither GET nor HEAD"
	case decide.WithBody:
		why = "the request has a body"
	case decide.NoStore:
		why = "the request's Cache-Control says no-store"
	case decide.WithCookie:
		name, _ := decide.NotIgnored(j.q.Header, s.Cache.IgnoreCookies)
		clause, source, why = "K2", s.Cache.Source, fmt.Sprintf("cookie %q is not ignored", name)
	}
	j.step(site.CacheTier, "cache", clause, source, inPolicy, "PASS: %s", why)
	return "PASS: " + why
}

// lookedUp tells what may be found, and what is stored.
func (j *journey) lookedUp(taken *site.Route) (why string) {
	cache := j.w.Host.Site.Cache
	j.out.Cache = []string{"MISS", "HIT", "STALE"}
	source, stored := cache.Source, "stored only where it names its freshness (Cache-Control or Expires)"
	switch {
	case taken.HasTTL && taken.TTL > 0:
		source, stored = taken.CacheSource, "stored for "+short(taken.TTL)+" where it names no freshness itself"
	case taken.HasTTL:
		source, stored = taken.CacheSource, "with a ttl of 0, stored only where it names its freshness, or can be validated"
	case cache.Heuristic:
		stored = "stored where it names its freshness, or has a Last-Modified"
	}
	if j.q.Header.Has("Authorization") {
		stored += ", and only where it says public, s-maxage or must-revalidate, as the request has Authorization"
	}
	miss := "MISS"
	if decide.NeverStored(taken) {
		miss, stored = "PASS", "never stored: files name no freshness, and route "+quoted(taken)+" has no ttl"
		j.out.Cache = []string{"PASS"}
		if cache.Heuristic {
			j.out.Cache = []string{"PASS", "HIT", "STALE"}
			stored = "stored by its Last-Modified alone"
		}
	}
	if key := decide.KeyTarget(cache.IgnoreQuery, j.q.Target); key != j.q.Target {
		j.step(site.CacheTier, "key", "K7", cache.Source, ": ignore_query", "parameters of the query are ignored: it is stored as %s", key)
		stored += ", as " + key
	}
	if taken.Access.Protects() {
		stored += ", and only where it says public, as it is known who asks"
	}
	j.step(site.CacheTier, "cache", "K1", source, inPolicy, "looked up in the cache: HIT while a fresh answer is stored%s, else %s; an answer is %s%s", j.staleness(cache), miss, stored, ofFiles(taken))
	j.owner(taken)
	return stored
}

// ofFiles tells what a ttl means where files answer.
func ofFiles(taken *site.Route) string {
	if taken.Static == nil || taken.TTL == 0 {
		return ""
	}
	return "; a file that changes shows after that, or after a purge"
}

func (j *journey) staleness(c site.Cache) string {
	text := ""
	if c.Grace > 0 {
		text += ", STALE for " + short(c.Grace) + " after"
	}
	if c.StaleIfError > 0 {
		text += ", STALE for " + short(c.StaleIfError) + " while the app fails"
	}
	return text
}

// short is a duration as a person writes it.
func short(d time.Duration) string {
	text := d.String()
	for _, tail := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, tail) {
			text = text[:len(text)-2]
		}
	}
	return text
}
