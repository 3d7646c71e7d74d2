package explain

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/vsm"
)

// came says what came and why, in one line; "" where it is what was foretold.
func (e *Explanation) came(l *Live, unwell []string) string {
	cache := cmp.Or(l.header["x-cache"], l.Log.Text("cache"))
	status := fmt.Sprintf("%d: ", l.Status)
	switch {
	case e.Status == l.Status || e.Tier == "tls" || e.WebSocket && l.Status < 300:
		return ""
	case l.Status == http.StatusTooManyRequests && e.counted != "" && l.Log.Text("tier") != "backend":
		return status + e.counted
	case e.Status != 0:
		return status + "not what was foretold, which is " + e.Answer
	case e.verifier != "" && cache == "PASS" && l.Status >= 300 && l.Status < 500 && l.Log.Text("tier") != "backend":
		return status + e.verifier + " does not let it in" + e.orItself(l)
	case l.unanswered():
		return status + e.unanswered(l, unwell) + e.orItself(l)
	}
	status = fmt.Sprintf("%d %s: ", l.Status, cmp.Or(cache, "from a WebSocket's app"))
	switch cache {
	case "HIT", "STALE":
		if age := l.header["age"]; age != "" {
			return status + "what is stored answers, which is " + age + " s old"
		}
		return status + "what is stored answers"
	case "MISS":
		return status + e.answered(l) + e.kept(l)
	case "PASS":
		if e.Cache[0] == "PASS" && strings.HasPrefix(e.Answer, "PASS: ") {
			why, _, _ := strings.Cut(strings.TrimPrefix(e.Answer, "PASS: "), "; ")
			return status + e.answered(l) + ", and is asked each time: " + why
		}
	}
	return status + e.answered(l)
}

// orItself is the doubt that there is where no line of the access log tells who has made
// the answer.
func (e *Explanation) orItself(l *Live) string {
	if l.Log != nil {
		return ""
	}
	return "; or " + e.Backend + " says so itself: log.access is no file that could tell"
}

// answered names the app, and the server where that is known.
func (e *Explanation) answered(l *Live) string {
	if server := l.Log.Text("backend"); server != "" {
		return fmt.Sprintf("%s (%s) has answered", e.Backend, server)
	}
	return e.Backend + " has answered"
}

// unanswered reports an error that an app has not given, but who asked it, as far as is
// known.
func (l *Live) unanswered() bool {
	switch l.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return l.Log.Text("tier") != "backend"
	}
	return false
}

// unanswered says why there is no answer of the app.
func (e *Explanation) unanswered(l *Live, unwell []string) string {
	why := ""
	if len(unwell) > 0 {
		why = " (" + strings.Join(unwell, "; ") + ")"
	}
	switch app := cmp.Or(l.Log.Text("backend"), strings.Join(e.Servers, ", ")); l.Status {
	case http.StatusGatewayTimeout:
		return fmt.Sprintf("%s (%s) has not answered in time, which is %s", e.Backend, app, e.patience)
	case http.StatusServiceUnavailable:
		return fmt.Sprintf("no server of %s can be asked: each is unwell, or has as many connections as it may have%s", e.Backend, why)
	default:
		return fmt.Sprintf("%s (%s) has refused the connection, or broken it off before an answer%s", e.Backend, app, why)
	}
}

// kept says whether the answer to a miss is stored, and why not, as far as its header
// shows that to a client.
func (e *Explanation) kept(l *Live) string {
	if e.policy == nil || l.header == nil {
		return ""
	}
	if p := e.policy; p.Protected && !httpcache.ParseControl(wire.Header{{Name: "Cache-Control", Value: l.header["cache-control"]}}).Public {
		return ", and that is not stored: it is known who asks, and it does not say public"
	}
	again := ""
	if slices.ContainsFunc(l.Varnish, func(r vsm.Logged) bool { return r.Tag == "HitMiss" }) {
		again = "; it was so before, and nobody waits for another's fetch (hit-for-miss)"
	}
	var header wire.Header
	for _, f := range l.Headers {
		header.Add(f.Name, f.Value)
	}
	now := time.Now()
	x := httpcache.Exchange{Method: http.MethodGet, Authorization: e.authorized, Asked: now, Came: now, Status: l.Status, Header: header}
	if f, stores := httpcache.Assess(x, *e.policy); stores {
		if left := f.Lifetime - f.InitialAge; left > 0 {
			return fmt.Sprintf(", and that is stored for %s", short(left.Round(time.Second)))
		}
		return ", and that is stored, to be asked about each time"
	}
	if why, known := whyNot()[httpcache.WhyNot(x, *e.policy)]; known {
		return ", and that is not stored: " + why + again
	}
	return ""
}

// whyNot has in words why an answer is not stored, by those of Cache-Status.
func whyNot() map[string]string {
	return map[string]string{
		"status":        "no answer with this status is, or only on a route with a ttl",
		"set-cookie":    "it sets a cookie (Set-Cookie)",
		"private":       "its Cache-Control says private",
		"no-store":      "its Cache-Control says no-store",
		"no-cache":      "its Cache-Control says no-cache",
		"vary":          "its Vary is *, or names too much",
		"events":        "it is a stream of events",
		"coding":        "it has a Content-Encoding that nobody was asked for",
		"authorization": "the request has Authorization, and it does not say public, s-maxage or must-revalidate",
		"no-freshness":  "it names no freshness (Cache-Control or Expires), and the route has no ttl",
		"stale":         "it is stale already",
	}
}
