package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"edgegen/internal/acme"
	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/statedir"
	"edgegen/internal/tiers"
)

// plan tells what the commit will do. Where there is an error, WebSockets could not
// be counted; the rest of the plan is right.
func (t *transaction) plan() (api.Plan, error) {
	apps, err := t.apps.Plan()
	t.planned = api.Plan{Backends: apps}
	return t.planned, errors.Join(countError(err), t.planServers())
}

// planServers fills in what is done to the tiers.
func (t *transaction) planServers() error {
	plan := &t.planned
	plan.Tiers = []api.TierPlan{}
	var uncounted []error
	for _, c := range t.changes {
		plan.Tiers = append(plan.Tiers, c.Plans...)
		uncounted = append(uncounted, c.Uncounted)
	}
	order := site.Tiers()
	slices.SortFunc(plan.Tiers, func(a, b api.TierPlan) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	var own []string
	if t.access.Changes() {
		own = append(own, "the access log")
	}
	if was, next := t.was.Loaded.Edge, t.next.Loaded.Edge; (was.Metrics == nil) != (next.Metrics == nil) || !slices.Equal(t.was.Public.Metrics, t.next.Public.Metrics) {
		own = append(own, "the metrics")
	}
	if was, next := t.was.Loaded.Edge.Cluster, t.next.Loaded.Edge.Cluster; was.Meaning() != next.Meaning() {
		own = append(own, membersChange(was, next))
	}
	if t.traces != nil {
		own = append(own, "the traces")
	}
	own = append(own, t.rearranged()...)
	if own = append(own, t.ordered()...); len(own) > 0 {
		plan.Tiers = append(plan.Tiers, api.TierPlan{Role: "edge", Engine: "edgegen", Action: api.Reload, Why: own})
	}
	for _, s := range t.leaving {
		ends, err := tiers.WebSocketsOf(s)
		uncounted = append(uncounted, err)
		for i := range plan.Tiers {
			if slices.Contains(s.Roles(), plan.Tiers[i].Role) && ends > 0 {
				plan.Tiers[i].WebSockets, ends = ends, 0
			}
		}
	}
	plan.WebSockets = plan.TierSockets()
	if plan.WebSockets == 0 { // else the tier ends those of every app
		for _, app := range plan.Backends {
			plan.WebSockets += app.WebSockets
		}
	}
	return countError(uncounted...)
}

// rearranged names the backends that edgegen looks after and whose servers change, or the
// way in which they are asked. No daemon need hear of that.
func (t *transaction) rearranged() []string {
	before := make(map[string]*site.Backend)
	for _, s := range t.was.Loaded.Edge.Sites {
		for i := range s.Backends {
			before[site.BackendID(s.Host, s.Backends[i].Name)] = &s.Backends[i]
		}
	}
	var why []string
	for _, s := range t.next.Loaded.Edge.Sites {
		for i := range s.Backends {
			b := &s.Backends[i]
			if was := before[site.BackendID(s.Host, b.Name)]; b.Watched() && was != nil && was.Meaning() != b.Meaning() {
				why = append(why, "backend "+b.Name+" of "+s.Host)
			}
		}
	}
	return why
}

// ordered names the sites for which a certificate will be asked.
func (t *transaction) ordered() []string {
	asked := make(map[string]bool)
	if directoryOf(t.was) == directoryOf(t.next) {
		for _, o := range ordersOf(t.was) {
			asked[fmt.Sprintf("%q", o.Names)] = true
		}
	}
	store, now := acme.Store{Dir: statedir.ACMEDir(t.edge.state.dir)}, time.Now()
	var hosts []string
	for _, o := range ordersOf(t.next) {
		if _, there := store.Pair(directoryOf(t.next), o.Names, now); !there && !asked[fmt.Sprintf("%q", o.Names)] {
			hosts = append(hosts, o.Site)
		}
	}
	const shown = 3
	if more := len(hosts) - shown; more > 1 {
		hosts = append(hosts[:shown], fmt.Sprintf("%d more", more))
	}
	if len(hosts) == 0 {
		return nil
	}
	asks := fmt.Sprintf("asks %s for a certificate of %s", directoryOf(t.next), strings.Join(hosts, ", "))
	if store := t.next.Loaded.Edge.ACME.Store; store != "" {
		asks += ", unless another edge of the store " + store + " does"
	}
	return []string{asks}
}

func directoryOf(g *generation.Generation) string { return g.Loaded.Edge.ACME.Directory }

func countError(errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("count the WebSockets that would end: %w", err)
	}
	return nil
}

// warnOfEnds logs how many WebSockets the commit will end, before it does.
func (t *transaction) warnOfEnds(uncounted error) {
	log := t.edge.options.Log
	if ends := t.planned.WebSockets; ends > 0 {
		log.Warn("the reload restarts a tier or an app, which ends its WebSockets", "websockets", ends)
	}
	if uncounted != nil {
		log.Warn("the reload may end more WebSockets than could be counted", "error", uncounted)
	}
}
