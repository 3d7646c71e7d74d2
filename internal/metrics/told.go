package metrics

import "edgegen/internal/api"

// told writes how the edge is doing.
func (w *writer) told(m *Meter, state State) {
	s := state.Status
	w.value(info, 1, s.Version)
	w.value(started, float64(state.Started.Unix()))
	w.flag(ready, state.Ready)
	w.value(generation, float64(s.Generation))
	w.value(sockets, float64(s.Connections.WebSockets))
	w.value(untold, float64(m.Untold.Load()))
	for result, n := range m.Reloads.Counts() {
		w.value(reloads, float64(n), result)
	}
	if last := s.LastReload; last != nil {
		w.value(reloadTime, float64(last.At.UnixMilli())/1000)
		w.flag(reloadWell, last.OK)
	}
	taken := m.Takeovers.Counts()
	for _, t := range s.Tiers {
		w.flag(tierUp, t.State == running, t.Role)
		w.value(tierInfo, 1, t.Role, t.Engine, t.Version)
		w.flag(standIn, t.StandIn, t.Role)
		w.value(restarts, float64(t.Restarts), t.Role)
		w.value(takeovers, float64(taken[t.Role]), t.Role)
		w.value(children, float64(t.Children), t.Role)
	}
	if t := s.Traces; t != nil {
		w.value(spans, float64(t.Sent), "sent")
		w.value(spans, float64(t.Dropped), "dropped")
		w.value(spans, float64(t.Failed), "failed")
	}
	if c := s.Cluster; c != nil {
		w.cluster(c)
	}
	for _, b := range s.Backends {
		w.backend(b)
	}
	for _, c := range state.Certificates {
		w.value(ends, float64(c.NotAfter.Unix()), c.Site, c.Source)
	}
}

func (w *writer) cluster(c *api.ClusterStatus) {
	w.value(memberAnswers, float64(c.Answers))
	for _, m := range c.Members {
		w.flag(memberUp, m.State == "up" || m.State == "self", m.Name)
		w.value(memberAsked, float64(m.Asked), m.Name)
		w.value(memberFailed, float64(m.Failed), m.Name)
	}
}

func (w *writer) backend(b api.BackendStatus) {
	seen := make(map[string]bool)
	for _, e := range b.Endpoints {
		if seen[e.Address] {
			continue // a server that is named twice
		}
		seen[e.Address] = true
		if e.Server != "" {
			w.flag(serverUp, e.State != "unwell" && e.State != "waiting", b.Site, b.Name, e.Address)
		}
		w.value(serverOpen, float64(e.Open), b.Site, b.Name, e.Address)
	}
	if p := b.Process; p != nil {
		w.flag(processUp, p.State == running, b.Site, b.Name)
		w.value(processRestarts, float64(p.Restarts), b.Site, b.Name)
	}
}

// running is the state of a tier, or of a process, that is well.
const running = "running"
