package dataplane

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// web is the web tier: files, redirects, the maintenance page, backends.
type web struct {
	plane *Plane
	files *static.Files
}

// fetch answers for the cache tier of this process, which has found the host
// and the route.
func (w *web) fetch(x *exchange) *wire.Response {
	x.tier = "web"
	if m := x.host.Site.Maintenance; m != nil {
		if r := w.maintenance(m, x.model.private); r != nil {
			return r
		}
		if x.route == nil { // the page went away in between
			x.route = x.model.route(x.host.Go(&x.Question))
			if x.route == nil {
				return answers.Failure(http.StatusNotFound)
			}
		}
	}
	if to := x.route.Redirect; to != nil {
		if x.route.Varies() {
			return answers.Redirect(to.Status, x.Leads)
		}
		_, query, _ := strings.Cut(x.Target, "?")
		return answers.Redirect(to.Status, to.Location(query))
	}
	if s := x.route.Static; s != nil {
		if r := w.static(x, s); r != nil {
			return r
		}
	}
	if x.route.group == nil {
		return answers.Failure(http.StatusNotFound)
	}
	return w.plane.askApp(x, x.route.handing, x.route.group, x.route.patience, x.route.Stream, decide.CleanResponse)
}

// static answers from files; nil where the backend has to.
func (w *web) static(x *exchange, s *site.Static) *wire.Response {
	ask := static.Ask{Method: x.Method, Header: x.Header, Path: x.Path, Static: s, Script: x.host.Site.IsScript(x.Path), Private: x.model.private}
	r, found := w.files.Find(ask, x.route.group != nil)
	switch found {
	case static.Nothing:
		return nil
	case static.Served:
		return answers.Worded(r)
	case static.Slash:
		return answers.Redirect(found.Status(x.Method), decide.WithSlash(x.Target))
	case static.OtherMethod:
		return answers.Failure(found.Status(x.Method), wire.Field{Name: "Allow", Value: "GET, HEAD"})
	}
	return answers.Failure(found.Status(x.Method)) // there is a file, and it is not for anybody
}

// ask has an app answer. clean removes from the answer what is about one connection, and
// whatever else the asker is not to see.
func (p *Plane) ask(x *exchange, group *upstream.Group, t upstream.Timeouts, stream bool, clean func(*wire.Header)) *wire.Response {
	letGo, err := p.body(x, group, stream)
	if err != nil {
		letGo()
		return p.unanswered(x, err)
	}
	if x.watch != nil {
		x.watch()
	}
	r, trace, err := group.RoundTrip(x.ctx, x.forApp(), t)
	held := upload.InFile(x.Body)
	x.backend, x.asked = trace.Server, trace.Took
	if trace.Careless {
		p.careless(x)
	}
	if err != nil {
		letGo()
		return p.unanswered(x, err)
	}
	x.tier = "backend"
	clean(&r.Header)
	if held && r.Body != nil {
		r.Body = &wire.Ending{ReadCloser: r.Body, End: letGo}
	} else {
		letGo()
	}
	return r
}

// forApp is the request as the app is to see it.
func (x *exchange) forApp() *wire.Request {
	untold := x.route != nil && x.route.Compress != nil && x.route.Static != nil // of codings, which files may be in
	if x.Leads == "" && !untold && (x.route == nil || x.route.host == "") {
		return &x.Request
	}
	request := x.Request
	request.Target = cmp.Or(x.Leads, x.Target)
	if x.route != nil {
		request.Host = cmp.Or(x.route.host, x.Host)
	}
	if untold {
		request.Header = slices.DeleteFunc(slices.Clone(x.Header), func(f wire.Field) bool { return wire.EqualFold(f.Name, "Accept-Encoding") })
	}
	return &request
}

// body takes in a request's body, unless it is to reach the app as it comes. An app
// that speaks FastCGI has to be told its length.
func (p *Plane) body(x *exchange, group *upstream.Group, stream bool) (letGo func(), err error) {
	switch {
	case x.Body == nil:
		return func() {}, nil
	case stream && (x.Length >= 0 || !group.FastCGI()):
		return func() {}, upload.AtHand(&x.Request)
	}
	defer group.Expect()()
	return p.uploads.Take(&x.Request)
}

// patienceOf is how long each of the backends is waited for, by site.BackendID.
func patienceOf(edge *site.Edge) map[string]upstream.Timeouts {
	all := make(map[string]upstream.Timeouts)
	for i := range edge.Sites {
		for _, b := range edge.Sites[i].Backends {
			all[site.BackendID(edge.Sites[i].Host, b.Name)] = patience(b.Timeout.Over(edge.Timeout))
		}
	}
	return all
}

// outlasting is longer than anything that a tier waits for which keeps these times.
func outlasting(t site.Timeouts, apps map[string]upstream.Timeouts) time.Duration {
	long := max(t.WebSocketIdle, t.Idle, t.FirstByte)
	for _, app := range apps {
		long = max(long, app.FirstByte, app.BetweenBytes)
	}
	return long + time.Minute
}

// patience is how long an app is waited for.
func patience(t site.Timeouts) upstream.Timeouts {
	return upstream.Timeouts{Connect: t.Connect, FirstByte: t.FirstByte, BetweenBytes: t.BetweenBytes, EventStream: t.WebSocketIdle}
}

// unanswered logs why there is no answer, and makes one.
func (p *Plane) unanswered(x *exchange, err error) *wire.Response {
	switch {
	case errors.Is(err, fastcgi.ErrNoScript):
		return answers.Failure(http.StatusNotFound)
	case errors.Is(err, static.ErrSlash):
		return answers.Redirect(static.Slash.Status(x.Method), decide.WithSlash(x.Target))
	}
	r := answers.BadGateway(err)
	if r.Status >= 500 {
		p.log.WarnContext(x.ctx, "no answer", "host", x.Host, "path", x.Path, "backend", x.backend, "id", x.ID, "status", r.Status, "error", err)
	}
	return r
}

// maintenance returns the page while it exists. One that may not be read is
// still the answer, in plain words.
func (w *web) maintenance(m *site.Maintenance, private *static.Private) *wire.Response {
	data, err := w.files.Page(m.Page, private)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	r := answers.Failure(http.StatusServiceUnavailable)
	if err == nil {
		r.Length, r.Body = int64(len(data)), wire.NewBytes(data)
		r.Header = wire.Header{{Name: "Content-Type", Value: w.files.MediaType(m.Page)}}
	}
	seconds := int64((m.RetryAfter + time.Second - 1) / time.Second)
	r.Header.Add("Retry-After", strconv.FormatInt(seconds, 10))
	r.Header.Add("Cache-Control", "no-store")
	return r
}

// serve answers a request of a native cache tier on the web tier's socket, and
// tells that tier what it cannot know for its log.
func (w *web) serve(x *exchange) answer {
	x.tier = "web"
	a := w.answer(x)
	x.note(a.Response)
	return a
}

// note says in an answer who made it.
func (x *exchange) note(r *wire.Response) {
	note := x.tier
	if x.backend != "" {
		note += " " + strconv.FormatInt(x.asked.Microseconds(), 10) + " " + x.backend
	}
	r.Header.Add(site.NoteTier, note)
}

func (w *web) answer(x *exchange) answer {
	wish, page := wishOf(x.Header), x.Header.Get(site.NotePage)
	if page != "" {
		x.Length = 0 // what it says is that of the request whose answer the page is
	}
	x.ReceiveRelayed()
	way := x.model.decide.DecideRelayed(&x.Question)
	if way.Ends() {
		return x.ended(way)
	}
	x.host, x.route = way.Host, x.model.route(way)
	if r := w.pageAsked(x, page); r != nil {
		return answer{Response: r}
	}
	x.limitBody()
	r := w.fetch(x)
	if x.route != nil {
		w.plane.fulfil(wish, x, x.route, r)
	}
	return answer{Response: r, gone: r.Status == answers.Nobody}
}
