package backends

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Name is how the look-up of a name is doing.
type Name struct {
	Name      string
	Addresses []netip.Addr // the last that were found
	Since     time.Time    // when they were found first, or the look-ups began to fail
	Next      time.Time    // when it is asked for again; zero while it is asked for
	Problem   string       // why the addresses are no newer; "" where they are
}

// Names tells about the names of a backend of the plan, in their order.
func (p *Plan) Names(id ID) []Name {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	b := p.backends[id]
	if b == nil {
		return nil
	}
	var all []Name
	for _, n := range b.names {
		one := Name{Name: n.host, Addresses: slices.Clone(n.addresses), Since: n.since, Next: n.next}
		if n.problem != nil {
			one.Problem = n.problem.Error()
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y Name) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// Endpoints tells about the endpoints of a backend of the plan.
func (p *Plan) Endpoints(id ID) []Endpoint {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	b := p.backends[id]
	if b == nil {
		return nil
	}
	return b.endpoints()
}
