package reload

import (
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/load"
	"edgegen/test/port"
)

// change is one that a running daemon cannot take up.
type change struct {
	name string
	make func(w *world)
	// again says that a request may need a second try: a connection that is kept
	// open may end when varnishd does.
	again bool
}

// TestReplace holds P5 under load for what a running daemon cannot take up: it
// is replaced, no connection is refused, and exactly those WebSockets close
// that plan has counted.
func TestReplace(t *testing.T) {
	t.Parallel()
	for _, c := range combinations() {
		if !pure(c) && !*every {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			heavy(t)
			w := newWorld(t, c)
			e := w.Run()
			for _, one := range []change{
				{name: "log level", make: func(w *world) { w.level = "warn" }},
				{name: "another listener", make: func(w *world) { w.https = append(w.https, port.Free(t)) }},
				{name: "one listener less", make: func(w *world) { w.https = w.https[:1] }},
				{name: "storage", make: func(w *world) { w.storage = "96MiB" }, again: true},
			} {
				w.replace(e, one)
			}
			w.serves(e, w.number)
			e.Stop()
		})
	}
}

func (w *world) replace(e *edge.Edge, one change) {
	w.t.Helper()
	count := min(50, *sockets/3)
	open := w.sockets(e, count)
	crowd := w.crowd(e, one.again)
	one.make(w)
	w.next()
	plan, result := e.Plan()
	if result.Code != 2 {
		w.t.Errorf("%s: plan exits with %d: %s%s", one.name, result.Code, result.Out, result.Err)
	}
	before := pids(e.Status())
	took := w.reload(e)
	w.serves(e, w.number)
	for _, address := range w.https[1:] {
		if _, serial, err := load.Get(address, host, "/hello.txt"); err != nil || serial != w.certificates[w.number%len(w.certificates)].Serial {
			w.t.Errorf("%s: the new listener shows certificate %d, %v", one.name, serial, err)
		}
	}
	// Whatever is still open has to carry messages both ways.
	await(w.t, "the counted WebSockets have closed", func() bool { return open.Open() <= count-plan.WebSockets })
	messages := open.Messages()
	await(w.t, "the others go on", func() bool { return plan.WebSockets == count || open.Messages() >= messages+open.Open() })
	w.stop(crowd)
	r := open.Stop()
	if len(r.Cuts) != plan.WebSockets {
		few(w.t, "WebSockets closed", r.Cuts)
		w.t.Errorf("%s: %d WebSockets closed, and plan has counted %d", one.name, len(r.Cuts), plan.WebSockets)
	}
	few(w.t, "messages came back as others", r.Wrong)
	w.t.Logf("%s: %v, %d WebSockets closed, processes %v and then %v", one.name, took.Round(time.Millisecond), len(r.Cuts), before, pids(e.Status()))
	for _, tier := range plan.Tiers {
		w.t.Logf("%s: plan says of the %s tier: %s %v", one.name, tier.Role, tier.Action, tier.Why)
	}
}
