package reload

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/load"
)

const host = "edge.test"

// paced is the pause of each of so many who ask so many times a second together.
// A load leaves the machine time for the change that is tested, or the change
// would take long and be met by no more requests.
func paced(count, perSecond int) time.Duration {
	return time.Duration(count) * time.Second / time.Duration(perSecond)
}

// world is an edge whose configuration is another in each generation, with the
// apps behind it.
type world struct {
	*edge.Home
	t *testing.T
	// These stand in the edge block.
	https   []string
	level   string
	storage string

	apps         [2]*load.App
	certificates [4]edge.Certificate
	generations  *load.Generations
	number       int        // of the generation that was written last
	asked        *edge.Edge // whose first listener address is
	address      string
}

func newWorld(t *testing.T, c edge.Combination) *world {
	t.Helper()
	w := &world{Home: edge.NewHome(t, c), t: t, https: []string{"127.0.0.1:0"}, level: "info", storage: "64MiB", generations: load.NewGenerations(0)}
	for i, name := range []string{"one", "two"} {
		w.apps[i] = load.StartApp(t, name)
	}
	for i := range w.certificates {
		w.certificates[i] = edge.NewCertificate(t, host, int64(100+i), edge.Valid)
	}
	w.Write("public/hello.txt", "hello\n")
	w.write(0)
	return w
}

// write saves a generation, certificate first.
func (w *world) write(generation int) {
	w.t.Helper()
	w.number = generation
	w.writeCertificate(w.certificates[generation%len(w.certificates)])
	w.Write("site.hcl", w.site(generation))
}

func (w *world) writeCertificate(c edge.Certificate) {
	w.t.Helper()
	w.Write("certs/server.crt", c.Chain)
	w.Write("certs/server.key", c.Key)
}

// serves holds that the edge serves a generation and nothing else: every page,
// the certificate, and how long answers are kept.
func (w *world) serves(e *edge.Edge, generation int) {
	w.t.Helper()
	w.asked = nil // it may have other listeners now
	address, expected := w.listener(e), w.expectation()
	low := load.NewGenerations(generation)
	clients := load.StartClients(load.ClientOptions{Address: address, Host: host, Count: 4, Requests: 5, Generations: low, Expectation: expected})
	for deadline := time.Now().Add(edge.Patience); clients.Requests() < 30 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	w.calm(clients.Stop())
	path := fmt.Sprintf("/cached/%d/%d", generation, time.Now().UnixNano())
	verdicts := ""
	for range 2 {
		answer, _, err := load.Get(address, host, path)
		if err != nil {
			w.t.Errorf("generation %d: %s: %v", generation, path, err)
			return
		}
		verdicts += answer.Header.Get("X-Cache") + " "
	}
	if hit := strings.HasSuffix(verdicts, "HIT "); hit != cached(generation) {
		w.t.Errorf("generation %d: asked twice, %s was %s", generation, path, verdicts)
	}
}

// calm holds that no request failed and no answer was wrong.
func (w *world) calm(r load.Report) {
	w.t.Helper()
	few(w.t, "requests failed", r.Failed)
	few(w.t, "answers were wrong", r.Wrong)
}

func few(t *testing.T, what string, failures []load.Failure) {
	t.Helper()
	for i, f := range failures {
		if i == 5 {
			break
		}
		t.Logf("%v", f)
	}
	if len(failures) > 0 {
		t.Errorf("%d %s", len(failures), what)
	}
}

// listener is the address of an edge's first TLS listener. A status is not asked for
// every time: that costs the edge a process.
func (w *world) listener(e *edge.Edge) string {
	w.t.Helper()
	if w.asked != e {
		w.asked, w.address = e, e.HTTPS()
	}
	return w.address
}

// next writes the generation after the last one.
func (w *world) next() int {
	w.t.Helper()
	w.write(w.number + 1)
	return w.number
}

// reload has the edge take what was written last, and holds that it does.
func (w *world) reload(e *edge.Edge) time.Duration {
	w.t.Helper()
	w.generations.Changing(w.number)
	begun := time.Now()
	if result := e.Reload(); result.Code != 0 {
		w.t.Fatalf("generation %d: reload exits with %d: %s", w.number, result.Code, result.Err)
	}
	took := time.Since(begun)
	w.generations.Changed()
	return took
}

// pids are the processes of the tiers.
func pids(s api.Status) map[string]int {
	found := map[string]int{}
	for _, tier := range s.Tiers {
		found[tier.Role] = tier.PID
	}
	return found
}

func (w *world) sockets(e *edge.Edge, count int) *load.Sockets {
	w.t.Helper()
	s := load.OpenSockets(load.SocketOptions{Address: w.listener(e), Host: host, Path: "/ws", Count: count, Pause: max(500*time.Millisecond, paced(count, 60))})
	if open := s.Open(); open != count {
		few(w.t, "WebSockets could not be opened", s.Stop().Failed)
		w.t.Fatalf("%d of %d WebSockets are open", open, count)
	}
	return s
}

// crowded is how many of a crowd keep their connections.
const crowded = 24

// crowd starts clients that keep their connections and some that do not.
func (w *world) crowd(e *edge.Edge, retry bool) []*load.Clients {
	w.t.Helper()
	o := load.ClientOptions{Address: w.listener(e), Host: host, Generations: w.generations, Expectation: w.expectation(), Retry: retry}
	keeping, fresh := o, o
	keeping.Count, keeping.Requests, keeping.Pause = crowded, 40, paced(crowded, 50)
	fresh.Count, fresh.Requests, fresh.Pause, fresh.Retry = 4, 1, paced(4, 8), false
	crowd := []*load.Clients{load.StartClients(keeping), load.StartClients(fresh)}
	if w.TLS == site.Builtin { // stunnel speaks HTTP/1.1 alone
		modern := keeping
		modern.Count, modern.Pause, modern.HTTP2 = 8, paced(8, 20), true
		crowd = append(crowd, load.StartClients(modern))
	}
	return crowd
}

// stop ends the clients and holds that all went well.
func (w *world) stop(crowd []*load.Clients) {
	w.t.Helper()
	for i, clients := range crowd {
		r := clients.Stop()
		w.t.Logf("%s clients: %d requests on %d connections, %d retried, %d answers of two generations, the longest took %v",
			[]string{"keep-alive", "fresh", "HTTP/2"}[i], r.Requests, r.Connections, r.Retried, r.Mixed, r.Longest.Round(time.Millisecond))
		w.calm(r)
		if w.Home.Combination == edge.BuiltIn && r.Mixed > 0 {
			w.t.Errorf("%d answers were half of one generation, half of the other", r.Mixed)
		}
	}
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(edge.Patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to be that %s", what)
		}
	}
}
