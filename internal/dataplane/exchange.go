package dataplane

import (
	"context"
	"time"

	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/answers"
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

// passed is failure for what no cache was asked for, as X-Cache says.
func passed(status int, fields ...wire.Field) answer {
	return answer{Response: answers.Failure(status, append(fields, wire.Field{Name: "X-Cache", Value: "PASS"})...)}
}

// statusGone is how the access log calls an answer to a client that has left; the number is
// nginx's.
const statusGone = 499
