package dataplane

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/cluster"
	"edgegen/internal/site"
)

const testSecret = "kB4wZrUoQm5yF0sVbC9hJ2nT6xL8eD1g"

// party is edges that are members of one cluster.
type party struct {
	edges    []*edge
	clusters []*cluster.Cluster
	names    []string
	of       *site.Cluster
	paused   []*atomic.Bool // let nobody in
}

// doorkeeper is a listener whose machine can be cut off.
type doorkeeper struct {
	net.Listener
	paused *atomic.Bool
	mu     sync.Mutex
	open   []net.Conn
}

func (g *doorkeeper) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err == nil && g.paused.Load() {
			c.Close()
			continue
		}
		if err == nil {
			g.mu.Lock()
			g.open = append(g.open, c)
			g.mu.Unlock()
		}
		return c, err
	}
}

func (g *doorkeeper) cut() {
	g.paused.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.open {
		c.Close()
	}
}

// together starts so many edges with one model, and waits until each knows all others.
func together(t testing.TB, model *site.Edge, count int, change ...func(*Options)) *party {
	t.Helper()
	p := apart(t, model, count, count, change...)
	p.meet(t)
	return p
}

// apart starts so many edges with one model, of a cluster of so many, that know nobody yet.
func apart(t testing.TB, model *site.Edge, count, all int, change ...func(*Options)) *party {
	t.Helper()
	p := &party{of: &site.Cluster{Secret: testSecret, Resolve: time.Second}}
	every := min(100*time.Millisecond*time.Duration(1+all*all/100), time.Second)
	for range count {
		l := &doorkeeper{Listener: listen(t, "tcp", "127.0.0.1:0"), paused: new(atomic.Bool)}
		p.add(l.Addr().String())
		p.paused = append(p.paused, l.paused)
		var e *edge
		c, err := cluster.New(cluster.Options{Every: every, Patient: 2 * time.Second * time.Duration(1+all/5), Log: slog.New(slog.DiscardHandler),
			Purge:  func(_ context.Context, what site.Purge) (int, error) { return e.plane.Purge(what), nil },
			Forget: func(context.Context) error { e.plane.Purge(site.Purge{Site: chatHost}); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		e = start(t, model, append(change, func(o *Options) {
			o.Cluster, o.Members = c, []net.Listener{l}
		})...)
		p.edges, p.clusters = append(p.edges, e), append(p.clusters, c)
		t.Cleanup(func() { _ = c.Close() })
	}
	return p
}

// add notes a member by its name.
func (p *party) add(name string) {
	at := netip.MustParseAddrPort(name)
	p.of.Members = append(p.of.Members, site.Member{Host: at.Addr().String(), Port: at.Port()})
	p.names = append(p.names, name)
}

// meet has the edges of this process know all members, and waits until they do.
func (p *party) meet(t testing.TB) {
	t.Helper()
	for _, c := range p.clusters {
		if err := c.Use(p.of, nil); err != nil {
			t.Fatal(err)
		}
	}
	p.settled(t, len(p.names))
}

// settled waits until every edge knows that so many are there, itself among them.
func (p *party) settled(t testing.TB, count int) {
	t.Helper()
	known := func() bool {
		for _, c := range p.clusters {
			there := 0
			members, _ := c.Status()
			for _, m := range members {
				if m.State == cluster.Up || m.State == cluster.Self {
					there++
				}
			}
			if there != count {
				return false
			}
		}
		return true
	}
	for deadline := time.Now().Add(time.Minute + time.Duration(count*count)*30*time.Millisecond); !known(); time.Sleep(time.Duration(count) * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the members do not know each other")
		}
	}
}

// countingApp counts what it is asked for.
type countingApp struct {
	mu    sync.Mutex
	asked map[string]int
	heads map[string]http.Header
	rest  chan struct{} // what is large waits for that in the middle
}

func (a *countingApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked[r.URL.Path]++
	a.heads[r.URL.Path] = r.Header.Clone()
	n := a.asked[r.URL.Path]
	a.mu.Unlock()
	w.Header().Set("Cache-Control", "max-age=600")
	w.Header().Set("ETag", `"`+r.URL.Path+`"`)
	w.Header().Set("Cache-Tag", "all, "+strings.TrimPrefix(r.URL.Path, "/"))
	if strings.HasPrefix(r.URL.Path, "/large") {
		_, _ = w.Write(large[:len(large)/2])
		_ = http.NewResponseController(w).Flush()
		<-a.rest
		_, _ = w.Write(large[len(large)/2:])
		return
	}
	fmt.Fprintf(w, "%s %d", r.URL.Path, n)
}

var large = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)

func (a *countingApp) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.asked)
}

func (a *countingApp) total() (total, most int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.asked {
		total, most = total+n, max(most, n)
	}
	return total, most
}

func counting(t testing.TB) (*countingApp, *site.Edge) {
	a := &countingApp{asked: map[string]int{}, heads: map[string]http.Header{}, rest: make(chan struct{})}
	model := simple(t, app(t, a.ServeHTTP))
	model.Sites[0].Cache.Tags = "Cache-Tag"
	return a, model
}

// Each URL is fetched once for all members, by whichever of them clients ask, at the same
// time or later, and the app sees who asked and what he asked for.
func TestN1OnceForAll(t *testing.T) {
	a, model := counting(t)
	p := together(t, model, 3)
	const urls = 40
	var all sync.WaitGroup
	few := make(chan struct{}, 12) // a member to which no connection comes about within a second is not waited for
	for i := range urls {
		for _, e := range p.edges {
			few <- struct{}{}
			all.Go(func() {
				defer func() { <-few }()
				r := e.get(t, fmt.Sprintf("/%d", i))
				if want := fmt.Sprintf("/%d 1", i); r.text != want || r.StatusCode != 200 || r.Header.Get("X-Frame-Options") != "DENY" || r.Header.Get("X-Cache") == "" ||
					r.Header.Get("Cache-Tag") != "" || r.Header.Get("X-Edge-Member") != "" {
					t.Errorf("%d %q %v, want %q", r.StatusCode, r.text, r.Header, want)
				}
			})
		}
	}
	all.Wait()
	if total, most := a.total(); total != urls || most != 1 {
		t.Errorf("the app was asked %d times for %d URLs, %d times for one", total, urls, most)
	}
	for _, e := range p.edges {
		if r := e.get(t, "/1"); r.Header.Get("X-Cache") != "HIT" {
			t.Errorf("a copy is a %s", r.Header.Get("X-Cache"))
		}
	}
	for path, h := range a.heads {
		if h.Get("X-Real-Ip") != "127.0.0.1" || h.Get("X-Forwarded-Proto") != "https" || h.Get("X-Forwarded-Host") != chatHost || h.Get("X-Request-Id") == "" || h.Get("X-Stage") != "live" || h.Get("X-Edge-Member") != "" {
			t.Errorf("the app was asked for %s with %v", path, h)
		}
	}
	asked := uint64(0)
	for _, c := range p.clusters {
		members, _ := c.Status()
		for _, m := range members {
			asked += m.Asked
		}
	}
	if asked == 0 {
		t.Error("no member was asked for anything")
	}
}

// What an app makes for somebody, or changes, goes straight to it: no member is asked.
func TestN1Passes(t *testing.T) {
	a, model := counting(t)
	p := together(t, model, 2)
	for _, e := range p.edges {
		for i := range 10 {
			e.get(t, fmt.Sprintf("/%d", i), "Cookie: session=1")
			e.ask(t, request("POST", fmt.Sprintf("/p%d", i), "Content-Length: 0"))
		}
	}
	if total, _ := a.total(); total != 40 {
		t.Errorf("the app was asked %d times, want 40", total)
	}
	for _, c := range p.clusters {
		if members, served := c.Status(); served != 0 {
			t.Errorf("members asked each other: %v", members)
		}
	}
}

// A member that is lost fails no request, also none that it was answering, and only what
// it owned is fetched anew.
func TestN3Lost(t *testing.T) {
	a, model := counting(t)
	p := together(t, model, 3)
	const urls = 60
	fetch := func(e *edge, round string) {
		for i := range urls {
			if r := e.get(t, fmt.Sprintf("/%s%d", round, i)); r.StatusCode != 200 {
				t.Errorf("%d %q", r.StatusCode, r.text)
			}
		}
	}
	fetch(p.edges[2], "a")
	a.reset()
	p.edges[2].options.Members[0].(*doorkeeper).cut()
	fetch(p.edges[0], "a")
	fetch(p.edges[1], "a")
	names := []cluster.Name{}
	for _, n := range p.names {
		names = append(names, cluster.NewName(n))
	}
	owned := 0
	for i := range urls {
		if cluster.Rank(chatHost+fmt.Sprintf("/a%d", i), names)[0].Text == p.names[2] {
			owned++
		}
	}
	if total, most := a.total(); total < owned || total > owned+2 || most > 2 {
		t.Errorf("%d URLs were fetched anew, %d times one; the lost member owned %d of %d", total, most, owned, urls)
	}
}

// An answer that an owner is giving when it is lost reaches the client whole.
func TestN3LostWhileItAnswers(t *testing.T) {
	a, model := counting(t)
	p := together(t, model, 2)
	path := ""
	for i := 0; path == ""; i++ {
		one := fmt.Sprintf("/large%d", i)
		if p.clusters[0].Owner(chatHost+one) != nil {
			path = one
		}
	}
	c := p.edges[0].dial(t)
	if _, err := io.WriteString(c, request("GET", path)); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 8<<10)
	if _, err := io.ReadFull(r.Body, got); err != nil {
		t.Fatal(err)
	}
	p.edges[1].options.Members[0].(*doorkeeper).cut()
	close(a.rest)
	rest, err := io.ReadAll(r.Body)
	if got = append(got, rest...); err != nil || !bytes.Equal(got, large) {
		t.Fatalf("%d bytes came of %d: %v", len(got), len(large), err)
	}
	if total, _ := a.total(); total != 2 {
		t.Errorf("the app was asked %d times, want once by each", total)
	}
}

// Whoever does not have the secret is not answered where members ask, and a client that
// pretends to be a member is a client.
func TestN2Strangers(t *testing.T) {
	a, model := counting(t)
	p := together(t, model, 2)
	other, err := cluster.New(cluster.Options{Every: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	wrong := *p.of
	wrong.Secret = strings.ToUpper(testSecret)
	if err := other.Use(&wrong, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a member with another secret is refused", func() bool {
		members, _ := other.Status()
		return members[0].State == cluster.Down && members[1].State == cluster.Down
	})
	for _, config := range []*tls.Config{
		{InsecureSkipVerify: true},
		{InsecureSkipVerify: true, NextProtos: []string{"edgegen-cluster/1"}},
		{InsecureSkipVerify: true, NextProtos: []string{"edgegen-cluster/1"}, Certificates: []tls.Certificate{signedFor(t, chatHost)}},
	} {
		c, err := tls.Dial("tcp", p.names[0], config)
		if err != nil {
			continue // refused in the handshake
		}
		_, _ = io.WriteString(c, request("GET", "/secret", "X-Edge-Member: lookup"))
		if answer, _ := io.ReadAll(c); len(answer) > 0 {
			t.Errorf("somebody without the secret was answered %q", answer)
		}
		c.Close()
	}
	r := p.edges[0].get(t, "/pretends", "X-Edge-Member: lookup", "X-Edge-Route: none", "X-Real-Ip: 203.0.113.9")
	if r.StatusCode != 200 || r.Header.Get("X-Edge-Member") != "" || a.heads["/pretends"].Get("X-Real-Ip") != "127.0.0.1" || a.heads["/pretends"].Get("X-Edge-Member") != "" {
		t.Errorf("a client that pretends to be a member got %d %v, and the app %v", r.StatusCode, r.Header, a.heads["/pretends"])
	}
}

// What an unsafe request changes is fetched anew by the edge that it came through, whoever
// owns it.
func TestK1Changed(t *testing.T) {
	_, model := counting(t)
	p := together(t, model, 2)
	for i := range 20 {
		path := fmt.Sprintf("/%d", i)
		for _, e := range p.edges {
			if r := e.get(t, path); r.text != path+" 1" {
				t.Fatalf("%q", r.text)
			}
		}
		p.edges[0].ask(t, request("POST", path, "Content-Length: 0"))
		if r := p.edges[0].get(t, path); r.text != path+" 3" {
			t.Errorf("after a POST, %q is answered", r.text)
		}
	}
}

// Two edges that each take the other for the owner do not wait for each other.
func TestN4NoLoop(t *testing.T) {
	a, model := counting(t)
	p := together(t, model, 2)
	for i, c := range p.clusters { // each knows the other alone
		alone := *p.of
		alone.Members = []site.Member{p.of.Members[1-i]}
		if err := c.Use(&alone, nil); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for _, e := range p.edges {
		for i := range 20 {
			all.Go(func() {
				if r := e.get(t, fmt.Sprintf("/%d", i)); r.StatusCode != 200 {
					t.Errorf("%d %q", r.StatusCode, r.text)
				}
			})
		}
	}
	all.Wait()
	if _, most := a.total(); most > 2 {
		t.Errorf("the app was asked %d times for one URL", most)
	}
}

// A purge that one member is asked for reaches all, and one that was away has caught up
// before others ask it for anything.
func TestN5Purge(t *testing.T) {
	_, model := counting(t)
	p := together(t, model, 3)
	everywhere := func(want string) {
		t.Helper()
		for i, e := range p.edges {
			for _, path := range []string{"/1", "/2", "/3"} {
				if r := e.get(t, path); r.text != path+" "+want {
					t.Errorf("member %d answers %q, want %s %s", i, r.text, path, want)
				}
			}
		}
	}
	everywhere("1")
	spread, err := p.purge(t, 1, site.Purge{Tag: "all"})
	if err != nil || spread.Reached != 2 || len(spread.Missed) != 0 || spread.Objects < 3 {
		t.Fatal(spread, err)
	}
	everywhere("2")
	keeper := p.edges[2].options.Members[0].(*doorkeeper)
	keeper.cut()
	eventually(t, "the lost member is noticed", func() bool {
		members, _ := p.clusters[0].Status()
		return members[2].State == cluster.Down || members[1].State == cluster.Down || members[0].State == cluster.Down
	})
	for _, path := range []string{"/1", "/2", "/3"} {
		spread, err = p.purge(t, 0, site.Purge{URL: chatHost + path})
		if err != nil || len(spread.Missed) != 1 || spread.Missed[0] != p.names[2] {
			t.Fatal(spread, err)
		}
	}
	keeper.paused.Store(false)
	p.settled(t, 3)
	everywhere("3")
}

// purge purges at one member, and from there at all others.
func (p *party) purge(t testing.TB, at int, what site.Purge) (cluster.Spread, error) {
	t.Helper()
	own := p.edges[at].plane.Purge(what)
	spread, err := p.clusters[at].Spread(t.Context(), what)
	spread.Objects += own
	return spread, err
}
