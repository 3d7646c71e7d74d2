package tiers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/printable"
	"edgegen/internal/supervise"
)

// daemon is what the servers that are daemons have in common: a process, and a
// builtin plane that stands in for it while it is down.
type daemon struct {
	house *House
	generation.Chosen

	mu      sync.Mutex          // guards what follows
	running *supervise.Kept     // nil until it is started
	listen  map[string][]string // by tier
	standIn *plane              // nil while there is none
	taken   bool                // the stand-in serves in the daemon's place
	reason  error               // why it was taken over
	busy    error               // why it takes nothing new; nil where it does
	crowded time.Time           // when it was last found so
	guard   *guard

	children int                // children that have died, and that their parent has replaced
	childEnd *api.FailureStatus // the last of them
}

func (d *daemon) Roles() []string { return append([]string{d.Role}, d.Besides...) }

// tiers names its tiers to a person.
func (d *daemon) tiers() string {
	outward := d.Roles()
	slices.Reverse(outward)
	return strings.Join(outward, " and ")
}

func (d *daemon) Key() string {
	return strings.Join(append([]string{string(d.Engine)}, d.Besides...), " ")
}

// setRunning notes the process that serves. After a replacement it is another one.
func (d *daemon) setRunning(r *supervise.Kept) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = r
}

func (d *daemon) process() *supervise.Kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running
}

// runs reports whether the process answers.
func (d *daemon) runs() bool {
	r := d.process()
	return r != nil && r.Status().State == supervise.Running
}

func (d *daemon) show(g *generation.Generation) {
	listen := make(map[string][]string)
	for _, role := range d.Roles() {
		listen[role] = listening(g, d.house.Layout, role)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listen = listen
}

func (d *daemon) status(role string) api.TierStatus {
	alone := d.waitsFor()
	d.mu.Lock()
	defer d.mu.Unlock()
	s := api.TierStatus{
		Role: role, Engine: string(d.Engine), Version: d.Chosen.Daemon.Version,
		State: string(supervise.Starting), Listen: d.listen[role], Reason: d.Chosen.Reason,
	}
	if d.running != nil {
		now := d.running.Status()
		s.State, s.PID, s.Restarts, s.Since = string(now.State), now.PID, now.Restarts, now.Since
		if now.Reason != nil {
			s.Reason = reasonOf(now.Name, now.Reason) + alone
		}
		if d.busy != nil && now.State == supervise.Running {
			s.Busy, s.Reason = true, "busy: "+printable.FirstLine(d.busy)
		}
		if f := now.Failed; f != nil {
			s.LastFailure = &api.FailureStatus{At: f.At, Reason: reasonOf(now.Name, f.Why)}
		}
		s.Children = d.children
		if end := d.childEnd; end != nil && (s.LastFailure == nil || end.At.After(s.LastFailure.At)) {
			s.LastFailure = end
		}
	}
	if d.taken && d.standIn != nil {
		stand := d.standIn.status(role)
		s.StandIn = true
		s.Engine, s.Version, s.State, s.PID, s.Since = stand.Engine, stand.Version, stand.State, stand.PID, stand.Since
		now := d.running.Status()
		reason := d.reason
		if now.Reason != nil { // of the latest attempt
			reason = now.Reason
		}
		if compiles := compiles(0); errors.As(reason, &compiles) {
			s.Reason = fmt.Sprintf("%s is not ready yet: %s", d.Engine, reason)
		} else {
			s.Reason = fmt.Sprintf("%s is down and is tried again: %s", d.Engine, reasonOf(now.Name, reason))
		}
	}
	return s
}

// waitsFor is what a person is told besides of a daemon that is down and that nobody may
// stand in for; "" of any other.
func (d *daemon) waitsFor() string {
	g := d.house.Serving()
	if g == nil || !d.bonded(g) {
		return ""
	}
	return fmt.Sprintf("; requests wait until it is back, as there is %s, which no builtin tier knows", g.Engines[d.Role].Bond.Why)
}

// Lost notes that a child of the process has died. Its parent has started another one.
func (d *daemon) Lost(why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.children++
	d.childEnd = &api.FailureStatus{At: time.Now(), Reason: why.Error()}
}

// degraded reports whether the stand-in serves in the daemon's place.
func (d *daemon) degraded() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.taken
}

// Stop ends the stand-in after the daemon, which may still have work for it.
func (d *daemon) Stop(hurry context.Context) {
	d.endGuard()
	d.process().Stop(hurry)
	d.mu.Lock()
	stand := d.standIn
	d.mu.Unlock()
	if stand != nil {
		stand.Stop(hurry)
	}
}

// nothing is the change of a daemon to which nothing happens as yet.
func (d *daemon) nothing() *Change {
	c := &Change{}
	for _, role := range d.Roles() {
		c.Plans = append(c.Plans, api.TierPlan{Role: role, Engine: string(d.Engine), Action: api.Nothing, Why: []string{}})
	}
	return c
}

// withStandIn puts the change of the stand-in, if there is one, before the daemon's.
func (d *daemon) withStandIn(ctx context.Context, next *generation.Generation, own *Change) (*Change, error) {
	d.mu.Lock()
	stand := d.standIn
	d.mu.Unlock()
	if stand == nil {
		return own, nil
	}
	other, err := stand.Stage(ctx, next)
	if err != nil {
		return own, err
	}
	for _, s := range slices.Backward(other.steps) {
		own.first(s)
	}
	return own, nil
}
