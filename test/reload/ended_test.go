package reload

import (
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// TestR1VarnishRestartsStaged: a varnishd that has taken the place of the one in
// which the next generation was staged gets that generation too.
func TestR1VarnishRestartsStaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, edge.Native)
	w.Wrap()
	e := w.Run()
	w.next()
	w.Set(edge.StunnelHolds) // which is staged last
	answered := make(chan edge.Result, 1)
	go func() { answered <- e.Reload() }()
	await(t, "varnishd's part has been staged", func() bool { return w.IsSet(edge.StunnelHeld) })
	killed := kill(t, e, "varnishd", syscall.SIGKILL)
	e.Until("there is another varnishd", edge.Patience, func(s api.Status) bool {
		cache := edge.Tier(s, "cache")
		return cache.State == "running" && cache.PID != killed.PID
	})
	w.Clear(edge.StunnelHolds)
	if result := <-answered; result.Code != 0 {
		t.Errorf("reload exits with %d: %s", result.Code, result.Err)
	}
	w.serves(e, w.number)
	e.Until("all is well again", edge.Patience, ready)
	w.serves(e, w.number)
	e.Stop()
}

// TestR1VarnishDiesAtCommit: a varnishd that dies when a reload has been staged
// and is being committed is no obstacle, whether or not it comes up again.
func TestR1VarnishDiesAtCommit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		arguments []string
		broken    bool // it does not come up before the reload is done
	}{
		{name: "comes up again"},
		{name: "comes up again, nobody stands in", arguments: []string{"--no-takeover"}},
		{name: "does not come up", broken: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, edge.Native)
			w.Wrap()
			e := w.Run(c.arguments...)
			w.next()
			if c.broken {
				w.Set(edge.VarnishBroken)
			}
			entered, answered := entering(t, w.Home), make(chan edge.Result, 1)
			go func() { answered <- e.Reload() }()
			entered()
			kill(t, e, "varnishd", syscall.SIGKILL)
			if result := <-answered; result.Code != 0 {
				t.Errorf("reload exits with %d: %s", result.Code, result.Err)
			}
			if len(c.arguments) == 0 { // else the tier is down until varnishd is well
				w.serves(e, w.number)
			}
			w.Clear(edge.VarnishBroken)
			e.Until("all is well again", edge.Patience, ready)
			w.serves(e, w.number)
			w.next()
			w.reload(e)
			w.serves(e, w.number)
			e.Stop()
		})
	}
}

// TestR1VarnishDiesAndOthersRefuse: a reload that another tier refuses after
// varnishd has died in its middle leaves everything as it was.
func TestR1VarnishDiesAndOthersRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, edge.Native)
	w.Wrap()
	e := w.Run()
	inForce := 0
	for attempt := 1; ; attempt++ {
		inForce = w.number
		w.next()
		entered, answered := entering(t, w.Home), make(chan edge.Result, 1)
		go func() { answered <- e.Reload() }()
		entered()
		kill(t, e, "varnishd", syscall.SIGKILL)
		w.Set(edge.StunnelBroken) // staging has started one to look at its file
		kill(t, e, "stunnel", syscall.SIGKILL)
		result := <-answered
		w.Clear(edge.StunnelBroken)
		e.Until("all is well again", edge.Patience, func(s api.Status) bool {
			return ready(s) && edge.Tier(s, "cache").State == "running"
		})
		if result.Code == 0 && attempt < 5 { // a busy machine has killed them too late
			w.serves(e, w.number)
			continue
		}
		if result.Code != 1 || strings.Contains(result.Err, "could not be put back") {
			t.Errorf("reload exits with %d: %s", result.Code, result.Err)
		}
		break
	}
	w.serves(e, inForce)
	w.number = inForce
	w.next()
	w.reload(e)
	w.serves(e, w.number)
	e.Stop()
}
