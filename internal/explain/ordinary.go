package explain

import (
	"fmt"
	"net/http"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/entity"
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
