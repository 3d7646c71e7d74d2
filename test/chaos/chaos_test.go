package chaos

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// notice is how long edgegen may take to see that a process has stopped that
// requests pass through.
const notice = 30 * time.Second

// TestChaos holds P2, P3 and P5 while one daemon after the other is killed,
// stopped, or kept from starting: nothing fails but what a dead process had in
// work, and in the end everything is as it was at the start.
func TestChaos(t *testing.T) {
	for _, c := range edge.Named(t, *engines) {
		t.Run(c.Name, func(t *testing.T) {
			p := newPlace(t, c)
			p.Wrap()
			e := p.Run()
			processes := len(e.Family())
			descriptors := edge.Descriptors(e.PID())

			clients := load.StartClients(load.ClientOptions{Address: e.HTTPS(), Host: host, Count: 32, Requests: 500, Retry: true,
				Pause: 10 * time.Millisecond, Generations: load.NewGenerations(0), Expectation: load.Expectation{Pages: pages()}})
			sockets := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 100,
				Pause: 200 * time.Millisecond, Reconnect: true})
			s := &storm{place: p, edge: e}
			s.rage(howLong())
			requests, messages := clients.Stop(), sockets.Stop()

			s.report(requests, messages)
			s.accounted("request", requests.Failed)
			s.accounted("WebSocket", messages.Cuts)
			s.accounted("handshake", messages.Failed)
			for _, wrong := range append(requests.Wrong, messages.Wrong...) {
				t.Errorf("wrong: %v", wrong)
			}
			e.Until("the edge is ready", 2*edge.Patience, func(s api.Status) bool { return s.State == "ready" })
			s.restored(processes, descriptors)
			e.Stop()
		})
	}
}

// storm is a run of faults.
type storm struct {
	*place
	edge     *edge.Edge
	faults   []*fault
	begun    time.Time
	degraded time.Duration
	stood    map[string]bool // the tiers that a builtin one has stood in for
	slowest  time.Duration   // answer of status
}

// rage strikes every few seconds, and lets the edge come to rest at the end.
func (s *storm) rage(d time.Duration) {
	s.begun, s.stood = time.Now(), map[string]bool{}
	next, look := s.begun.Add(time.Second), s.begun
	for end := s.begun.Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(next) {
			if f := strike(s.place, s.edge); f != nil {
				s.faults = append(s.faults, f)
				next = time.Now().Add(time.Second + rand.N(3*time.Second))
			}
		}
		if since := time.Since(look); since > 200*time.Millisecond {
			look = time.Now()
			s.look(since)
		}
		s.watch()
	}
	for _, f := range s.faults {
		if f.kind == "broken" {
			s.Clear(f.target.broken)
		}
	}
	s.calm()
}

// watch looks after the faults: who has died, and what is to be mended.
func (s *storm) watch() {
	for _, f := range s.faults {
		f.watch()
		if !f.mended.IsZero() && time.Now().After(f.mended) {
			f.mended = time.Time{}
			s.Clear(f.target.broken)
		}
	}
}

// look samples the status.
func (s *storm) look(since time.Duration) {
	asked := time.Now()
	status := s.edge.Status()
	s.slowest = max(s.slowest, time.Since(asked))
	if status.State == "degraded" {
		s.degraded += since
	}
	for _, tier := range status.Tiers {
		if tier.Engine == "builtin" {
			s.stood[tier.Role] = true
		}
	}
}

// calm goes on with the load until edgegen has ended whoever is stopped and is
// ready again.
func (s *storm) calm() {
	for _, f := range s.faults {
		for f.kind == "stopped" && f.target.serving && f.victim.died.IsZero() && time.Since(f.begin) < notice {
			time.Sleep(10 * time.Millisecond)
			s.watch()
		}
		if f.kind == "stopped" && f.victim.died.IsZero() {
			s.t.Logf("nobody has ended what is stopped: %v", f)
			if f.target.serving {
				s.t.Errorf("%v went on for %v", f, time.Since(f.begin).Round(time.Second))
			}
		}
	}
	for deadline := time.Now().Add(2 * edge.Patience); s.edge.Status().State != "ready" && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		s.watch()
	}
}

// accounted holds that each failure was in work when a fault happened.
func (s *storm) accounted(what string, failures []load.Failure) {
	s.t.Helper()
	count := 0
next:
	for _, failure := range failures {
		for _, f := range s.faults {
			if f.covers(failure.Begin, failure.End) {
				continue next
			}
		}
		if count++; count <= 5 {
			s.t.Logf("no fault explains this %s: %v", what, failure)
		}
	}
	if count > 0 {
		s.t.Errorf("no fault explains why it failed: %d of the kind %s", count, what)
	}
}

// restored holds that all is as it was at the start.
func (s *storm) restored(processes int, descriptors map[string]string) {
	s.t.Helper()
	// A tolerance for what a runtime opens once, and a moment for what ends.
	const more = 8
	var family []edge.Process
	var now map[string]string
	for deadline := time.Now().Add(edge.Patience); ; time.Sleep(50 * time.Millisecond) {
		family, now = s.edge.Family(), edge.Descriptors(s.edge.PID())
		if len(family) == processes && !zombies(family) && len(now) <= len(descriptors)+more {
			break
		}
		if time.Now().After(deadline) {
			s.t.Errorf("there are %d processes, and were %d: %v", len(family), processes, family)
			s.t.Errorf("edgegen has %d descriptors open, and had %d: %v", len(now), len(descriptors), kinds(now))
			break
		}
	}
	s.t.Logf("in the end: %d processes (%d at the start), %d descriptors (%d)", len(family), processes, len(now), len(descriptors))
}

func zombies(family []edge.Process) bool {
	for _, p := range family {
		if p.State == "Z" {
			return true
		}
	}
	return false
}

// kinds counts descriptors by what they are.
func kinds(descriptors map[string]string) map[string]int {
	count := map[string]int{}
	for _, target := range descriptors {
		kind, _, _ := strings.Cut(target, ":[")
		count[kind]++
	}
	return count
}

// report prints the figures.
func (s *storm) report(requests load.Report, messages load.SocketReport) {
	count := map[string]int{}
	for _, f := range s.faults {
		count[f.kind+" "+f.target.name]++
		s.t.Log(f)
	}
	var lines []string
	for what, n := range count {
		lines = append(lines, fmt.Sprintf("%d %s", n, what))
	}
	sort.Strings(lines)
	var stood []string
	for role := range s.stood {
		stood = append(stood, role)
	}
	sort.Strings(stood)
	s.t.Logf("%d faults in %v: %s", len(s.faults), time.Since(s.begun).Round(time.Second), strings.Join(lines, ", "))
	s.t.Logf("degraded for %v; a builtin tier stood in for: %s; the slowest status took %v",
		s.degraded.Round(100*time.Millisecond), strings.Join(stood, ", "), s.slowest.Round(time.Millisecond))
	s.t.Logf("%d requests on %d connections: %d needed the retry, %d failed with it, the longest took %v",
		requests.Requests, requests.Connections, requests.Retried, len(requests.Failed), requests.Longest.Round(time.Millisecond))
	s.t.Logf("%d WebSockets: %d messages, %d were cut, %d handshakes failed with the retry, the longest message took %v",
		messages.Opened, messages.Messages, len(messages.Cuts), len(messages.Failed), messages.Longest.Round(time.Millisecond))
}
