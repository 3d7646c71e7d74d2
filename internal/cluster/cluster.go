package cluster

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/backends"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// Options are what a Cluster needs of its edge.
type Options struct {
	// Path is where purges are kept over a restart; "" for nowhere.
	Path string
	// Purge carries a purge out in this edge, and counts what was meant.
	Purge func(context.Context, site.Purge) (int, error)
	// Forget forgets all that this edge stores.
	Forget func(context.Context) error
	// Every is the pause between two questions to a member; 0 is a second.
	Every time.Duration
	// Patient is how long such a question may take; 0 is two seconds. A member that takes
	// longer hangs, and what it has been asked for meanwhile, the app is asked for.
	Patient time.Duration
	Log     *slog.Logger
}

// Cluster is the other edges, as this one knows them. Its methods may be called from any
// goroutine; Close ends it.
type Cluster struct {
	options Options
	id      string // by which it knows itself
	purges  *purgeLog
	view    atomic.Pointer[view]
	served  atomic.Uint64 // requests of others for what this edge owns

	mu       sync.Mutex        // guards changes of the view, and what follows
	problems map[string]string // why what members are found by has said nothing lately
	ctx      context.Context
	end      context.CancelFunc
	work     sync.WaitGroup
}

// view is what a configuration makes of a cluster.
type view struct {
	of       *site.Cluster
	meaning  string
	identity *identity
	members  []*member           // by their names
	found    map[string][]string // by what they are found by
	end      context.CancelFunc
}

// New reads what is known of purges. Nobody is asked before Use.
func New(o Options) (*Cluster, error) {
	purges, err := openLog(o.Path)
	if err != nil {
		return nil, err
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.Patient == 0 {
		o.Patient = patient
	}
	c := &Cluster{options: o, id: rand.Text(), purges: purges, problems: map[string]string{}}
	c.ctx, c.end = context.WithCancel(context.Background())
	c.work.Go(func() { c.keep() })
	return c, nil
}

// Use has the edge answer together with the members of a configuration; nil for nobody.
// Members that were there before are known for what they were.
func (c *Cluster) Use(of *site.Cluster, resolver backends.Resolver) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.view.Load()
	if old != nil && old.meaning == of.Meaning() {
		return nil
	}
	if of == nil {
		c.view.Store(nil)
		old.close(nil)
		return nil
	}
	next := &view{of: of, meaning: of.Meaning(), found: map[string][]string{}}
	if old != nil && old.of.Secret == of.Secret {
		next.identity, next.found = old.identity, old.found
	} else {
		id, err := newIdentity(of.Secret)
		if err != nil {
			return err
		}
		next.identity, old = id, old.close(nil)
	}
	ctx, end := context.WithCancel(c.ctx)
	next.end = end
	next.members = next.list(old)
	c.view.Store(next)
	old.close(next)
	c.work.Go(func() { c.attend(ctx) })
	if slices.ContainsFunc(of.Members, site.Member.Named) {
		c.work.Go(func() { c.lookUp(ctx, of, resolver) })
	}
	for _, m := range of.Members {
		if m.Service != "" {
			c.work.Go(func() { c.follow(ctx, of, m) })
		}
	}
	return nil
}

// close ends the members that another view does not have; it returns no view.
func (v *view) close(next *view) *view {
	if v == nil {
		return nil
	}
	if v.end != nil {
		v.end()
	}
	for _, m := range v.members {
		if next == nil || !slices.Contains(next.members, m) {
			m.close()
		}
	}
	return nil
}

// list makes the members of what is written and what was found for names, and keeps those
// that there were.
func (v *view) list(old *view) (all []*member) {
	var names []string
	for _, m := range v.of.Members {
		if m.Found() {
			names = append(names, v.found[m.String()]...)
			continue
		}
		names = append(names, m.String())
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		var kept *member
		if old != nil {
			if i := slices.IndexFunc(old.members, func(m *member) bool { return m.Text == name }); i >= 0 {
				kept = old.members[i]
			}
		}
		if kept == nil {
			kept = newMember(name, v.identity)
		}
		all = append(all, kept)
	}
	return all
}

// Secure is how a member is let in to this edge's listener; nil where there is no cluster.
func (c *Cluster) Secure() *tls.Config {
	if v := c.view.Load(); v != nil {
		return v.identity.server
	}
	return nil
}

// Close ends all that goes on, and keeps what is known of purges.
func (c *Cluster) Close() error {
	if c == nil {
		return nil
	}
	c.end()
	c.work.Wait()
	c.view.Load().close(nil)
	return c.purges.save()
}

// Owner finds the member to ask in place of the app for what is stored under a key; nil
// where this edge is to answer itself.
func (c *Cluster) Owner(key string) *Owner {
	v := c.view.Load()
	if v == nil {
		return nil
	}
	if m := v.owner(key); m != nil && !m.self.Load() {
		return &Owner{m, c}
	}
	return nil
}

// owner is the first of those that are there, or this edge; nil for nobody.
func (v *view) owner(key string) (first *member) {
	sum, most := Sum(key), uint64(0)
	for _, m := range v.members {
		w := m.weight(sum)
		if first != nil && (w < most || w == most && m.Text > first.Text) {
			continue
		}
		if m.there.Load() || m.self.Load() {
			first, most = m, w
		}
	}
	return first
}

// Owner is a member that is asked for what it owns.
type Owner struct {
	*member
	cluster *Cluster
}

// Ask has the owner answer a request. An owner that does not answer is asked no more until
// it is found to be there again; ctx ending is upstream.ErrClient, and says nothing of it.
func (o *Owner) Ask(ctx context.Context, request *wire.Request, t upstream.Timeouts) (*wire.Response, error) {
	r, err := o.ask(ctx, request, t)
	if err != nil && ctx.Err() == nil && !errors.Is(err, upstream.ErrTimeout) {
		o.cluster.down(o.member, err)
	}
	return r, err
}

func (c *Cluster) down(m *member, err error) {
	why := strings.TrimPrefix(err.Error(), upstream.ErrFailed.Error()+": ")
	if m.become(Down, why) {
		c.options.Log.Warn("a member of the cluster does not answer; other members answer for its URLs", "member", m.Text, "error", why)
	}
}

// String is the member's name.
func (o *Owner) String() string { return o.Text }

// Served notes that a request of another member was answered.
func (c *Cluster) Served() { c.served.Add(1) }
