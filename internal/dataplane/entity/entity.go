// Package entity answers a request from a whole representation, be it a file
// or a stored response: conditional requests, single and multiple ranges (RFC
// 9110 sections 13 and 14).
package entity

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"edgegen/internal/dataplane/wire"
)

// Whole is a representation of which every byte can be had.
type Whole struct {
	Status int // conditions and ranges are looked at where it is 200 only
	Header wire.Header
	Size   int64
	// Open returns the bytes from offset on, length of them. It is called at
	// most once for a part, when that part is first read.
	Open func(offset, length int64) (io.ReadCloser, error)
	// Forms are those of all of it; nil where they are not kept.
	Forms wire.Forms
}

// Plain reports that nothing in the request asks for less than the whole
// representation, unconditionally.
func Plain(h wire.Header) bool {
	for i := range h {
		switch len(h[i].Name) {
		case 5, 8, 13, 17, 19:
			if conditional(h[i].Name) {
				return false
			}
		}
	}
	return true
}

func conditional(name string) bool {
	for _, n := range [...]string{"Range", "If-Match", "If-Range", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if wire.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// Strip removes from a request's header what Plain looks for.
func Strip(h *wire.Header) {
	h.Filter(func(f wire.Field) bool { return !conditional(f.Name) })
}

// Answer makes the response to a GET or HEAD. The response's Header is a
// fresh slice.
func Answer(method string, request wire.Header, whole Whole) (*wire.Response, error) {
	header := append(make(wire.Header, 0, len(whole.Header)+6), whole.Header...)
	if whole.Status == http.StatusOK && !Plain(request) {
		switch Evaluate(request, whole.Header) {
		case http.StatusNotModified:
			return &wire.Response{Status: http.StatusNotModified, Header: NotModified(header), Length: -1}, nil
		case http.StatusPreconditionFailed:
			return &wire.Response{Status: http.StatusPreconditionFailed}, nil
		}
		if r, ok := wanted(method, request, whole); ok {
			return partial(header, whole, r)
		}
	}
	response := &wire.Response{Status: whole.Status, Header: header, Length: whole.Size, Forms: whole.Forms}
	if !wire.HasBody(method, whole.Status) {
		return response, nil
	}
	body, err := whole.Open(0, whole.Size)
	response.Body = body
	return response, err
}

// Evaluate returns 304 or 412 where the request's conditions say so, else 200.
func Evaluate(request, stored wire.Header) int {
	tag := stored.Get("ETag")
	modified, dated := Date(stored.Get("Last-Modified"))
	if request.Has("If-Match") {
		if !MatchTag(request.Joined("If-Match"), tag, true) {
			return http.StatusPreconditionFailed
		}
	} else if t, ok := Date(request.Get("If-Unmodified-Since")); ok && dated && modified.After(t) {
		return http.StatusPreconditionFailed
	}
	if request.Has("If-None-Match") {
		if MatchTag(request.Joined("If-None-Match"), tag, false) {
			return http.StatusNotModified
		}
		return http.StatusOK
	}
	since := request.Get("If-Modified-Since")
	if since == "" {
		return http.StatusOK
	}
	if !stored.Has("Last-Modified") {
		modified, dated = Date(stored.Get("Date")) // RFC 9111 4.3.2
	}
	if t, ok := Date(since); ok && dated && !modified.After(t) {
		return http.StatusNotModified
	}
	return http.StatusOK
}

// MatchTag reports whether a list of entity tags, or "*", names tag. A strong
// comparison takes no weak tag.
func MatchTag(list, tag string, strong bool) bool {
	if wire.TrimSpace(list) == "*" {
		return true
	}
	if tag == "" || strong && strings.HasPrefix(tag, "W/") {
		return false
	}
	opaque := strings.TrimPrefix(tag, "W/")
	for list = strings.TrimLeft(list, " \t,"); list != ""; list = strings.TrimLeft(list, " \t,") {
		weak := strings.HasPrefix(list, "W/")
		list = strings.TrimPrefix(list, "W/")
		var one string
		if one, list = cutTag(list); one == opaque && !(weak && strong) {
			return true
		}
	}
	return false
}

// cutTag takes a quoted tag from the front of a list. A tag without quotes,
// which some servers send, reaches to the next comma.
func cutTag(s string) (tag, rest string) {
	if s[:1] == `"` {
		if i := strings.IndexByte(s[1:], '"'); i >= 0 {
			return s[:i+2], s[i+2:]
		}
		return s, ""
	}
	tag, rest, _ = strings.Cut(s, ",")
	return wire.TrimSpace(tag), rest
}

// Date reads a date as fields give it; false where it is none, or empty.
func Date(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	t, err := http.ParseTime(s)
	return t, err == nil
}

// NotModified removes, in place, what describes a body that is not sent.
func NotModified(h wire.Header) wire.Header {
	h.Filter(func(f wire.Field) bool {
		switch strings.ToLower(f.Name) {
		case "content-type", "content-encoding", "content-language", "content-range", "content-md5", "accept-ranges":
			return false
		}
		return true
	})
	return h
}

func contentRange(r span, size int64) string {
	return "bytes " + strconv.FormatInt(r.offset, 10) + "-" + strconv.FormatInt(r.offset+r.length-1, 10) + "/" + strconv.FormatInt(size, 10)
}
