package decide

import (
	"net/http"
	"slices"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// HandsOver is the field in which an app leads a request on to a route of its site
// that is internal.
const HandsOver = "X-Accel-Redirect"

// Within is where an app leads a request to.
type Within struct {
	Route  int    // its place in Site.Routes; -1 where the site has no internal one for it
	Path   string // decoded
	Target string // as a request names it
	Leads  string // what the route's app is asked for in its place; "" for the Target
}

// Within finds the route that an app names in HandsOver by a path, encoded or not, and
// perhaps a query. It finds internal routes only.
func (h *Host) Within(said string) Within {
	w := Within{Route: -1, Target: EncodeTarget(said)}
	path, status := DecodePath(w.Target)
	if status != http.StatusOK || h.table.TooLong(path) {
		return w
	}
	if w.Path, w.Route = path, h.table.Within(path); w.Route >= 0 {
		w.Leads = h.table.Target(w.Route, w.Path, w.Target)
	}
	return w
}

// Onward makes a request one for what an app leads it to: a GET, or a HEAD, without a
// body. The header is the request's own, and is not changed in place.
func (q *Question) Onward(to Within) {
	if q.Method != http.MethodHead {
		q.Method = http.MethodGet
	}
	q.Body, q.Length = nil, 0
	q.Target, q.Path, q.Leads = to.Target, to.Path, to.Leads
	q.Header = slices.DeleteFunc(slices.Clone(q.Header), func(f wire.Field) bool {
		name := strings.ToLower(f.Name)
		return strings.HasPrefix(name, "content-") || site.IsMethodName(name)
	})
}

// HandedOn is the header of the answer to a request that an app has handed on. It is that
// of the answer to which the request was handed, with some of the app's own fields: those
// that nginx takes, and Vary and the site's tags, which tell for whom the app might have
// answered otherwise. Only the app says how long the answer is fresh; an error is never
// stored.
func HandedOn(answer wire.Header, status int, app wire.Header, tags string) wire.Header {
	failed := status >= http.StatusBadRequest
	var out wire.Header
	for _, f := range answer {
		if replaced := appSays(f.Name, status, tags) && app.Has(f.Name); !replaced && !isFreshness(f.Name) {
			out = append(out, f)
		} else if wire.EqualFold(f.Name, "Vary") || wire.EqualFold(f.Name, "Set-Cookie") {
			out = append(out, f)
		}
	}
	for _, f := range app {
		if appSays(f.Name, status, tags) {
			out = append(out, f)
		}
	}
	if failed {
		out.Add("Cache-Control", "no-store")
	}
	return out
}

// appSays reports whether a field of the app that hands a request on goes into the
// answer.
func appSays(name string, status int, tags string) bool {
	switch strings.ToLower(name) {
	case "set-cookie", "vary":
		return true
	case "cache-control", "expires":
		return status < http.StatusBadRequest
	case "content-type", "content-disposition":
		return status < http.StatusBadRequest && status != http.StatusNotModified
	}
	return tags != "" && wire.EqualFold(name, tags)
}

// isFreshness reports a field that says how long an answer is fresh.
func isFreshness(name string) bool {
	switch strings.ToLower(name) {
	case "cache-control", "expires", "age", "date", "pragma":
		return true
	}
	return false
}
