package tiers

import (
	"cmp"
	"math"
	"net"
	"os"
	"slices"
	"time"

	"edgegen/internal/dataplane"
	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// newRelay makes the server by which daemons ask the backends that edgegen looks
// after: a plane without a tier, with a socket for each of them. One that had a
// backend keeps its socket: an nginx of before a reload may still ask there.
func newRelay(e *House) *plane { return &plane{house: e, relay: true} }

// relays are the sockets of a relay. The model that it serves has no limits of its own,
// as the daemons in front of it keep clients to the site's.
func (p *plane) relays(g *generation.Generation, m *dataplane.Model) error {
	patient := *m.Edge
	patient.Limits = site.Limits{Connections: math.MaxInt32, WebSockets: math.MaxInt32, HeaderSize: 4*m.Edge.Limits.HeaderSize + 64<<10, BodySize: math.MaxInt64}
	patient.Timeout.Header, patient.Timeout.Idle, patient.Timeout.Body = day, day, day
	patient.Timeout.WebSocketIdle += time.Minute
	m.Edge = &patient
	p.mu.Lock()
	before := p.asked
	p.mu.Unlock()
	names := slices.Clone(before)
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for name := range m.Watched {
		add(name)
	}
	if m.Edge.Challenged() {
		add(challenges)
	}
	if m.Edge.Purgeable() {
		add(dataplane.PurgeRelay)
	}
	if m.Edge.Gated() {
		add(dataplane.GateRelay)
	}
	if g.Output.Shares() {
		add(dataplane.CountsRelay)
	}
	layout := p.house.Layout
	others := map[string]string{challenges: layout.ChallengeSocket(), dataplane.PurgeRelay: layout.PurgeSocket(),
		dataplane.GateRelay: layout.GateSocket(), dataplane.CountsRelay: layout.CountsSocket()}
	m.Watched = p.house.Backends.Named(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return others[name] != "" }))
	for _, name := range names {
		path := cmp.Or(others[name], layout.RelaySocket(name))
		file, err := p.house.hold(path)
		if err != nil {
			return err
		}
		listeners, err := fileListeners([]*os.File{file})
		if err != nil {
			return err
		}
		m.Relays = append(m.Relays, dataplane.Relay{Listener: listeners[0], Backend: name})
		p.reaches(innerSocket{path, file})
	}
	p.mu.Lock()
	p.asked = names
	p.mu.Unlock()
	return nil
}

// challenges stands, among the names of backends, for what authorities ask for.
const challenges = ""

// reaches notes a socket by which the plane is reached.
func (p *plane) reaches(s innerSocket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inner = slices.DeleteFunc(p.inner, func(old innerSocket) bool { return old.path == s.path })
	p.inner = append(p.inner, s)
}

// day is longer than anything between a daemon and the relay is to last.
const day = 24 * time.Hour

// relayListeners are those of a model's relays.
func relayListeners(all []dataplane.Relay) []net.Listener {
	var listeners []net.Listener
	for _, r := range all {
		listeners = append(listeners, r.Listener)
	}
	return listeners
}
