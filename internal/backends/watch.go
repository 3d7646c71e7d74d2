package backends

import (
	"context"
	"io"
	"log/slog"
	"sync"

	"edgegen/internal/site"
)

// Options are what a Watch needs.
type Options struct {
	// Log is told when something changes; nil tells nobody.
	Log *slog.Logger
	// Resolver makes what names are looked up with, for an edge; nil is ResolverOf
	// its resolvers.
	Resolver func(*site.Edge) Resolver
	// Secret tells what sticky cookies are made with. The same secret makes the same
	// cookies. It is asked for each sticky backend of a plan.
	Secret func() ([]byte, error)
	// FastCGI puts a question to an app that speaks FastCGI, on a connection whose
	// deadlines are set, and returns the status of the answer.
	FastCGI func(conn io.ReadWriter, app *site.FastCGI, host, target string) (int, error)
	// Changed is told all endpoints of a backend of the plan in use when some have
	// changed. It is called by one goroutine at a time, has to be quick, and must
	// not call the Watch. Why is what keeps the backend from having more of them.
	Changed func(id ID, endpoints []Endpoint, why string)
}

// ID names a backend.
type ID struct{ Site, Name string }

// Watch looks after the backends of an edge. Its methods may be called from any
// goroutine.
type Watch struct {
	options Options
	log     *slog.Logger
	life    context.Context
	end     context.CancelFunc
	tasks   sync.WaitGroup
	lookups chan struct{} // one for each that is under way

	mu      sync.Mutex // guards what follows, and what the plans hold
	names   map[nameKey]*name
	checks  map[checkKey]*check
	plans   map[*Plan]struct{} // that were not dropped
	current *Plan              // whose backends are told of; nil before the first
}

// New returns a Watch of nothing.
func New(o Options) *Watch {
	w := &Watch{options: o, log: o.Log, lookups: make(chan struct{}, lookupsMost),
		names: make(map[nameKey]*name), checks: make(map[checkKey]*check), plans: make(map[*Plan]struct{})}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.options.Resolver == nil {
		w.options.Resolver = func(edge *site.Edge) Resolver { return ResolverOf(edge.Resolvers) }
	}
	w.life, w.end = context.WithCancel(context.Background())
	return w
}

// Close ends all look-ups and checks. Nothing is told any more.
func (w *Watch) Close() {
	w.end()
	w.tasks.Wait()
}

// task runs something until its stop is called, or the Watch is closed.
func (w *Watch) task(run func(context.Context)) context.CancelFunc {
	ctx, stop := context.WithCancel(w.life)
	w.tasks.Add(1)
	go run(ctx)
	return stop
}

// rearrange makes the members of the backends anew whose names have changed, and
// tells of those in use.
func (w *Watch) rearrange(of func(*backend) bool) {
	for plan := range w.plans {
		for _, b := range plan.backends {
			if of(b) {
				plan.arrange(b)
			}
		}
	}
	w.publish(of)
}

// publish tells of the backends in use that are meant.
func (w *Watch) publish(of func(*backend) bool) {
	if w.current == nil || w.options.Changed == nil || w.life.Err() != nil {
		return
	}
	for id, b := range w.current.backends {
		if of(b) {
			w.options.Changed(id, b.endpoints(), b.why())
		}
	}
}
