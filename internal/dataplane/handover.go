package dataplane

import (
	"net/http"
	"slices"
	"strings"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// mostHandovers bounds how often a request is handed on. If apps hand it on in a circle,
// the answer is 502.
const mostHandovers = 10

// handingHosts are the sites whose apps may hand requests on, by the site.BackendID of
// their backends.
func handingHosts(edge *site.Edge, decides *decide.Model) map[string]*decide.Host {
	all := map[string]*decide.Host{}
	for i := range edge.Sites {
		s := &edge.Sites[i]
		if !s.HandsOver() {
			continue
		}
		for _, b := range s.Backends {
			all[site.BackendID(s.Host, b.Name)] = decides.Host(site.URLHost(s.Host))
		}
	}
	return all
}

// askApp has an app of a site answer. If the app hands the request on, the route that it
// names answers. The host is nil if no app of the site may do that.
func (p *Plane) askApp(x *exchange, host *decide.Host, group *upstream.Group, t upstream.Timeouts, stream bool, clean func(*wire.Header)) *wire.Response {
	if host == nil {
		return p.ask(x, group, t, stream, clean)
	}
	var said []string
	r := p.ask(x, group, t, stream, func(h *wire.Header) {
		said = slices.AppendSeq(said, h.Values(decide.HandsOver))
		h.Del(decide.HandsOver)
		clean(h)
	})
	if len(said) == 0 {
		return r
	}
	r.Close()
	own := *x
	own.handed++
	answer := p.within(&own, host, said, clean)
	if answer.Status == answers.Nobody {
		return answer
	}
	x.tier, x.backend, x.asked = own.tier, own.backend, own.asked
	answer.Header = decide.HandedOn(answer.Header, answer.Status, r.Header, host.Site.Cache.Tags)
	answer.Forms = nil // they are the file's, whatever the app says of it
	return answer
}

// within answers a request that an app has handed on.
func (p *Plane) within(x *exchange, host *decide.Host, said []string, clean func(*wire.Header)) *wire.Response {
	x.tier = "web"
	if x.handed > mostHandovers {
		p.log.WarnContext(x.ctx, "apps lead a request on without an end", "host", x.Host, "path", x.Path, "backend", x.backend, "id", x.ID)
		return answers.Failure(http.StatusBadGateway)
	}
	to := decide.Within{Route: -1}
	if len(said) == 1 {
		to = host.Within(said[0])
	}
	if to.Route < 0 {
		p.log.WarnContext(x.ctx, "an app leads a request to what is no internal route", "host", x.Host, "path", x.Path, "backend", x.backend, "id", x.ID, "to", strings.Join(said, ", "))
		return answers.Failure(http.StatusNotFound)
	}
	x.Onward(to)
	x.host, x.route = host, &x.model.routes[host.Index][to.Route]
	if s := x.route.Static; s != nil {
		if r := p.handedFile(x, s); r != nil {
			return r
		}
	}
	if x.route.group == nil {
		return answers.Failure(http.StatusNotFound)
	}
	decide.ApplyToRequest(&x.Header, &x.route.RequestHeaders)
	return p.askApp(x, host, x.route.group, x.route.patience, false, clean)
}

// handedFile answers from files; nil where there is none. It never redirects, since a
// client must not learn a path of an internal route.
func (p *Plane) handedFile(x *exchange, s *site.Static) *wire.Response {
	files := p.pages
	if p.web != nil {
		files = p.web.files
	}
	r, found := files.Find(static.Ask{Method: x.Method, Header: x.Header, Path: x.Path, Static: s, Script: x.host.Site.IsScript(x.Path), Private: x.model.private}, true)
	switch found {
	case static.Nothing:
		return nil
	case static.Served:
		return answers.Worded(r)
	}
	return answers.Failure(http.StatusNotFound)
}
