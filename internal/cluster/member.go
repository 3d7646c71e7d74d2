package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// State is how another member is doing.
type State string

// The states of a member.
const (
	Unknown State = "unknown" // it has not been asked yet
	Up      State = "up"
	Down    State = "down"
	Self    State = "self"
)

// member is one of the edges, this one among them.
type member struct {
	Name
	group *upstream.Group
	asked atomic.Uint64 // how often it was asked for what it owns
	lost  atomic.Uint64 // how often it had no answer to that
	there atomic.Bool   // Up
	self  atomic.Bool

	mu    sync.Mutex // guards what follows
	state State
	since time.Time
	why   string          // it is down
	alive context.Context // ends when it goes down
	fall  context.CancelFunc
}

func newMember(name string, id *identity) *member {
	m := &member{Name: NewName(name), group: upstream.NewWatched(), state: Unknown, since: time.Now()}
	m.alive, m.fall = context.WithCancel(context.Background())
	m.group.Set([]upstream.Endpoint{{Address: upstream.Address{Network: "tcp", Address: name}, Secure: id.client, Well: true}}, upstream.Policy{})
	return m
}

// become notes how the member is doing, and reports whether that is news.
func (m *member) become(state State, why string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.why = why
	if m.state == state {
		return false
	}
	m.state, m.since = state, time.Now()
	m.there.Store(state == Up)
	m.self.Store(state == Self)
	switch {
	case state == Down:
		m.fall()
	case m.alive.Err() != nil:
		m.alive, m.fall = context.WithCancel(context.Background())
	}
	return true
}

// close ends what there is of connections. What is under way ends by itself.
func (m *member) close() {
	m.group.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.there.Store(false)
}

// patience bounds a question about the cluster itself.
func patience(d time.Duration) upstream.Timeouts {
	return upstream.Timeouts{Connect: d, FirstByte: d, BetweenBytes: d, EventStream: d}
}

// tell sends a message, and reads the answer into out, which may be nil.
func (m *member) tell(ctx context.Context, kind string, in, out any, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	m.mu.Lock()
	alive := m.alive
	m.mu.Unlock()
	if alive.Err() == nil {
		defer context.AfterFunc(alive, cancel)()
	}
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request := &wire.Request{Method: "POST", Target: "/", Host: "cluster", Minor: 1, Length: int64(len(data)), Body: wire.NewBytes(data),
		Header: wire.Header{{Name: site.NoteMember, Value: kind}}}
	r, _, err := m.group.RoundTrip(ctx, request, patience(within))
	if err != nil {
		return err
	}
	defer r.Close()
	if r.Status != 200 || r.Body == nil {
		return fmt.Errorf("it answers with status %d", r.Status)
	}
	said, err := io.ReadAll(io.LimitReader(r.Body, mostSaid))
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(said, out)
}

// mostSaid bounds an answer to a message: as many records as there can be, each with a URL.
const mostSaid = most * 16 << 10

// errAway says that a member went away while it was asked.
var errAway = errors.New("the member went away")

// ask has the member answer a request for what it owns. The answer is the member's, or an
// error after which it is taken for down; ctx ending is neither.
func (m *member) ask(ctx context.Context, request *wire.Request, t upstream.Timeouts) (*wire.Response, error) {
	m.asked.Add(1)
	m.mu.Lock()
	alive := m.alive
	m.mu.Unlock()
	asking, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(alive, func() { cancel(errAway) })
	defer stop() // what has begun to come may end
	r, _, err := m.group.RoundTrip(asking, request, t)
	if err != nil {
		cancel(nil)
		if ctx.Err() == nil {
			m.lost.Add(1)
		}
		return nil, err
	}
	if r.Body == nil {
		cancel(nil)
		return r, nil
	}
	r.Body = &asked{r.Body, cancel}
	return r, nil
}

// asked is a body after which its context ends.
type asked struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (a *asked) Close() error {
	defer a.cancel(nil)
	return a.ReadCloser.Close()
}

// Waits reports whether a read might wait, as that of the body does.
func (a *asked) Waits() bool {
	w, ok := a.ReadCloser.(interface{ Waits() bool })
	return !ok || w.Waits()
}
