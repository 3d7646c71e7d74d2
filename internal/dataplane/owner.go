package dataplane

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/answers"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// owner finds the member to ask instead of the app for what is stored under a key. It is
// nil if no member is to be asked: for a request of a member, for what is never stored, and
// for what may be a stream of events.
func (f *front) owner(x *exchange, key string) *cluster.Owner {
	if f.plane.options.Cluster == nil || x.member || decide.NeverStored(x.route.Route) || strings.Contains(x.Header.Get("Accept"), "text/event-stream") {
		return nil
	}
	return f.plane.options.Cluster.Owner(key)
}

// asked is the answer of the owner in a cluster, or that of the origin if there is no owner
// or the owner has no answer.
func (f *front) asked(x *exchange) *wire.Response {
	x.copied = nil
	if x.owner != nil {
		if r := f.fromOwner(x); r != nil {
			return r
		}
	}
	if x.shares && f.sharing != nil {
		return f.sharing.fetch(x)
	}
	return f.origin.fetch(x)
}

// fromOwner is the answer of the owner; nil if it has none, so that the app is to be asked.
func (f *front) fromOwner(x *exchange) *wire.Response {
	request := x.Request
	request.Body, request.Length = nil, 0
	request.Header = append(request.Header[:len(request.Header):len(request.Header)],
		wire.Field{Name: site.NoteMember, Value: site.MemberLookup}, wire.Field{Name: site.NoteRoute, Value: x.route.id})
	if x.Leads != "" {
		request.Header = append(request.Header, wire.Field{Name: site.NoteTarget, Value: x.Leads})
	}
	if x.watch != nil {
		x.watch()
	}
	began := time.Now()
	r, err := x.owner.Ask(x.ctx, &request, x.ownerPatience())
	if err != nil {
		if x.ctx.Err() != nil {
			return &wire.Response{Status: answers.Nobody}
		}
		f.plane.log.DebugContext(x.ctx, "no answer of a member", "member", x.owner.String(), "host", x.Host, "path", x.Path, "id", x.ID, "error", err)
		return nil
	}
	how := r.Header.Get(site.NoteMember)
	if how == site.MemberDeclines || how == "" {
		r.Close()
		return nil
	}
	x.tier, x.backend, x.asked = "cache", "", 0
	x.noted(r.Header)
	if given, ok := readFreshness(how); ok {
		given.Received, given.InitialAge = time.Now(), given.InitialAge+time.Since(began)
		x.copied = &given
	} else {
		x.copied = &httpcache.Freshness{}
	}
	decide.CleanResponse(&r.Header)
	return f.resumed(x, r)
}

// ownerPatience is how long an owner is waited for. The owner may have to wait for the app.
func (x *exchange) ownerPatience() upstream.Timeouts {
	t := x.webPatience()
	t.Connect = min(t.Connect, time.Second)
	return t
}

// assess says how fresh an answer is, and whether it may be stored. How fresh a stored
// answer of another member is, that member has said.
func (x *exchange) assess(r *wire.Response, asked time.Time) (httpcache.Freshness, bool) {
	freshness, ok := httpcache.Assess(x.assessed(r, asked), x.route.policy)
	if ok && x.copied != nil && !x.copied.Received.IsZero() {
		freshness = x.copied.Over(freshness)
	}
	return freshness, ok
}

// writeFreshness writes what readFreshness reads: lifetime and age in milliseconds. Nothing
// is said of what is not stored.
func writeFreshness(f *httpcache.Freshness, now time.Time) string {
	if f == nil {
		return "unknown"
	}
	return "fresh " + strconv.FormatInt(f.Lifetime.Milliseconds(), 10) + " " + strconv.FormatInt(f.Age(now).Milliseconds(), 10)
}

func readFreshness(note string) (f httpcache.Freshness, ok bool) {
	word, numbers, _ := strings.Cut(note, " ")
	lifetime, age, _ := strings.Cut(numbers, " ")
	l, isLifetime := wire.Digits(lifetime)
	a, isAge := wire.Digits(age)
	f.Lifetime, f.InitialAge = time.Duration(l)*time.Millisecond, time.Duration(a)*time.Millisecond
	return f, word == "fresh" && isLifetime && isAge
}

// readAhead is up to which length an owner's answer is read before it is passed on, so that
// an owner that goes away meanwhile is no failure.
const readAhead = 64 << 10

// resumed returns an answer that is whole even if the owner goes away while it is read; nil
// if the owner has gone away already.
func (f *front) resumed(x *exchange, r *wire.Response) *wire.Response {
	switch {
	case r.Body == nil:
	case r.Length >= 0 && r.Length <= readAhead:
		var data bytes.Buffer
		n, err := io.Copy(&data, r.Body)
		r.Close()
		if err != nil || n != r.Length {
			return nil
		}
		r.Body = wire.NewBytes(data.Bytes())
	case r.Status == http.StatusOK && httpcache.Validator(r.Header):
		own := x.detached(f.background)
		own.owner = nil
		r.Body = &resumed{ReadCloser: r.Body, front: f, x: own, etag: strings.Clone(r.Header.Get("ETag")), modified: strings.Clone(r.Header.Get("Last-Modified")), length: r.Length}
	}
	return r
}

// resumed is a body from a member. If the member goes away, the app is asked for the rest:
// for the whole, of which the part that had come is skipped. The app's version has to be
// the same.
type resumed struct {
	io.ReadCloser
	front          *front
	x              *exchange
	etag, modified string
	length, read   int64
	again          bool
}

func (b *resumed) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == nil || err == io.EOF || b.again {
		return n, err
	}
	b.again = true
	b.Close()
	r := b.front.origin.fetch(b.x)
	b.ReadCloser = r.Body
	if r.Body == nil {
		b.ReadCloser = &wire.Broken{Err: err}
	}
	same := r.Status == http.StatusOK && r.Length == b.length && r.Header.Get("ETag") == b.etag && r.Header.Get("Last-Modified") == b.modified && !strings.HasPrefix(b.etag, "W/")
	if !same {
		return n, err
	}
	if _, failed := io.CopyN(io.Discard, b.ReadCloser, b.read); failed != nil {
		return n, err
	}
	return n, nil
}
