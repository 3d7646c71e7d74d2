package dataplane

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/fastcgi"
	"edgegen/internal/dataplane/static"
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
				return failure(http.StatusNotFound)
			}
		}
	}
	if to := x.route.Redirect; to != nil {
		if x.route.Varies() {
			return redirect(to.Status, x.Leads)
		}
		_, query, _ := strings.Cut(x.Target, "?")
		return redirect(to.Status, to.Location(query))
	}
	if s := x.route.Static; s != nil {
		if r := w.static(x, s); r != nil {
			return r
		}
	}
	if x.route.group == nil {
		return failure(http.StatusNotFound)
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
		return worded(r)
	case static.Slash:
		return redirect(found.Status(x.Method), decide.WithSlash(x.Target))
	case static.OtherMethod:
		return failure(found.Status(x.Method), wire.Field{Name: "Allow", Value: "GET, HEAD"})
	}
	return failure(found.Status(x.Method)) // there is a file, and it is not for anybody
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
	if r.Body == nil {
		letGo()
	} else if _, held := x.Body.(*stored); held {
		r.Body = &ending{r.Body, letGo}
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
		return func() {}, x.atHand()
	}
	defer group.Expect()()
	return x.take(p.options.TempDir, &p.copies)
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

// patience is how long an app is waited for.
func patience(t site.Timeouts) upstream.Timeouts {
	return upstream.Timeouts{Connect: t.Connect, FirstByte: t.FirstByte, BetweenBytes: t.BetweenBytes, EventStream: t.WebSocketIdle}
}

// unanswered logs why there is no answer, and makes one.
func (p *Plane) unanswered(x *exchange, err error) *wire.Response {
	switch {
	case errors.Is(err, fastcgi.ErrNoScript):
		return failure(http.StatusNotFound)
	case errors.Is(err, static.ErrSlash):
		return redirect(static.Slash.Status(x.Method), decide.WithSlash(x.Target))
	}
	r := badGateway(err)
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
	r := failure(http.StatusServiceUnavailable)
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
	return answer{Response: r, gone: r.Status == nobody}
}

// remote is a native web tier on its socket.
type remote struct {
	plane *Plane
	group *upstream.Group
}

// fetch promises the same as that of the builtin tier.
func (o *remote) fetch(x *exchange) *wire.Response {
	if x.Body != nil { // what is to be held, the web tier holds
		if err := x.atHand(); err != nil {
			return o.plane.unanswered(x, err)
		}
	}
	if x.watch != nil {
		x.watch()
	}
	t := x.webPatience()
	request := x.Request
	if x.route != nil {
		request.Header = append(request.Header, wire.Field{Name: site.NoteRoute, Value: x.route.id})
	}
	if x.route != nil && x.route.Compress != nil {
		request.Header = append(request.Header, wire.Field{Name: site.NoteCompress, Value: site.CompressedLater + " " + x.route.id})
	}
	if x.Leads != "" {
		note := site.NoteTarget
		if x.route.Redirect != nil {
			note = site.NoteLeads
		}
		request.Header = append(request.Header, wire.Field{Name: note, Value: x.Leads})
	}
	r, _, err := o.group.RoundTrip(x.ctx, &request, t)
	if err != nil {
		return o.plane.unanswered(x, err)
	}
	x.tier = "web"
	x.noted(r.Header)
	decide.CleanResponse(&r.Header)
	if x.tier == "web" && r.Status == http.StatusOK && r.Body != nil && r.Header.Get("Content-Encoding") == "gzip" && !isGzip(r) {
		r.Close()
		x.Header.Del("Accept-Encoding")
		return o.fetch(x)
	}
	return r
}

// webPatience is how long a native web tier is waited for.
func (x *exchange) webPatience() upstream.Timeouts {
	t := patience(x.model.edge.Timeout)
	if x.route != nil && x.route.group != nil {
		t = x.route.patience
	}
	t.FirstByte = webFirstByte(t, x.Header)
	return t
}

// isGzip looks at the beginning of a compressed file that the web tier found
// beside another: nginx does not look into it.
func isGzip(r *wire.Response) bool {
	buffered := bufio.NewReaderSize(r.Body, static.GzipMagic)
	magic, _ := buffered.Peek(static.GzipMagic)
	r.Body = peeked{buffered, r.Body}
	return static.IsGzip(magic)
}

// peeked is a body of which some was looked at.
type peeked struct {
	io.Reader
	io.Closer
}

// webFirstByte is how long a native web tier is waited for. The web tier itself finds out
// about slow apps, so this only has to be longer than its patience. Its one clock also
// bounds the silence within an answer, and that bound may be the longer one.
func webFirstByte(t upstream.Timeouts, request wire.Header) time.Duration {
	if t.BetweenBytes > t.FirstByte || strings.Contains(strings.ToLower(request.Get("Accept")), "text/event-stream") {
		return max(t.Connect, t.FirstByte) + t.FirstByte/4 + time.Second
	}
	return 2*(t.FirstByte+t.Connect) + 5*time.Second
}

// noted reads what the web tier says about its answer. If an app has written the same
// header, the web tier's is the last one.
func (x *exchange) noted(h wire.Header) {
	for _, f := range h {
		if !wire.EqualFold(f.Name, site.NoteTier) {
			continue
		}
		tier, rest, _ := strings.Cut(f.Value, " ")
		if tier != "web" && tier != "backend" {
			continue
		}
		x.tier, x.asked = strings.Clone(tier), 0
		took, server, _ := strings.Cut(rest, " ")
		x.backend = strings.Clone(server)
		if micro, ok := wire.Digits(took); ok && len(took) <= 12 {
			x.asked = time.Duration(micro) * time.Microsecond
		}
	}
}
