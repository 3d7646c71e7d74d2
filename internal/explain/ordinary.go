package explain

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// webSocket tells of a handshake that is piped.
func (j *journey) webSocket() {
	taken := j.w.Taken()
	backend := j.backend(taken)
	tier := site.CacheTier
	if j.in.Edge.Uncached() {
		tier = site.WebTier
	}
	j.rewritten(taken)
	status, as := http.StatusSwitchingProtocols, ""
	if j.q.Tunnel {
		status, as = http.StatusOK, ", which is asked by a handshake of HTTP/1.1"
		j.q.Header.Set("Sec-WebSocket-Key", newID)
	}
	j.step(tier, "websocket", "W1", or(taken.WebSocketSource, taken.Source), inWebSocket, "the handshake is valid: it is piped to %s, past the cache and the files%s", backend, as)
	decide.ApplyToRequest(&j.q.Header, &taken.RequestHeaders)
	j.appFields(taken)
	j.out.Tier, j.out.WebSocket = "backend", true
	j.answer(0, "%d: a WebSocket on route %s, piped to %s, if that agrees", status, quoted(taken), backend)
}

// ordinary tells what becomes of a request that is no WebSocket handshake, on its route.
func (j *journey) ordinary() {
	taken := j.w.Taken()
	if j.q.Upgrade.Protocol != "" {
		j.step(site.CacheTier, "websocket", "W4", or(taken.WebSocketSource, taken.Source), inWebSocket, "Upgrade is dropped: %s", j.noPipe(taken))
		defer func() { j.out.Answer = "no WebSocket, as " + j.noPipe(taken) + "; " + j.out.Answer }()
	}
	j.q.Header.Filter(func(h wire.Field) bool { return !decide.OnlyWebSocket(h.Name) })
	j.negotiate(taken)
	decide.ApplyToRequest(&j.q.Header, &taken.RequestHeaders)
	past := j.decide.Past(&j.q, j.w.Host.Site)
	why := j.cache(taken, past) // or what is stored
	if past == decide.LookedUp {
		j.q.Looked()
	}
	asked := j.q.Header.Clone()
	if past == decide.LookedUp {
		// A miss fetches the whole resource.
		if j.q.Method == http.MethodHead || strings.Contains(asked.Get("Range"), ",") {
			entity.Tidy(&asked)
		} else {
			entity.Strip(&asked)
		}
	}
	j.out.Tier = "web"
	switch {
	case taken.Redirect != nil:
		j.redirect(taken, past)
	case taken.Static != nil && j.static(taken, past):
	case taken.Backend != "":
		j.q.Header = asked
		if taken.Compress != nil && taken.Static != nil { // that was for files
			j.q.Header.Del("Accept-Encoding")
		}
		j.proxied(taken, past, why)
	case taken.Static != nil:
		j.step(site.WebTier, "backend", "S1", taken.Source, "", "route %s has no backend", quoted(taken))
		j.answer(http.StatusNotFound, "no file below %s matches and route %s has no backend", j.named(taken.Static.Root), quoted(taken))
		j.own(taken, past)
	default:
		j.step(site.WebTier, "backend", "S1", taken.Source, "", "route %s has neither files nor a backend", quoted(taken))
		j.answer(http.StatusNotFound, "route %s has neither files nor a backend", quoted(taken))
		j.own(taken, past)
	}
}

func (j *journey) noPipe(taken *site.Route) string {
	if taken.WebSocket {
		return fmt.Sprintf("it asks for %s, and not for a WebSocket", j.q.Upgrade.Protocol)
	}
	return "route " + quoted(taken) + " takes no WebSockets"
}

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
	j.step(site.CacheTier, "cache", "K1", source, inPolicy, "looked up in the cache: HIT while a fresh answer is stored%s, else %s; an answer is %s", j.staleness(cache), miss, stored)
	return stored
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

// own is what X-Cache may say of an answer of the web tier's own, which names no
// freshness.
func (j *journey) own(taken *site.Route, past decide.Past) {
	if past == decide.LookedUp && !taken.HasTTL && !decide.NeverStored(taken) {
		j.out.Cache = []string{"MISS"}
	}
}

func (j *journey) redirect(taken *site.Route, past decide.Past) {
	to := taken.Redirect
	_, query, _ := strings.Cut(j.q.Target, "?")
	location := to.Location(query)
	if taken.Varies() {
		location = j.q.Leads
	}
	j.step(site.WebTier, "redirect", "M4", to.Source, "", "redirected to %s", location)
	j.answer(to.Status, "route %s redirects to %s", quoted(taken), location)
	j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Location", Value: location, Source: sourceText(to.Source)})
	j.own(taken, past)
}

// proxied tells which app is asked.
func (j *journey) proxied(taken *site.Route, past decide.Past, why string) {
	backend := j.backend(taken)
	j.rewritten(taken)
	if b, _ := j.w.Host.Site.BackendByName(taken.Backend); b.FastCGI != nil && !j.script(taken, past, b.FastCGI) {
		return
	}
	j.step(site.WebTier, "backend", "F1", or(taken.BackendSource, taken.Source), "", "%s is asked", backend)
	j.appFields(taken)
	j.handedOver()
	j.out.Tier = "backend"
	if j.q.Leads != "" {
		backend += ", asked for " + j.q.Leads + ","
	}
	if past == decide.LookedUp {
		j.judges(taken)
		j.answer(0, "MISS or HIT: %s answers a miss, and that is %s", backend, why)
		return
	}
	j.answer(0, "%s; %s answers", why, backend)
}

// judges notes what is needed to tell whether an answer is stored by the header that a
// client gets, where that shows it.
func (j *journey) judges(taken *site.Route) {
	j.out.authorized = j.q.Header.Has("Authorization")
	for _, name := range []string{"Cache-Control", "Expires", "Vary", "Set-Cookie", "Age", "Date", "Last-Modified"} {
		set := func(h site.Header) bool { return wire.EqualFold(h.Name, name) }
		removed := func(h site.HeaderName) bool { return wire.EqualFold(h.Name, name) }
		if slices.ContainsFunc(taken.ResponseHeaders.Set, set) || slices.ContainsFunc(taken.ResponseHeaders.Remove, removed) {
			return
		}
	}
	if j.q.Method == http.MethodGet {
		policy := httpcache.PolicyOf(j.w.Host.Site, taken)
		j.out.policy = &policy
	}
}

// handedOver tells where an app may lead the request.
func (j *journey) handedOver() {
	s := j.w.Host.Site
	var inside []string
	var source site.Source
	for i := range s.Routes {
		if r := &s.Routes[i]; r.Internal {
			inside, source = append(inside, quoted(r)), or(source, r.InternalSource)
		}
	}
	if inside != nil {
		j.step(site.WebTier, "handover", "M7", source, "", "where the answer has an X-Accel-Redirect, the internal route that holds its path answers (%s), and else the answer is 404", strings.Join(inside, ", "))
	}
}

// rewritten tells what the app is asked for in place of the target.
func (j *journey) rewritten(taken *site.Route) {
	if j.q.Leads != "" {
		j.step(site.CacheTier, "rewrite", "M3", taken.Rewrite.Source, "", "the app is asked for %s", j.q.Leads)
	}
}

// script tells which script is run; false where there is none.
func (j *journey) script(taken *site.Route, past decide.Past, f *site.FastCGI) bool {
	app := fastcgi.App{Root: f.Root, Index: f.Index}
	found, err := app.Find(cmp.Or(j.q.Leads, j.q.Target))
	switch {
	case errors.Is(err, fastcgi.ErrNoScript):
		j.step(site.WebTier, "script", "B6", f.Source, "", "no script below %s is for %s", j.named(f.Root), j.q.Path)
		j.answer(http.StatusNotFound, "no script below %s is for %s", j.named(f.Root), j.q.Path)
	case errors.Is(err, static.ErrSlash):
		location := decide.WithSlash(j.q.Target)
		j.step(site.WebTier, "script", "B6", f.Source, "", "%s is there, and the path lacks its last slash", j.named(f.Root+j.q.Path+"/"+f.Index))
		j.answer(static.Slash.Status(j.q.Method), "a directory with %s was asked for without its last slash: redirected to %s", f.Index, location)
		j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Location", Value: location})
	case err != nil:
		j.step(site.WebTier, "script", "B6", f.Source, "", "%s", err)
		return true
	default:
		says := j.named(f.Root+found.Name) + " is run"
		if found.Info != "" {
			says += ", with the PATH_INFO " + found.Info
		}
		j.step(site.WebTier, "script", "B6", f.Source, "", "%s", says)
		return true
	}
	j.own(taken, past)
	return false
}

// backend names an app with its servers.
func (j *journey) backend(taken *site.Route) string {
	j.out.Backend = taken.Backend
	b, _ := j.w.Host.Site.BackendByName(taken.Backend)
	var all []string
	for _, s := range b.Servers {
		j.out.Servers = append(j.out.Servers, s.String())
		named := s.String()
		if s.Backup {
			named += " where no other can be asked"
		}
		all = append(all, named)
	}
	if s := b.Sticky; s != nil && len(b.Servers) > 1 {
		if shows := strings.Contains("; "+j.cookies, "; "+s.Cookie+"="); shows {
			all = append(all, "by its cookie "+s.Cookie)
		}
	}
	j.out.patience = short(b.Timeout.Over(j.in.Edge.Timeout).FirstByte)
	return fmt.Sprintf("%s (%s)", b.Name, strings.Join(all, ", "))
}
