package backends

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"edgegen/internal/site"
)

// Plan is the backends of one edge, and what is known of them. Exactly one plan of
// a Watch is in use at a time; each is dropped in the end.
type Plan struct {
	watch    *Watch
	resolver Resolver
	servers  string // names the resolver
	backends map[ID]*backend
	configs  map[secureKey]*tls.Config
	names    []*name
	used     bool // its servers may be asked whether they are well
}

// backend is one backend of a plan.
type backend struct {
	site.Backend
	host    string // of its site
	secret  []byte // of its sticky cookies; nil where it has none
	secure  []*tls.Config
	names   map[string]*name
	members []*member
}

// Prepare begins to look after the backends of an edge, and waits until each of
// their names has been asked for once, or ctx ends. Nothing is told of them before
// Use. An error is about the files for TLS, or the secret of sticky cookies.
func (w *Watch) Prepare(ctx context.Context, edge *site.Edge) (*Plan, error) {
	p, err := w.plan(edge)
	if err != nil {
		return nil, err
	}
	for _, n := range p.names {
		select {
		case <-n.asked:
		case <-ctx.Done():
			return p, nil
		}
	}
	return p, nil
}

func (w *Watch) plan(edge *site.Edge) (*Plan, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &Plan{watch: w, resolver: w.options.Resolver(edge), servers: fmt.Sprint(edge.Resolvers),
		backends: make(map[ID]*backend), configs: make(map[secureKey]*tls.Config)}
	for _, s := range edge.Sites {
		for _, b := range s.Backends {
			if !b.Watched() {
				continue
			}
			watched := &backend{Backend: b, host: s.Host, names: make(map[string]*name)}
			if b.Sticky != nil {
				var err error
				if watched.secret, err = w.options.Secret(); err != nil {
					return nil, err
				}
			}
			for _, server := range b.Servers {
				config, err := p.secure(b.TLS, server)
				if err != nil {
					return nil, err
				}
				watched.secure = append(watched.secure, config)
			}
			p.backends[ID{s.Host, b.Name}] = watched
		}
	}
	w.plans[p] = struct{}{}
	for _, b := range p.backends {
		for _, server := range b.Servers {
			if server.Named() && b.names[server.Host] == nil {
				b.names[server.Host] = p.need(server.Host, b.Resolve)
			}
		}
		p.arrange(b)
	}
	return p, nil
}

// need has a name looked up for the plan.
func (p *Plan) need(host string, every time.Duration) *name {
	w, key := p.watch, nameKey{host, p.servers, every}
	n := w.names[key]
	if n == nil {
		n = &name{nameKey: key, resolver: p.resolver, asked: make(chan struct{}), since: time.Now()}
		w.names[key] = n
		n.stop = w.task(func(ctx context.Context) { w.follow(ctx, n) })
	}
	n.needed++
	p.names = append(p.names, n)
	return n
}

// IDs are the backends of the plan, in no order.
func (p *Plan) IDs() []ID {
	var ids []ID
	for id := range p.backends {
		ids = append(ids, id)
	}
	return ids
}

// Use has the plan's backends told of from now on, and at once, and their servers
// asked whether they are well.
func (p *Plan) Use() {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	if !p.used {
		p.used = true
		for _, b := range p.backends {
			p.arrange(b)
		}
	}
	p.watch.current = p
	p.watch.publish(func(*backend) bool { return true })
}

// Drop ends what no other plan needs. It may be called again, and on nil.
func (p *Plan) Drop() {
	if p == nil {
		return
	}
	w := p.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, held := w.plans[p]; !held {
		return
	}
	delete(w.plans, p)
	if w.current == p {
		w.current = nil
	}
	for _, n := range p.names {
		if n.needed--; n.needed == 0 {
			n.stop()
			n.answered()
			delete(w.names, n.nameKey)
		}
	}
	for _, b := range p.backends {
		for _, m := range b.members {
			w.unneeded(m.check)
		}
	}
}

// unneeded counts a check as needed once less.
func (w *Watch) unneeded(c *check) {
	if c == nil {
		return
	}
	if c.needed--; c.needed == 0 {
		c.stop()
		delete(w.checks, c.checkKey)
	}
}

// why tells what keeps the backend from having more endpoints.
func (b *backend) why() string {
	var problems []string
	for _, server := range b.Servers {
		if n := b.names[server.Host]; n != nil && n.problem != nil && len(n.addresses) == 0 {
			problems = append(problems, fmt.Sprintf("the name %s cannot be looked up: %v", n.host, n.problem))
		}
	}
	for _, m := range b.members {
		if m.check != nil && m.check.state == Unwell && len(problems) < 4 {
			problems = append(problems, fmt.Sprintf("%s is unwell: %s", m.at, m.check.reason))
		}
	}
	return strings.Join(problems, "; ")
}
