package endpoints

import (
	"edgegen/internal/api"
	"edgegen/internal/backends"
	"edgegen/internal/dataplane/upstream"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// Status tells how the servers of a backend are doing that is looked after; of another
// there is nothing to tell.
func (w *Watched) Status(g *generation.Generation, host string, b *site.Backend) ([]api.EndpointStatus, []api.NameStatus) {
	if !b.Watched() || g.Backends == nil {
		return nil, nil
	}
	id := backends.ID{Site: host, Name: b.Name}
	name := site.BackendID(host, b.Name)
	conditions := make(map[string]upstream.Condition)
	for _, c := range w.Named([]string{name})[name].Conditions() {
		conditions[c.Address.Address] = c
	}
	var endpoints []api.EndpointStatus
	for _, one := range g.Backends.Endpoints(id) {
		told := api.EndpointStatus{Server: b.Servers[one.Server].String(), Address: one.Address, State: string(one.State), Since: one.Since, Reason: one.Reason}
		c := conditions[one.Address]
		delete(conditions, one.Address)
		told.Open, told.LastFailure = c.Busy, failureOf(c.Trouble)
		endpoints = append(endpoints, told)
	}
	for address, c := range conditions {
		if c.Busy > 0 {
			endpoints = append(endpoints, api.EndpointStatus{Address: address, State: "draining", Open: c.Busy, LastFailure: failureOf(c.Trouble)})
		}
	}
	var names []api.NameStatus
	for _, n := range g.Backends.Names(id) {
		told := api.NameStatus{Name: n.Name, Addresses: []string{}, Since: n.Since, Next: n.Next, Problem: n.Problem}
		for _, a := range n.Addresses {
			told.Addresses = append(told.Addresses, a.String())
		}
		names = append(names, told)
	}
	return endpoints, names
}

func failureOf(t *upstream.Trouble) *api.FailureStatus {
	if t == nil {
		return nil
	}
	return &api.FailureStatus{At: t.At, Reason: t.Reason}
}
