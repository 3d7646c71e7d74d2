package control

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"edgegen/internal/accesslog"
	"edgegen/internal/api"
	"edgegen/internal/backends"
	"edgegen/internal/cluster"
	"edgegen/internal/dataplane/decide"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// purgesFile is what is known of purges, in the state directory.
const purgesFile = "purges.json"

// Others is the cluster, where a generation has had one; else nil.
func (e *Edge) Others() *cluster.Cluster {
	e.members.mu.Lock()
	defer e.members.mu.Unlock()
	return e.members.cluster
}

// join makes the cluster for a generation that has one, which may be the first.
func (e *Edge) join(g *generation.Generation) error {
	e.members.mu.Lock()
	defer e.members.mu.Unlock()
	if g.Loaded.Edge.Cluster == nil || e.members.cluster != nil {
		return nil
	}
	made, err := cluster.New(cluster.Options{Path: filepath.Join(e.state.dir, purgesFile), Purge: e.carryOut, Forget: e.forgetAll, Log: e.options.Log.With("from", "cluster")})
	e.members.cluster = made
	return err
}

// together has the edge answer with the members of a generation.
func (e *Edge) together(g *generation.Generation) {
	c := e.Others()
	if c == nil {
		return
	}
	edge := g.Loaded.Edge
	if err := c.Use(edge.Cluster, backends.ResolverOf(edge.Resolvers)); err != nil { // only if the machine has no randomness
		e.options.Log.Error("no part in the cluster: this edge answers alone", "error", err)
	}
}

// carryOut carries out a purge that another member tells of. Before the edge is ready its
// servers hear of it when they start.
func (e *Edge) carryOut(ctx context.Context, what site.Purge) (int, error) {
	if !e.Served.Load() {
		e.members.mu.Lock()
		e.members.early = append(e.members.early, what)
		e.members.mu.Unlock()
		purged, err := e.PurgeAll(ctx, what)
		return purged.Objects, err
	}
	purged, err := e.purgeInTurn(ctx, func() (site.Purge, error) { return what, nil })
	return purged.Objects, err
}

// Missed are the purges of before the edge was ready.
func (e *Edge) Missed() []site.Purge {
	e.members.mu.Lock()
	defer e.members.mu.Unlock()
	return e.members.early
}

// forgetAll forgets all that is stored.
func (e *Edge) forgetAll(ctx context.Context) error {
	var failed []error
	for _, s := range e.Serving().Loaded.Edge.Sites {
		_, err := e.carryOut(ctx, site.Purge{Site: s.Host})
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// purgeEverywhere purges here, and then at all other members.
func (e *Edge) purgeEverywhere(ctx context.Context, what func() (site.Purge, error)) (api.Purged, error) {
	var means site.Purge
	purged, err := e.purgeInTurn(ctx, func() (site.Purge, error) {
		var err error
		means, err = what()
		return means, err
	})
	c := e.Others()
	if err != nil || c == nil || e.Serving().Loaded.Edge.Cluster == nil {
		return purged, err
	}
	spread, err := c.Spread(ctx, means)
	purged.Objects += spread.Objects
	purged.Members, purged.Missed = spread.Reached, spread.Missed
	return purged, err
}

// membersChange says how a cluster changes.
func membersChange(was, next *site.Cluster) string {
	if was == nil {
		was = &site.Cluster{}
	}
	if next == nil {
		next = &site.Cluster{}
	}
	names := func(c *site.Cluster) (all []string) {
		for _, m := range c.Members {
			all = append(all, m.String())
		}
		return all
	}
	old, now := names(was), names(next)
	var changes []string
	for _, name := range now {
		if !slices.Contains(old, name) {
			changes = append(changes, "+"+name)
		}
	}
	for _, name := range old {
		if !slices.Contains(now, name) {
			changes = append(changes, "-"+name)
		}
	}
	const shown = 6
	if more := len(changes) - shown; more > 1 {
		changes = append(changes[:shown], fmt.Sprintf("and %d more", more))
	}
	if len(changes) == 0 {
		return "the cluster"
	}
	return "the cluster's members (" + strings.Join(changes, " ") + ")"
}

// clusterStatus is nil where the edge answers for itself alone.
func (e *Edge) clusterStatus(g *generation.Generation) *api.ClusterStatus {
	if g.Loaded.Edge.Cluster == nil {
		return nil
	}
	s := &api.ClusterStatus{Listen: []string{}, Members: []api.MemberStatus{}}
	for _, l := range g.Public.Members {
		s.Listen = append(s.Listen, l.String())
	}
	members, answers := e.Others().Status()
	s.Answers = answers
	for _, m := range members {
		s.Members = append(s.Members, api.MemberStatus{Name: m.Name, State: string(m.State), Since: m.Since, Problem: m.Why, Asked: m.Asked, Failed: m.Lost})
	}
	for _, f := range e.Others().Found() {
		s.Found = append(s.Found, api.FoundStatus{By: f.By, Members: f.Members, Problem: f.Problem})
	}
	return s
}

// forgotten has the member of a cluster that owns a URL, which may be this one, forget what
// it has stored, after a request that has changed that. A builtin cache tier does that
// itself; of a daemon's, its log tells.
func (e *Edge) forgotten(r *accesslog.Record) {
	if site.IsSafeMethod(r.Method) || r.Status < 200 || r.Status >= 400 || r.Method == site.PurgeMethod {
		return
	}
	c := e.Others()
	if c == nil {
		return
	}
	named, path := strings.Clone(r.Host), strings.Clone(r.Path)
	e.Later.Go(func() {
		edge := e.Serving().Loaded.Edge
		host, target, s, err := split(edge, "https://"+named+path)
		if edge.Cluster == nil || err != nil {
			return
		}
		target = decide.KeyTarget(s.Cache.IgnoreQuery, target)
		what := site.Purge{URL: host + target}
		e.PurgeShared(e.Life, what)
		c.Forget(e.Life, what.URL, []string{strings.ToLower(named) + target})
	})
}
