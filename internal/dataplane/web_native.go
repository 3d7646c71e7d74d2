package dataplane

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"time"

	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/static"
	"edgegen/internal/dataplane/upload"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// remote is a native web tier on its socket.
type remote struct {
	plane *Plane
	group *upstream.Group
}

// fetch promises the same as that of the builtin tier.
func (o *remote) fetch(x *exchange) *wire.Response {
	letGo, err := o.plane.bodyForWeb(x)
	if err != nil {
		letGo()
		return o.plane.unanswered(x, err)
	}
	held := upload.InFile(x.Body)
	if x.watch != nil {
		x.watch()
	}
	t := x.webPatience()
	request := x.Request
	if x.Tunnel { // which the maintenance page answers
		request.Method, request.Length = x.AsksBy(), 0
	}
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
	if err == nil && held && r.Body != nil {
		r.Body = &wire.Ending{ReadCloser: r.Body, End: letGo}
	} else {
		letGo()
	}
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

// bodyForWeb takes in what there is of a request's body: the web tier holds what is to be
// held. If a client's nginx passes the body on, a short or chunked one is taken in whole. Its
// connection would be lost if the web tier answered before that (see overhear).
func (p *Plane) bodyForWeb(x *exchange) (letGo func(), err error) {
	body, ok := x.Body.(*requestBody)
	if ok && body.conn.door.usage == forFront && x.Length <= 64<<10 && (x.route == nil || !x.route.Stream) {
		return p.uploads.Take(&x.Request)
	}
	if x.Body != nil {
		err = upload.AtHand(&x.Request)
	}
	return func() {}, err
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

// isGzip reports whether a compressed file that the web tier found beside another one
// begins as gzip does. nginx does not look into such a file.
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

// webFirstByte is how long a native web tier is waited for. That tier itself gives up slow
// apps, so this only has to be longer than it waits. nginx has one clock for the beginning
// of an answer and for pauses in it, and the limit for pauses may be the longer one.
func webFirstByte(t upstream.Timeouts, request wire.Header) time.Duration {
	if t.BetweenBytes > t.FirstByte || strings.Contains(strings.ToLower(request.Get("Accept")), "text/event-stream") {
		return max(t.Connect, t.FirstByte) + t.FirstByte/4 + time.Second
	}
	return 2*(t.FirstByte+t.Connect) + 5*time.Second
}

// noted reads the web tier's note about its answer. If an app has written the same header,
// the note is the last one.
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
