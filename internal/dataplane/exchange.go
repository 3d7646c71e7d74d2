package dataplane

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/dataplane/gate"
	"edgegen/internal/dataplane/httpcache"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
)

// exchange is a request on its way through the tiers, with what is known
// about it. The connection it came on reuses it; what outlives the request is
// copied.
type exchange struct {
	decide.Question
	ctx   context.Context // ends when the client leaves
	began time.Time
	watch func()          // called before waiting for anybody else; may be nil
	shown *gate.Handshake // nil where the client was not asked for a certificate

	model *model
	host  *decide.Host
	route *route // nil until one was found

	since uint64 // the number of purges after which the origin is asked
	tags  string // of what it has said, for httpcache.Entry

	told string // what Cache-Status says of this tier; "" for nothing

	over string // as in http1

	owner  *cluster.Owner       // who is asked in place of the app; nil for nobody
	shares bool                 // what is asked for may be stored
	member bool                 // the answer is for a tier that stores it, and is told how fresh it is
	given  *httpcache.Freshness // of what a member is answered; nil for what is not stored
	copied *httpcache.Freshness // of what another member has answered; nil for what an app has

	handed int // how often apps have handed the request on

	cache   string // X-Cache
	tier    string
	backend string
	asked   time.Duration
	others  bool // answer and tell the access log
}

// answer is the response to an exchange.
type answer struct {
	*wire.Response
	close    bool               // the connection ends after it
	switched *upstream.Switched // the backend's side of a WebSocket; Status is 101
	gone     bool               // the client has left; nothing is sent
}

// failure is an error answer: short, and without a name of any product.
func failure(status int, fields ...wire.Field) *wire.Response {
	text := strconv.Itoa(status) + " " + reason(status) + "\n"
	header := append(wire.Header{{Name: "Content-Type", Value: "text/plain; charset=utf-8"}}, fields...)
	return &wire.Response{Status: status, Header: header, Length: int64(len(text)), Body: wire.NewBytes([]byte(text))}
}

// passed is failure for what no cache was asked for, as X-Cache says.
func passed(status int, fields ...wire.Field) answer {
	return answer{Response: failure(status, append(fields, wire.Field{Name: "X-Cache", Value: "PASS"})...)}
}

// reason is a status in words. Some have a newer name than net/http gives.
func reason(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "Content Too Large"
	case http.StatusRequestURITooLong:
		return "URI Too Long"
	case http.StatusRequestedRangeNotSatisfiable:
		return "Range Not Satisfiable"
	}
	return http.StatusText(status)
}

// worded gives an answer about a failed condition or range a text.
func worded(r *wire.Response) *wire.Response {
	if r.Body == nil && (r.Status == http.StatusPreconditionFailed || r.Status == http.StatusRequestedRangeNotSatisfiable) {
		return failure(r.Status, r.Header...)
	}
	return r
}

func redirect(status int, to string) *wire.Response {
	r := failure(status)
	r.Header.Add("Location", to)
	return r
}

// badRequest maps what is wrong with a request to its status; 0 means that
// there is nobody to tell.
func badRequest(err error) int {
	switch {
	case errors.Is(err, wire.ErrMalformed):
		return http.StatusBadRequest
	case errors.Is(err, wire.ErrHeadTooLarge):
		return http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, wire.ErrBodyTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return 0
}

// badGateway is the answer when asking the backend has failed; it is gone when the client
// has failed.
func badGateway(err error) *wire.Response {
	switch {
	case errors.Is(err, upstream.ErrClient):
		if status := badRequest(err); status != 0 {
			return failure(status)
		}
		return &wire.Response{Status: nobody}
	case errors.Is(err, errNoRoom):
		return failure(http.StatusInternalServerError)
	case errors.Is(err, upstream.ErrTimeout):
		return failure(http.StatusGatewayTimeout)
	case errors.Is(err, upstream.ErrNoServer):
		return failure(http.StatusServiceUnavailable)
	}
	return failure(http.StatusBadGateway)
}

// nobody is the status of an answer that is not sent, since the client has left. No app
// can give it.
const nobody = 0

// statusGone is how the access log calls that; the number is nginx's.
const statusGone = 499

// withoutBody drops the body from an answer that must not have one.
func withoutBody(method string, r *wire.Response) {
	if r.Body != nil && !wire.HasBody(method, r.Status) {
		r.Close()
	}
}
