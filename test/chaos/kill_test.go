package chaos

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
)

// goneWithin is the promise of P4.
const goneWithin = 2 * time.Second

// TestKill holds P4 for kill -9 of edgegen itself, at random moments of a start,
// a reload and a stop: nothing survives, and the next start works.
func TestKill(t *testing.T) {
	p := newPlace(t, edge.Native)
	generation := 0
	var longest time.Duration
	for round := range *rounds {
		moment := []string{"start", "reload", "stop"}[round%3]
		delay := rand.N(1500 * time.Millisecond)
		e := p.Up()
		if moment != "start" {
			p.answers(e)
		}
		switch moment {
		case "reload":
			generation++
			p.write(generation)
			reload := p.Command("reload", "--state-dir", p.State)
			if err := reload.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = reload.Wait() }() // it ends with edgegen, and with an error
		case "stop":
			e.Signal(syscall.SIGTERM)
			delay /= 3
		}
		select {
		case <-time.After(delay):
		case <-e.Exited:
			if moment != "stop" {
				t.Fatalf("round %d: edgegen ended by itself", round)
			}
		}
		e.Kill()
		took := p.Settled(3 * goneWithin) // a busy machine gets some more time
		longest = max(longest, took)
		t.Logf("round %d: killed %v into a %s, all were gone after %v", round, delay.Round(time.Millisecond), moment, took.Round(time.Millisecond))
		if took > goneWithin {
			t.Logf("slow: that is more than %v", goneWithin)
		}
		<-e.Exited
		p.NoSockets(p.Path("sock/app"))
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d rounds, all were gone after %v at the latest", *rounds, longest.Round(time.Millisecond))
	e := p.Up()
	p.answers(e)
	e.Stop()
}

// answers waits until the edge is ready and serves.
func (p *place) answers(e *edge.Edge) {
	p.t.Helper()
	e.Ready()
	answer, _, err := load.Get(e.HTTPS(), host, "/supervised")
	if err != nil || answer.Status != 200 {
		p.t.Fatalf("it is ready and does not serve: %v, %v", answer, err)
	}
}
