package explain

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/routing"
	"edgegen/internal/site"
)

// ending is how the way of a request ends.
type ending struct {
	step, clause, words string
	source              site.Source
	anchor              string
}

// ends tells the edge's own answer.
func (j *journey) ends() {
	e := j.ending()
	status := j.w.Status(j.q.AsksBy())
	j.step(site.CacheTier, e.step, e.clause, e.source, e.anchor, "%s", e.words)
	j.answer(status, "%s", e.words)
	j.out.AnswerHeaders = append(j.out.AnswerHeaders, fieldsOf(j.w.Fields())...)
}

func (j *journey) ending() ending {
	q, w, edge := &j.q, &j.w, j.in.Edge
	switch w.Turn {
	case decide.Expects:
		return ending{"expect", "", fmt.Sprintf("Expect says %q, and nothing but 100-continue can be expected", j.expected), site.Source{}, inMethod}
	case decide.NamesForApp:
		return ending{"connection", "F3", "Connection names a field that is not one connection's", site.Source{}, inMethod}
	case decide.HeadHasBody:
		return ending{"body", "E4", "a HEAD request has no body", site.Source{}, inMethod}
	case decide.UnknownMethod, decide.MethodNotTaken, decide.NoTunnel:
		return j.notTaken()
	case decide.BodyTooLarge:
		if r := j.w.Taken(); r != nil && r.BodySize > 0 {
			return ending{"body", "E5", fmt.Sprintf("the body of %d bytes is larger than the route's body_size, which is %d", q.Length, r.BodySize), r.BodySizeSource, inMethod}
		}
		return ending{"body", "E5", fmt.Sprintf("the body of %d bytes is larger than limits.body_size, which is %d", q.Length, edge.Limits.BodySize), edge.Limits.Source, inMethod}
	case decide.AboutServer:
		return ending{"target", "E3", "OPTIONS * asks about the edge itself", site.Source{}, inPath}
	case decide.Health:
		return ending{"health", "H4", "health_path is answered by the edge itself, for every host", edge.HealthSource, inPath}
	case decide.BrokenPath:
		return ending{"path", "E4", "the path has an escape that is none, or a NUL", site.Source{}, inPath}
	case decide.Climbs:
		return ending{"path", "S3", `the path has a segment "." or ".."`, site.Source{}, inPath}
	case decide.Unclaimed:
		return ending{"host", "H3", "no site claims host " + q.Host + nearest(edge, q.Host), site.Source{}, inHost}
	case decide.LowTLS:
		return ending{"host", "H3", w.Host.Site.Host + " asks for TLS " + w.Host.Site.TLS.MinVersion + ", and the client has agreed upon less for another server name", w.Host.Site.TLS.Source, inHost}
	case decide.ToCanonical:
		return j.toCanonical()
	case decide.PathTooLong:
		return ending{"path", "M2", fmt.Sprintf("the path has %d bytes, which is more than the site's regular expressions are asked about (%d)", len(q.Path), routing.LongestPath), w.Host.Site.Source, inHost}
	case decide.Denied:
		return ending{"access", "A1", fmt.Sprintf("route %s does not let %s in", quoted(w.Taken()), q.Client), w.Taken().Access.Decisive(q.Client), inHost}
	case decide.Purges:
		return ending{"purge", "K6", fmt.Sprintf("%s may purge: what is stored for the URL is forgotten", q.Client), w.Host.Site.Cache.PurgeSource, inHost}
	case decide.Inside:
		return ending{"route", "M7", fmt.Sprintf("route %s is internal: apps of the site lead requests there, and no client comes", quoted(w.Taken())), w.Taken().InternalSource, inHost}
	case decide.NoRoute:
		return ending{"route", "S1", fmt.Sprintf("no route of %s matches %s", w.Host.Site.Host, q.Path) + j.passedBy(), w.Host.Site.Source, inHost}
	}
	taken := w.Taken() // of a handshake
	return ending{"websocket", "W3", fmt.Sprintf("%s, and route %s takes WebSockets", w.Flaw, quoted(taken)), or(taken.WebSocketSource, taken.Source), inWebSocket}
}

// passedBy names the route whose path fits, where there is one, and what it asks for.
func (j *journey) passedBy() string {
	_, passed := j.w.Host.Otherwise(&j.q, j.w.Route)
	if len(passed) == 0 {
		return ""
	}
	r := &j.w.Host.Site.Routes[passed[0]]
	return fmt.Sprintf("; route %s is for %s", quoted(r), matched(r.Match))
}

// matched is what a match block asks for.
func matched(m *site.Match) string {
	if m == nil {
		return "other requests"
	}
	var asks []string
	if len(m.Methods) > 0 {
		asks = append(asks, strings.Join(m.Methods, " and ")+" alone")
	}
	for _, f := range m.Headers {
		asks = append(asks, "requests with "+f.Name+": "+f.Value)
	}
	for _, f := range m.Query {
		asks = append(asks, "queries with "+f.Name+"="+f.Value)
	}
	return strings.Join(asks, ", and ")
}

// notTaken is about methods.
func (j *journey) notTaken() ending {
	taken := j.w.Taken()
	e := ending{"method", "E3", "no route takes the method " + j.q.Method, site.Source{}, inMethod}
	switch {
	case j.w.Turn == decide.NoTunnel:
		e.words = fmt.Sprintf("CONNECT asks for a WebSocket, and route %s takes none", quoted(taken))
		e.source = taken.Source
	case taken != nil:
		e.words = fmt.Sprintf("route %s does not take %s, but %s", quoted(taken), j.q.Method, strings.Join(j.w.Allow, ", "))
		e.source = or(taken.MethodsSource, taken.Source)
	}
	return e
}

func (j *journey) toCanonical() ending {
	e := ending{"redirect", "H1", "", j.in.Edge.PublicPortSource, inRedirect}
	if e.source.Line == 0 && len(j.in.Edge.HTTPS) > 0 {
		e.source = j.in.Edge.HTTPS[0].Source
	}
	switch h := j.w.Host; {
	case h.Alias && !j.plain:
		e.clause, e.source = "H2", h.Site.Source
		e.words = fmt.Sprintf("%s is an alias of %s", h.Name, h.Site.Host)
	case j.plain:
		e.words = "plain HTTP"
	default:
		e.clause = "T1"
		e.words = "the client has spoken plain HTTP to whoever ends TLS"
	}
	e.words += ": redirected to " + j.w.Location
	return e
}

// nearest names the site that somebody may have meant.
func nearest(edge *site.Edge, host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	var names []string
	for i := range edge.Sites {
		names = append(names, edge.Sites[i].Names()...)
	}
	slices.Sort(names)
	for _, name := range names {
		bare, wildcard := site.Beneath(name)
		if !wildcard {
			bare = name
		}
		if strings.HasSuffix(host, "."+bare) || strings.HasSuffix(bare, "."+host) {
			return fmt.Sprintf(" (%s is claimed)", name)
		}
	}
	if len(names) > 4 {
		return ""
	}
	return fmt.Sprintf(" (%s claimed)", strings.Join(names, ", ")+map[bool]string{true: " is", false: " are"}[len(names) == 1])
}

// host tells which site it is, and why.
func (j *journey) host() {
	h := j.w.Host
	if h == nil {
		return
	}
	j.out.Site = h.Site.Host
	clause, source, says := "H3", h.Site.Source, "the canonical host of its site"
	switch {
	case j.w.Turn == decide.ToCanonical && h.Alias:
		return // that is the end, and told there
	case h.Alias:
		says = "an alias of site " + h.Site.Host
	case slices.Contains(h.Site.Hosts, h.Name):
		clause, source, says = "M1", h.Site.HostsSource, "among the hosts of site "+h.Site.Host+", as "+h.Name
	case j.decide.Host(h.Name) != h:
		source, says = h.Site.DefaultSource, "claimed by no site, and so the default one's, "+h.Site.Host
	}
	j.step(site.CacheTier, "host", clause, source, inHost, "%s is %s", j.q.Host, says)
}

// maintenance tells of a page that is not there.
func (j *journey) maintenance() {
	if j.w.Host == nil || j.w.Host.Site.Maintenance == nil || j.w.Turn == decide.Maintained || j.w.Turn == decide.LowTLS || j.w.Turn == decide.ToCanonical || j.w.Turn == decide.Purges {
		return
	}
	m := j.w.Host.Site.Maintenance
	j.step(site.CacheTier, "maintenance", "S5", m.Source, "", "the page %s is not there", j.named(m.Page))
}

func (j *journey) maintained() {
	m := j.w.Host.Site.Maintenance
	j.out.Tier = "web"
	j.step(site.WebTier, "maintenance", "S5", m.Source, "", "the page %s is there: it answers everything", j.named(m.Page))
	j.answer(http.StatusServiceUnavailable, "the maintenance page %s is there", j.named(m.Page))
	j.out.AnswerHeaders = append(j.out.AnswerHeaders, Field{Name: "Retry-After", Value: fmt.Sprint(int64((m.RetryAfter + 999999999) / 1e9)), Source: sourceText(m.Source)},
		Field{Name: "Cache-Control", Value: "no-store"}, Field{Name: "Content-Type", Value: j.files.MediaType(m.Page)})
}

// route tells which one is taken, why, and which would be otherwise.
func (j *journey) route() {
	h := j.w.Host
	if h == nil || j.w.Route < 0 && j.w.Turn != decide.NoRoute {
		return
	}
	next, passed := h.Otherwise(&j.q, j.w.Route)
	for _, i := range passed {
		other := &h.Site.Routes[i]
		j.step(site.CacheTier, "route", "M2", or(matchSource(other), other.Source), "", "route %s has the path %s, and is for %s", quoted(other), j.q.Path, matched(other.Match))
	}
	taken := j.w.Taken()
	if taken == nil {
		return
	}
	j.out.Route = taken.Label()
	says := fmt.Sprintf("route %s is the longest path that %s is in", quoted(taken), j.q.Path)
	switch {
	case taken.Exact:
		says = fmt.Sprintf("route %s is exactly %s", quoted(taken), j.q.Path)
	case taken.Pattern != "":
		says = fmt.Sprintf("route %s is the first expression that matches %s", quoted(taken), j.q.Path)
	}
	if taken.Match != nil {
		says += ", and its match block holds"
	}
	if next >= 0 {
		says += fmt.Sprintf("; without it, %s would be taken", quoted(&h.Site.Routes[next]))
	} else if len(h.Site.Routes) > 1 {
		says += "; no other matches"
	}
	j.step(site.CacheTier, "route", "M2", taken.Source, "", "%s", says)
}

func matchSource(r *site.Route) site.Source {
	if r.Match == nil {
		return site.Source{}
	}
	return r.Match.Source
}
