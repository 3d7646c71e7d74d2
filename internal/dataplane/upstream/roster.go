package upstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"edgegen/internal/dataplane/fastcgi"
)

// Endpoint is one address at which an app can be asked, and how it is used.
type Endpoint struct {
	Address
	// Secure is how TLS is spoken there; nil for none. Endpoints with the same
	// address and the same Secure are one server.
	Secure *tls.Config
	Token  string // by which a sticky cookie names it
	Weight int    // its share against the others'; below 1 is 1
	Backup bool   // it is asked only where no other can be
	Most   int    // how many requests and WebSockets it has at a time; 0 for any number
	// Unwell endpoints are not asked, Untried ones where no other can be. Well
	// ones have been found well by a check, which outweighs a refusal.
	Unwell, Untried, Well bool
}

// Balance is the way in which an endpoint is chosen.
type Balance int

// The ways to choose. InTurn is the zero value.
const (
	InTurn Balance = iota
	LeastBusy
	ByClient // by the request's X-Real-IP
)

// Policy is how a group chooses.
type Policy struct {
	Balance Balance
	// Cookie is the name of the cookie that keeps a client at an endpoint; "" for
	// none.
	Cookie   string
	Lifetime time.Duration // of the cookie; 0 for as long as the client runs
	// FastCGI is how the endpoints are spoken to that speak FastCGI; nil for HTTP/1.1.
	FastCGI *fastcgi.App
	// Why tells what there is to say where there is no endpoint to ask.
	Why string
}

// Trouble is how asking a server failed last.
type Trouble struct {
	At     time.Time
	Reason string
}

// Condition is how a server of a group is doing, as its requests tell.
type Condition struct {
	Endpoint
	Busy    int      // requests in work and WebSockets
	Trouble *Trouble // nil where it has answered since
}

// roster is the endpoints that a group has at a time.
type roster struct {
	Policy
	members []*member
	servers []*server // the members', in their order
	watched bool      // somebody looks after the endpoints
}

// member is an endpoint of a roster.
type member struct {
	*server
	Endpoint
	turn int // guarded by the group's turns
}

// newRoster shares with old the servers that are in both; old may be nil.
func newRoster(endpoints []Endpoint, policy Policy, old *roster) *roster {
	r := &roster{Policy: policy}
	for _, e := range endpoints {
		e.Weight = max(e.Weight, 1)
		s := old.server(e.Address, e.Secure)
		if s == nil {
			s = &server{Address: e.Address, secure: e.Secure, buffers: &sync.Pool{New: newBuffer}}
		}
		r.members, r.servers = append(r.members, &member{server: s, Endpoint: e}), append(r.servers, s)
	}
	return r
}

func (r *roster) server(at Address, secure *tls.Config) *server {
	if r == nil {
		return nil
	}
	for _, s := range r.servers {
		if s.Address == at && s.secure == secure {
			return s
		}
	}
	return nil
}

func (r *roster) closeExcept(other *roster) {
	for _, s := range r.servers {
		if other.server(s.Address, s.secure) != s {
			s.close()
		}
	}
}

// FastCGI reports whether the app speaks FastCGI. No WebSocket can be opened to one
// that does, and no body of an unknown length be sent.
func (g *Group) FastCGI() bool { return g.now().FastCGI != nil }

// now is the group's roster; nil for a nil group.
func (g *Group) now() *roster {
	if g == nil {
		return nil
	}
	return g.roster.Load()
}

// NewWatched returns a group without an endpoint, which Set fills.
func NewWatched() *Group {
	g := &Group{}
	g.Set(nil, Policy{})
	return g
}

// Set replaces the endpoints of a group and the way in which they are chosen.
// Requests and WebSockets that are under way at an endpoint that is gone go on
// there until they end; nothing else reaches it.
func (g *Group) Set(endpoints []Endpoint, policy Policy) {
	old := g.roster.Load()
	r := newRoster(endpoints, policy, old)
	r.watched = true
	g.roster.Store(r)
	if old == nil {
		return
	}
	old.closeExcept(r)
	g.turns.Lock()
	defer g.turns.Unlock()
	g.gone = slices.DeleteFunc(append(g.gone, old.servers...), func(s *server) bool {
		return s.busy.Load() == 0 || slices.Contains(r.servers, s)
	})
}

// Conditions tell how the servers of the group are doing, and those that are no
// longer in it and still have work.
func (g *Group) Conditions() []Condition {
	var all []Condition
	for _, m := range g.now().members {
		all = append(all, Condition{Endpoint: m.Endpoint, Busy: int(m.busy.Load()), Trouble: m.trouble.Load()})
	}
	g.turns.Lock()
	defer g.turns.Unlock()
	for _, s := range g.gone {
		if busy := s.busy.Load(); busy > 0 {
			all = append(all, Condition{Endpoint: Endpoint{Address: s.Address}, Busy: int(busy), Trouble: s.trouble.Load()})
		}
	}
	return all
}

// troubled notes a failure, which it returns.
func (s *server) troubled(err error) error {
	if err != nil && !errors.Is(err, ErrClient) {
		s.trouble.Store(&Trouble{At: time.Now(), Reason: err.Error()})
	}
	return err
}

// answered notes that the server has answered.
func (s *server) answered() {
	if s.trouble.Load() != nil {
		s.trouble.Store(nil)
	}
}

// nobody is the error if no endpoint can be asked.
func (r *roster) nobody() error {
	if r.Why == "" {
		return ErrNoServer
	}
	return fmt.Errorf("%w: %s", ErrNoServer, r.Why)
}
