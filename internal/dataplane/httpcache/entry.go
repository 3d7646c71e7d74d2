package httpcache

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/coding"
	"edgegen/internal/dataplane/entity"
	"edgegen/internal/dataplane/wire"
)

// Content is a stored body. It may be read by many at once.
type Content interface {
	Len() int64
	// Open returns length bytes from offset on. It fails where the body has
	// been dropped from the store meanwhile.
	Open(offset, length int64) (io.ReadCloser, error)
}

// Entry is a stored response. It is immutable; an update makes a new one.
type Entry struct {
	Status    int
	Header    wire.Header // without Age
	Vary      []wire.Field
	Freshness Freshness
	Body      Content
	forms     *coding.Forms // of Body
	Tags      string        // by which it can be purged, with a space between them; "" for none
	Since     uint64        // Store.Purges of before it was asked for
	// Copied is set where another member of the cluster has answered, which may have had
	// it stored.
	Copied    bool
	shareable bool
}

// NewEntry makes an entry of a response to request. It copies what it keeps.
func NewEntry(status int, header, request wire.Header, f Freshness, body Content) *Entry {
	kept := header.Clone()
	kept.Del("Age")
	return &Entry{Status: status, Header: kept, Vary: vary(kept, request), Freshness: f, Body: body, forms: &coding.Forms{},
		shareable: Shareable(ParseControl(kept))}
}

// vary notes the request's values of the fields by which the response varies. A response
// with a Content-Encoding varies by Accept-Encoding even if it does not say so: a client
// that takes no coding cannot read it.
func vary(response, request wire.Header) []wire.Field {
	var out []wire.Field
	note := func(name string) {
		out = append(out, wire.Field{Name: strings.ToLower(name), Value: strings.Clone(selecting(name, request))})
	}
	for name := range response.Members("Vary") {
		note(name)
	}
	if response.Has("Content-Encoding") && !response.Contains("Vary", "Accept-Encoding") {
		note("Accept-Encoding")
	}
	return out
}

// selecting is a request's value in the form in which values are compared: its lines
// joined, without space around commas, and in lower case for lists in which case does not
// matter.
func selecting(name string, request wire.Header) string {
	n := request.Count(name)
	if n == 0 {
		return "\x00" // absent is not the same as empty
	}
	value := request.Joined(name)
	if strings.HasPrefix(strings.ToLower(name), "accept") {
		value = strings.ToLower(value)
	}
	if n == 1 && strings.IndexByte(value, ',') < 0 {
		return value
	}
	var members []string
	for m := range wire.List(value) {
		members = append(members, m)
	}
	return strings.Join(members, ",")
}

// Matches reports whether the entry is an answer to such a request.
func (e *Entry) Matches(request wire.Header) bool { return e.selected(request) && e.open(request) }

// selected reports whether the request has the values that the entry varies by.
func (e *Entry) selected(request wire.Header) bool {
	for _, f := range e.Vary {
		if selecting(f.Name, request) != f.Value {
			return false
		}
	}
	return true
}

// open reports whether the entry may be the answer to a request with or without
// Authorization (RFC 9111 3.5).
func (e *Entry) open(request wire.Header) bool { return e.shareable || !request.Has("Authorization") }

// sameVariant reports whether e takes the place of other.
func (e *Entry) sameVariant(other *Entry) bool {
	if len(e.Vary) != len(other.Vary) {
		return false
	}
	for i := range e.Vary {
		if e.Vary[i] != other.Vary[i] {
			return false
		}
	}
	return true
}

// Answer makes the response to a GET or HEAD.
func (e *Entry) Answer(method string, request wire.Header, now time.Time) (*wire.Response, error) {
	response, err := entity.Answer(method, request, entity.Whole{
		Status: e.Status, Header: e.Header, Size: e.Body.Len(), Open: e.Body.Open, Forms: e.forms,
	})
	if err == nil && response.Status != http.StatusPreconditionFailed && response.Status != http.StatusRequestedRangeNotSatisfiable {
		response.Header.Add("Age", strconv.FormatInt(int64(e.Freshness.Age(now)/time.Second), 10))
	}
	return response, err
}

// Condition makes of request a conditional one that validates the entry.
func (e *Entry) Condition(request *wire.Header) {
	if tag := e.Header.Get("ETag"); tag != "" {
		request.Add("If-None-Match", tag)
	}
	if modified := e.Header.Get("Last-Modified"); modified != "" {
		request.Add("If-Modified-Since", modified)
	}
}

// Updated is the entry after a 304 (RFC 9111 3.2): the new fields replace the
// old ones, except those that describe the stored body. It reports false
// where the 304 is about something else, or forbids to go on storing.
func (e *Entry) Updated(x Exchange, p Policy) (*Entry, bool) {
	if tag := x.Header.Get("ETag"); tag != "" && e.Header.Get("ETag") != "" && !entity.MatchTag(tag, e.Header.Get("ETag"), false) {
		return nil, false
	}
	update := x.Header.Clone()
	update.Filter(func(f wire.Field) bool {
		switch strings.ToLower(f.Name) {
		case "content-length", "content-encoding", "content-range", "content-md5", "age", "vary":
			return false
		}
		return true
	})
	header := append(wire.Header(nil), e.Header...)
	header.Filter(func(f wire.Field) bool { return !update.Has(f.Name) })
	header = append(header, update...)
	merged := x
	merged.Method, merged.Status = http.MethodGet, e.Status
	merged.Header = append(append(wire.Header(nil), header...), ageOf(x.Header)...)
	f, ok := Assess(merged, p)
	updated := *e
	updated.Header, updated.Freshness = header, f
	updated.shareable = Shareable(ParseControl(header))
	return &updated, ok
}

func ageOf(h wire.Header) (ages wire.Header) {
	for value := range h.Values("Age") {
		ages.Add("Age", value)
	}
	return ages
}

// overhead is how much memory an entry takes beside its body, all forms of the header
// included.
func (e *Entry) overhead() int64 {
	size := 256 + 48*len(e.Header) + e.Header.Size() + len(e.Tags)
	for _, f := range e.Vary {
		size += 64 + len(f.Name) + len(f.Value)
	}
	return int64(size) + e.forms.Size()
}
