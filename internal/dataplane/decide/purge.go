package decide

import (
	"net/http"

	"edgegen/internal/site"
)

// purges is the way of a request to purge by a client that may purge; false for any other
// request.
func (m *Model) purges(q *Question) (Way, bool) {
	h := m.Host(q.Host)
	if h == nil || h.Alias || m.edge.Uncached() || !h.Site.Cache.PurgedBy(q.Client) {
		return Way{}, false
	}
	if _, status := DecodePath(q.Target); status != http.StatusOK {
		return Way{}, false
	}
	return Way{Turn: Purges, Host: h, Route: -1}, true
}

// Purged is what a request to purge means; false where no site claims its host.
func (m *Model) Purged(q *Question) (site.Purge, bool) {
	h := m.Host(q.Host)
	if h == nil {
		return site.Purge{}, false
	}
	return site.Purge{URL: hostOf(q.Host) + KeyTarget(h.Site.Cache.IgnoreQuery, q.Target)}, true
}
