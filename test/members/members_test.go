package members

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/test/dns"
	"edgegen/test/edge"
	"edgegen/test/load"
)

var long = flag.Bool("long", false, "more clients, for longer")

// host is that of the site, to which the balancer leads.
const host = "shop.test"

// site is that of each edge, at its stage.
const site = `edge {
  http     = []
  https    = ["%[1]s:443"]
  resolver = [%[2]q]
  metrics { listen = "%[1]s:9145" }
  timeouts { drain = "1s" }
  cluster {
    listen  = "%[1]s:6443"
    members = ["edges.test:6443"]
    resolve = "1s"
    secret  = "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"
  }
}
site "shop.test" {
  tls { self_signed = true }
  backend "app" { servers = ["app.test:5000"] }
  route "/" {
    backend   = "app"
    websocket = true
    response_headers { set = { "X-Stage" = "%[3]d" } }
  }
  route "/kept" {
    backend = "app"
    cache { ttl = "1h" }
    response_headers { set = { "X-Stage" = "%[3]d" } }
  }
}
`

// world is three edges behind a balancer.
type world struct {
	*testing.T
	names       *dns.Server
	balancer    *balancer
	members     []*member
	generations *load.Generations
	stage       int
	began       time.Time
}

// member is one edge. What it listens on is the service manager's, and outlives it.
type member struct {
	*world
	name  string
	place *place
	https *os.File
	home  *edge.Home
	edge  *edge.Edge
	*target
}

func newWorld(t *testing.T, c edge.Combination) *world {
	t.Helper()
	w := &world{T: t, names: dns.StartAt(t, center), generations: load.NewGenerations(0), began: time.Now()}
	w.names.Set("app.test", center)
	w.names.Set("edges.test", "10.77.0.11", "10.77.0.12", "10.77.0.13")
	go func() { _ = load.ServeApp("shop", center+":5000") }() // it ends with the process
	var targets []*target
	for number := 1; number <= 3; number++ {
		p := newPlace(t, number)
		m := &member{world: w, name: fmt.Sprintf("edge %d", number), place: p, https: p.listen(443), home: edge.NewHome(t, c),
			target: &target{address: net.JoinHostPort(p.address, "443"), ready: net.JoinHostPort(p.address, "9145")}}
		m.write()
		w.members, targets = append(w.members, m), append(targets, m.target)
		m.start()
	}
	w.balancer = balance(t, targets...)
	for _, m := range w.members {
		m.edge.Ready()
	}
	w.whole()
	return w
}

func (m *member) write() {
	m.home.Write("site.hcl", fmt.Sprintf(site, m.place.address, m.names.Address, m.stage))
}

// start runs the edge on the socket that is there, as a service manager does.
func (m *member) start() {
	m.Helper()
	m.place.within(func() {
		m.edge = m.home.Start(func(c *exec.Cmd) {
			c.Args = append([]string{"sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`, c.Path}, append(c.Args[1:], "--engine", m.home.Argument())...)
			c.Path, c.Env, c.ExtraFiles = "/bin/sh", append(c.Env, "LISTEN_FDS=1"), []*os.File{m.https}
		})
	})
}

// whole waits until the balancer leads to all.
func (w *world) whole() {
	w.Helper()
	edge.Await(w, "the balancer leads to all edges", edge.Patience, w.balancer.well, func(well int) bool { return well == len(w.members) })
}

// crowd is clients of both protocols, and WebSockets.
type crowd struct {
	plain, modern *load.Clients // modern is nil where the edges speak HTTP/1.1 alone
	sockets       *load.Sockets
}

func (w *world) crowd() *crowd {
	count, open := 8, 12
	if *long {
		count, open = 24, 60
	}
	right := load.Part{Name: "stage", Right: func(stage int, a load.Answer) bool { return a.Header.Get("X-Stage") == strconv.Itoa(stage) }}
	whole := load.Part{Name: "body", Right: func(_ int, a load.Answer) bool { return strings.HasPrefix(a.Body, "app shop ") }}
	options := load.ClientOptions{Address: w.balancer.address, Host: host, Count: count, Pause: 10 * time.Millisecond, Generations: w.generations,
		Expectation: load.Expectation{Pages: []load.Page{{Path: "/asked", Parts: []load.Part{load.Status(200), right, whole}}, {Path: "/kept", Parts: []load.Part{load.Status(200), right, whole}}}}}
	c := &crowd{sockets: load.OpenSockets(load.SocketOptions{Address: w.balancer.address, Host: host, Path: "/socket", Count: open, Pause: 50 * time.Millisecond, Reconnect: true})}
	c.plain = load.StartClients(options)
	if w.members[0].home.SpeaksHTTP2() {
		options.HTTP2 = true
		c.modern = load.StartClients(options)
	}
	return c
}

func (c *crowd) requests() int {
	count := c.plain.Requests()
	if c.modern != nil {
		count += c.modern.Requests()
	}
	return count
}

// outcome is what has become of a crowd.
type outcome struct {
	requests      int
	failed, wrong []load.Failure
	sockets       load.SocketReport
}

func (c *crowd) stop() (o outcome) {
	reports := []load.Report{c.plain.Stop()}
	if c.modern != nil {
		reports = append(reports, c.modern.Stop())
	}
	for _, r := range reports {
		o.requests += r.Requests
		o.failed, o.wrong = append(o.failed, r.Failed...), append(o.wrong, r.Wrong...)
	}
	o.sockets = c.sockets.Stop()
	return o
}

// during has clients ask before, while and after something is done.
func (w *world) during(do func()) outcome {
	w.Helper()
	w.whole()
	c := w.crowd()
	more := func() {
		w.Helper()
		enough := c.requests() + 300
		edge.Await(w, "clients are answered", edge.Patience, c.requests, func(now int) bool { return now >= enough })
	}
	more()
	do()
	more()
	return c.stop()
}

// tell prints what has become of clients, and holds what is the same whatever was done.
func (w *world) tell(what string, o outcome, explained string) {
	w.Helper()
	w.Logf("%s: %d of %d requests failed, %d of %d WebSockets were cut and opened anew: %s", what, len(o.failed), o.requests, len(o.sockets.Cuts), o.sockets.Opened-len(o.sockets.Cuts), explained)
	for _, list := range [][]load.Failure{o.wrong, o.sockets.Wrong, o.sockets.Failed} {
		few(w, what+": wrong", list)
	}
}

func few(w *world, what string, failures []load.Failure) {
	w.Helper()
	for _, f := range failures[:min(len(failures), 5)] {
		w.Errorf("%s: %v", what, f)
	}
}

// none holds that no request has failed.
func (w *world) none(what string, o outcome) {
	w.Helper()
	few(w, what+": a request failed", o.failed)
}

// D2: three edges behind a balancer. A change of the site at one after the other loses
// nothing. One that is drained before it is stopped, or before another program takes its
// place on the same socket, loses no request; its WebSockets end, and are opened anew
// elsewhere. One that is killed loses what is under way on it.
func TestD2Members(t *testing.T) {
	for _, c := range []edge.Combination{edge.BuiltIn, edge.Native} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Need(t)
			if !inNetwork(t) {
				return
			}
			newNetwork(t)
			w := newWorld(t, c)
			w.rolled()
			w.drained(w.members[0])
			w.upgraded(w.members[1])
			w.killed(w.members[2])
			for _, m := range w.members {
				m.edge.Signal(syscall.SIGTERM)
			}
			for _, m := range w.members {
				if code := m.edge.Ends(); code != 0 {
					t.Errorf("%s exits with %d", m.name, code)
				}
			}
			t.Logf("all of that in %v", time.Since(w.began).Round(time.Second))
		})
	}
}

// rolled changes the site of all edges, one after the other.
func (w *world) rolled() {
	o := w.during(func() {
		w.stage++
		w.generations.Changing(w.stage)
		for _, m := range w.members {
			m.write()
			if r := m.edge.Reload(); r.Code != 0 {
				w.Errorf("%s: reload exits with %d: %s", m.name, r.Code, r.Err)
			}
		}
		w.generations.Changed()
	})
	w.tell("rolled", o, "a reload ends nothing")
	w.none("rolled", o)
	few(w, "rolled: a WebSocket was cut", o.sockets.Cuts)
}

// leave has an edge drain and stop. It returns how many WebSockets it still had.
func (m *member) leave() (open int) {
	m.Helper()
	m.edge.Verb("drain", "--notice", "500ms", "--timeout", "1s") // it fails where WebSockets are open
	open = m.edge.Status().Connections.WebSockets
	m.edge.Signal(syscall.SIGTERM)
	if code := m.edge.Ends(); code != 0 {
		m.Errorf("%s exits with %d", m.name, code)
	}
	return open
}

// drained takes an edge out, and in again later.
func (w *world) drained(m *member) {
	open := 0
	o := w.during(func() { open = m.leave() })
	w.tell("drained", o, fmt.Sprintf("%s had %d WebSockets, which end when it does", m.name, open))
	w.none("drained", o)
	if len(o.sockets.Cuts) != open {
		few(w, "drained: a WebSocket was cut", o.sockets.Cuts)
		w.Errorf("%d WebSockets were cut, and %s had %d", len(o.sockets.Cuts), m.name, open)
	}
	m.start()
	m.edge.Ready()
}

// upgraded has another program take the place of an edge, on the socket that its service
// manager keeps.
func (w *world) upgraded(m *member) {
	open, before := 0, 0
	o := w.during(func() {
		before = m.edge.PID()
		open = m.leave()
		m.start()
		m.edge.Ready()
		w.whole()
	})
	w.tell("upgraded", o, fmt.Sprintf("%s had %d WebSockets, which end with the process; it is %d instead of %d now", m.name, open, m.edge.PID(), before))
	w.none("upgraded", o)
	if len(o.sockets.Cuts) != open || m.edge.PID() == before {
		few(w, "upgraded: a WebSocket was cut", o.sockets.Cuts)
		w.Errorf("%d WebSockets were cut, and %s had %d", len(o.sockets.Cuts), m.name, open)
	}
}

// killed ends an edge by SIGKILL, and has its service manager start it again. A request fails
// where it was under way on a connection to that edge. Who connects while nobody is there
// waits in the queue of the socket.
func (w *world) killed(m *member) {
	var at, noticed time.Time
	var led, ever, waited int
	o := w.during(func() {
		led, ever = w.balancer.of(m.target)
		at = time.Now()
		m.edge.Kill()
		<-m.edge.Exited
		edge.Await(w, "the balancer has noticed", edge.Patience, w.balancer.well, func(well int) bool { return well == len(w.members)-1 })
		noticed = time.Now()
		_, waited = w.balancer.of(m.target)
		m.start()
		m.edge.Ready()
		w.whole()
	})
	lost := len(o.failed) + len(o.sockets.Cuts)
	w.tell("killed", o, fmt.Sprintf("%d connections led to %s, and %d more waited until it was there again; the balancer noticed after %v", led, m.name, waited-ever, noticed.Sub(at).Round(time.Millisecond)))
	if most := led + waited - ever; lost > most { // some may have come just before it was killed
		w.Errorf("%d requests and WebSockets were lost with %d connections", lost, most)
	}
	for _, f := range append(o.failed, o.sockets.Cuts...) {
		if f.End.Before(at) || f.Begin.After(noticed) {
			w.Errorf("killed from %s to %s, and this has nothing to do with it: %v", at.Format("15:04:05.000"), noticed.Format("15:04:05.000"), f)
		}
	}
	if len(o.sockets.Cuts) == 0 {
		w.Error("no WebSocket led to the edge that was killed")
	}
}
