package backends

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"edgegen/internal/site"
	"edgegen/test/dns"
)

// teller keeps what a Watch has told last.
type teller struct {
	mu    sync.Mutex
	told  map[ID][]Endpoint
	why   map[ID]string
	times int
}

func (k *teller) changed(id ID, endpoints []Endpoint, why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told[id], k.why[id] = endpoints, why
	k.times++
}

// at are the addresses of a backend.
func (k *teller) at(id ID) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for _, e := range k.told[id] {
		all = append(all, e.Address)
	}
	return all
}

func watch(t *testing.T) (*Watch, *teller) {
	t.Helper()
	k := &teller{told: map[ID][]Endpoint{}, why: map[ID]string{}}
	w := New(Options{Secret: func() ([]byte, error) { return []byte("secret"), nil }, Changed: k.changed})
	t.Cleanup(w.Close)
	return w, k
}

// edgeOf is an edge of one site that asks a name server.
func edgeOf(server *dns.Server, backends ...site.Backend) *site.Edge {
	edge := &site.Edge{Sites: []site.Site{{Host: "a.test", Backends: backends}}}
	if server != nil {
		edge.Resolvers = []netip.AddrPort{netip.MustParseAddrPort(server.Address)}
	}
	return edge
}

func named(backend, name string) site.Backend {
	return site.Backend{Name: backend, Servers: []site.Server{{Host: name, Port: 80, Weight: 1}}, Resolve: 50 * time.Millisecond}
}

func use(t *testing.T, w *Watch, edge *site.Edge) *Plan {
	t.Helper()
	p, err := w.Prepare(t.Context(), edge)
	if err != nil {
		t.Fatal(err)
	}
	p.Use()
	return p
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) { // between two looks
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within ten seconds", what)
		}
	}
}

// B1: all addresses of a name are used, it is asked for again, and the last that
// were known are kept whatever the name server says.
func TestNames(t *testing.T) {
	server := dns.Start(t)
	server.Set("app.test", "127.0.0.2", "127.0.0.1", "::1")
	w, k := watch(t)
	app, other := ID{"a.test", "app"}, ID{"a.test", "other"}
	plan := use(t, w, edgeOf(server, named("app", "app.test"), named("other", "other.test")))
	all := []string{"127.0.0.1:80", "127.0.0.2:80", "[::1]:80"}
	if got := k.at(app); !slices.Equal(got, all) {
		t.Fatalf("%v", got)
	}
	if got := k.at(other); len(got) != 0 || !strings.Contains(k.why[other], "there is no such name") {
		t.Errorf("%v, %s", got, k.why[other])
	}
	server.Set("app.test", "127.0.0.3")
	server.Set("other.test", "127.0.0.4")
	eventually(t, "another address", func() bool { return slices.Equal(k.at(app), []string{"127.0.0.3:80"}) })
	eventually(t, "a name that was not known at first", func() bool { return slices.Equal(k.at(other), []string{"127.0.0.4:80"}) })
	problem := func() string { return plan.Names(app)[0].Problem }
	for what, change := range map[string]func(){
		"no such name":   func() { server.Set("app.test") },
		"a failure":      func() { server.Fail(mdns.RcodeServerFailure) },
		"a name refused": func() { server.Fail(mdns.RcodeRefused) },
	} {
		change()
		eventually(t, what, func() bool { return problem() != "" })
		if got := k.at(app); !slices.Equal(got, []string{"127.0.0.3:80"}) {
			t.Errorf("%s: %v", what, got)
		}
		server.Fail(mdns.RcodeSuccess)
		server.Set("app.test", "127.0.0.3")
		eventually(t, "good again after "+what, func() bool { return problem() == "" })
	}
	if asked := plan.Names(app)[0]; asked.Next.IsZero() || asked.Since.IsZero() || len(asked.Addresses) != 1 {
		t.Errorf("%+v", asked)
	}
}

// B1: a name server that says a great deal is believed.
func TestManyAddresses(t *testing.T) {
	server := dns.Start(t)
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("127.0.1.%d", i+1))
	}
	server.Set("app.test", many...)
	w, k := watch(t)
	use(t, w, edgeOf(server, named("app", "app.test")))
	if got := k.at(ID{"a.test", "app"}); len(got) != 200 {
		t.Errorf("%d addresses", len(got))
	}
}

// B1: a name server that does not answer holds nobody up for longer than is said,
// and changes nothing.
func TestSilentNameServer(t *testing.T) {
	server := dns.Start(t)
	server.Silent(true)
	w, k := watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	edge := edgeOf(server, named("app", "app.test"), site.Backend{Name: "fixed", Balance: site.LeastConnections, Servers: []site.Server{{Host: "127.0.0.1", Port: 80}}})
	p, err := w.Prepare(ctx, edge)
	if err != nil {
		t.Fatal(err)
	}
	p.Use()
	if got := k.at(ID{"a.test", "fixed"}); !slices.Equal(got, []string{"127.0.0.1:80"}) {
		t.Errorf("%v", got)
	}
	if got := k.at(ID{"a.test", "app"}); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// What two plans need goes on from one to the other; what nobody needs ends.
func TestPlansShare(t *testing.T) {
	server := dns.Start(t)
	server.Set("app.test", "127.0.0.2")
	w, k := watch(t)
	first := use(t, w, edgeOf(server, named("app", "app.test"), named("old", "old.test")))
	server.Silent(true)
	second, err := w.Prepare(t.Context(), edgeOf(server, named("app", "app.test")))
	if err != nil {
		t.Fatal(err)
	}
	second.Use()
	first.Drop()
	first.Drop()
	if got := k.at(ID{"a.test", "app"}); !slices.Equal(got, []string{"127.0.0.2:80"}) {
		t.Errorf("%v", got)
	}
	if len(w.names) != 1 {
		t.Errorf("%d names", len(w.names))
	}
	second.Drop()
	if len(w.names) != 0 || len(w.plans) != 0 || w.current != nil {
		t.Errorf("%d names and %d plans are left", len(w.names), len(w.plans))
	}
}

// answers is a server whose answer to checks changes.
func answers(t *testing.T) (server site.Server, status *atomic.Int64, seen *atomic.Pointer[http.Request]) {
	t.Helper()
	status, seen = new(atomic.Int64), new(atomic.Pointer[http.Request])
	status.Store(200)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		if now := int(status.Load()); now > 0 {
			w.WriteHeader(now)
			return
		}
		<-r.Context().Done() // it hangs
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	return site.Server{Host: "127.0.0.1", Port: uint16(number), Weight: 1}, status, seen
}

const (
	interval = 50 * time.Millisecond
	patience = 50 * time.Millisecond
)

func checkedBackend(servers ...site.Server) site.Backend {
	return site.Backend{Name: "app", Servers: servers, Health: &site.Health{Path: "/healthz", Interval: interval, Timeout: patience,
		Status: []site.StatusRange{{First: 200, Last: 399}}, HealthyAfter: 2, UnhealthyAfter: 3}}
}

// state is what is known of a backend's server.
func (k *teller) state(i int) (State, string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.told[ID{"a.test", "app"}]
	if i >= len(all) {
		return "", ""
	}
	return all[i].State, all[i].Reason
}

// B4: a server is unwell after so many failures, within the bound, and well after so
// many good answers; status says why.
func TestHealth(t *testing.T) {
	server, status, seen := answers(t)
	w, k := watch(t)
	plan := use(t, w, edgeOf(nil, checkedBackend(server)))
	is := func(want State) func() bool {
		return func() bool { state, _ := k.state(0); return state == want }
	}
	eventually(t, "well at first", is(Well))
	if r := seen.Load(); r.Host != "a.test" || r.URL.Path != "/healthz" || r.Header.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("%s %s %v", r.Host, r.URL, r.Header)
	}
	for _, c := range []struct {
		status int64
		reason string
	}{{500, "it answers 500"}, {0, "no answer within 50ms"}, {404, "it answers 404"}} {
		began := time.Now()
		status.Store(c.status)
		eventually(t, c.reason, is(Unwell))
		// A machine that is busy may add to it, and must not take anything away.
		if took := time.Since(began); took < interval {
			t.Errorf("%s: unwell after %s", c.reason, took)
		}
		if _, reason := k.state(0); reason != c.reason {
			t.Errorf("%q, want %q", reason, c.reason)
		}
		if told := plan.Endpoints(ID{"a.test", "app"}); told[0].State != Unwell || told[0].Since.Before(began) {
			t.Errorf("%+v", told)
		}
		status.Store(302)
		eventually(t, "well again", is(Well))
	}
}

// B4: the first answer decides by itself, and nobody is asked before the plan is in
// use.
func TestFirstAnswer(t *testing.T) {
	server, status, seen := answers(t)
	status.Store(503)
	w, k := watch(t)
	b := checkedBackend(server)
	b.Health.Interval = time.Hour
	p, err := w.Prepare(t.Context(), edgeOf(nil, b))
	if err != nil {
		t.Fatal(err)
	}
	if len(w.checks) != 0 || seen.Load() != nil {
		t.Error("it is asked before it is used")
	}
	p.Use()
	eventually(t, "unwell by one answer", func() bool { state, _ := k.state(0); return state == Unwell })
	p.Drop()
	if len(w.checks) != 0 {
		t.Error("it is asked still")
	}
}

// A server that refuses, one that says nonsense, one that closes.
func TestBadServers(t *testing.T) {
	for name, c := range map[string]struct {
		serve  func(net.Conn)
		reason string
	}{
		"closes":   {func(net.Conn) {}, "ends the connection"},
		"nonsense": {func(c net.Conn) { _, _ = io.WriteString(c, "nonsense\r\n\r\n") }, "malformed"},
		"interim": {func(c net.Conn) {
			_, _ = io.WriteString(c, strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 20))
			_, _ = io.Copy(io.Discard, c)
		}, "interim"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("unix", t.TempDir()+"/s")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Read(make([]byte, 4096)) // the question
					c.serve(conn)
					_ = conn.Close()
				}
			}()
			w, k := watch(t)
			b := checkedBackend(site.Server{Path: l.Addr().String()})
			b.Health.Timeout = 5 * time.Second
			use(t, w, edgeOf(nil, b))
			eventually(t, name, func() bool {
				state, reason := k.state(0)
				return state == Unwell && strings.Contains(reason, c.reason)
			})
		})
	}
}

// B3: a token names no address, and is the same whenever the secret is.
func TestTokens(t *testing.T) {
	b := site.Backend{Name: "app", Sticky: &site.Sticky{Cookie: "edge"}, Servers: []site.Server{{Host: "192.0.2.1", Port: 80}, {Host: "192.0.2.2", Port: 80}}}
	told := func() []Endpoint {
		w, k := watch(t)
		use(t, w, edgeOf(nil, b))
		return k.told[ID{"a.test", "app"}]
	}
	one, two := told(), told()
	if one[0].Token == one[1].Token || one[0].Token != two[0].Token || strings.Contains(one[0].Token, "192") || len(one[0].Token) != 32 {
		t.Errorf("%q %q %q", one[0].Token, one[1].Token, two[0].Token)
	}
}
