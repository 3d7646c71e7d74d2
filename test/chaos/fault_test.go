package chaos

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"edgegen/test/edge"
)

// target is a kind of process that faults befall.
type target struct {
	name   string
	parent string // the name of its parent; "" is edgegen
	comm   string // as the kernel knows it
	// serving says that requests pass through it, so that they hang while it is
	// stopped.
	serving bool
	broken  edge.Mark // keeps it from starting; "" where its parent starts it
}

func targets() []target {
	return []target{
		{name: "stunnel", comm: "stunnel", serving: true, broken: edge.StunnelBroken},
		{name: "varnishd manager", comm: "varnishd", broken: edge.VarnishBroken},
		{name: "varnishd child", parent: "varnishd", comm: "cache-main", serving: true},
		{name: "nginx master", comm: "nginx", broken: edge.NginxBroken},
		{name: "nginx worker", parent: "nginx", comm: "nginx", serving: true},
	}
}

// find picks one of the edge's processes of that kind.
func (g target) find(e *edge.Edge) (victim edge.Process, children []edge.Process, ok bool) {
	family := e.Family()
	names := map[int]string{}
	for _, p := range family {
		names[p.PID] = p.Name
	}
	var found []edge.Process
	for _, p := range family {
		if p.Name == g.comm && names[p.Parent] == g.parent && p.State != "T" && p.State != "Z" {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return victim, nil, false
	}
	victim = found[rand.IntN(len(found))]
	return victim, edge.Descendants(victim.PID), true
}

// fault is something that befell a process.
type fault struct {
	kind   string // killed, stopped or broken
	target target
	begin  time.Time
	victim mortal
	others []mortal // its children, which end with it or soon after
	mended time.Time
}

// mortal is a process, and when it was seen to be dead.
type mortal struct {
	edge.Process
	lived time.Time // when it was last seen alive; on a busy machine that may be long before
	died  time.Time // the zero value while it lives
}

func (f *fault) String() string {
	text := fmt.Sprintf("%s %s %v", f.begin.Format("15:04:05.000"), f.kind, f.victim.Process)
	if !f.victim.died.IsZero() {
		text += fmt.Sprintf(", dead after %v", f.victim.died.Sub(f.begin).Round(time.Millisecond))
	}
	return text
}

// strike makes a fault happen to a random process. It returns nil where the
// edge has no such process at the moment.
func strike(p *place, e *edge.Edge) *fault {
	g := targets()[rand.IntN(len(targets()))]
	victim, children, ok := g.find(e)
	if !ok {
		return nil
	}
	now := time.Now()
	f := &fault{target: g, victim: mortal{Process: victim, lived: now}}
	for _, child := range children {
		f.others = append(f.others, mortal{Process: child, lived: now})
	}
	signal := syscall.SIGKILL
	switch dice := rand.IntN(4); {
	case dice == 0:
		f.kind, signal = "stopped", syscall.SIGSTOP
	case dice == 1 && g.broken != "":
		f.kind = "broken"
		f.mended = time.Now().Add(3*time.Second + rand.N(5*time.Second))
		p.Set(g.broken)
	default:
		f.kind = "killed"
	}
	f.begin = time.Now()
	if err := victim.Signal(signal); err != nil {
		p.t.Errorf("%v: %v", victim, err)
	}
	return f
}

// watch notes who has died.
func (f *fault) watch() {
	note := func(m *mortal) {
		switch looked := time.Now(); {
		case !m.died.IsZero():
		case m.Alive():
			m.lived = looked
		default:
			m.died = time.Now()
		}
	}
	note(&f.victim)
	for i := range f.others {
		note(&f.others[i])
	}
}

// covers reports whether the fault may have broken what was in work from begin
// to end: it was in work when one of the processes died, or while one that
// serves was stopped. A death is seen a little later than it happens.
func (f *fault) covers(begin, end time.Time) bool {
	const late = 250 * time.Millisecond
	for _, m := range append([]mortal{f.victim}, f.others...) {
		from, to := m.died.Add(-late), m.died
		if m.lived.Before(from) {
			from = m.lived
		}
		if m.Process == f.victim.Process && (f.kind != "stopped" || f.target.serving) {
			from = f.begin
		}
		if m.died.IsZero() {
			to = time.Now()
			if m.Process != f.victim.Process || f.kind != "stopped" || !f.target.serving {
				continue // it lives and serves
			}
		}
		if !begin.After(to) && !end.Before(from) {
			return true
		}
	}
	return false
}
