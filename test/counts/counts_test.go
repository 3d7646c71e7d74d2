package counts

import (
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/port"
)

// table is how often requests with some labels were answered, or counted.
type table map[string]float64

// TestO1SameCounts asks each mix the same requests, and holds that it counts them as the
// clients do, and as the other mixes do; then the same after a reload under load, and
// with each daemon killed and replaced, and back again.
func TestO1SameCounts(t *testing.T) {
	var mu sync.Mutex
	tables := map[string]table{}
	t.Run("mixes", func(t *testing.T) {
		for _, c := range edge.Named(t, *engines) {
			t.Run(c.Name, func(t *testing.T) {
				p := start(t, c)
				one := p.round(*requests)
				mu.Lock()
				tables[c.Name] = one
				mu.Unlock()
				p.reloads()
				for _, daemon := range c.Daemons() {
					p.takeover(daemon)
				}
				p.Stop()
			})
		}
	})
	var first string
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if first == "" {
			first = name
		}
		compare(t, name+" against "+first, tables[name], tables[first])
	}
}

// place is a running edge with its clients.
type place struct {
	*edge.Edge
	t       *testing.T
	home    *edge.Home
	clients []*http.Client
	rounds  int
	sum     table // of what clients were answered
}

func start(t *testing.T, c edge.Combination) *place {
	t.Helper()
	h := edge.NewHome(t, c)
	server := httptest.NewServer(http.HandlerFunc(app))
	t.Cleanup(server.Close)
	h.Write("public/files/a.txt", "a\n")
	h.Write("public/files/b.txt", strings.Repeat("b", 5000))
	h.Write("site.hcl", strings.NewReplacer("APP", strings.TrimPrefix(server.URL, "http://"), "DEAD", port.Free(t)).Replace(siteText))
	h.Wrap()
	p := &place{Edge: h.Run(), t: t, home: h, sum: table{}}
	address := p.HTTPS()
	for i := range 4 {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "counts.test"}, ForceAttemptHTTP2: i%2 == 1, DisableCompression: true}
		p.clients = append(p.clients, &http.Client{Timeout: edge.Patience, Transport: to{transport, address},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
	}
	return p
}

// to sends every request to one address.
type to struct {
	*http.Transport
	address string
}

func (t to) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Host = t.address
	return t.Transport.RoundTrip(r)
}

// round asks some requests, and holds that as many have been counted.
func (p *place) round(count int) table {
	p.t.Helper()
	got := p.ask(count, nil)
	p.settle()
	return got
}

// ask asks requests by all clients at once. meanwhile, which may be nil, is called when
// a third of them has been answered.
func (p *place) ask(count int, meanwhile func()) table {
	p.t.Helper()
	p.rounds++
	var mu sync.Mutex
	var workers sync.WaitGroup
	got := table{}
	third := make(chan struct{})
	for worker, client := range p.clients {
		random := rand.New(rand.NewPCG(*seed, uint64(worker)))
		workers.Go(func() {
			for i := range count / len(p.clients) {
				if worker == 0 && i == count/len(p.clients)/3 {
					close(third)
				}
				one := generate(random, worker)
				labels, err := one.answered(client)
				if err != nil {
					p.t.Errorf("round %d: %s %s: %v", p.rounds, one.method, one.path, err)
					continue
				}
				mu.Lock()
				got[labels]++
				p.sum[labels]++
				mu.Unlock()
			}
		})
	}
	if meanwhile != nil {
		<-third
		meanwhile()
	}
	workers.Wait()
	return got
}

// answered asks a request, and returns the labels that it is to be counted with.
func (a asked) answered(client *http.Client) (string, error) {
	r, err := http.NewRequest(a.method, "https://"+a.host+a.path, strings.NewReader(a.body))
	if err != nil {
		return "", err
	}
	r.Host = a.host
	response, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "", err
	}
	return a.labels(response.StatusCode, response.Header.Get("X-Cache")), nil
}

// settle holds that what is counted becomes what clients were answered, and stays that.
func (p *place) settle() {
	p.t.Helper()
	for deadline := time.Now().Add(edge.Patience); p.counted().all() < p.sum.all() && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // between two looks
	}
	compare(p.t, fmt.Sprintf("round %d", p.rounds), p.counted(), p.sum)
}

func (c table) all() (sum float64) {
	for _, n := range c {
		sum += n
	}
	return sum
}

func compare(t *testing.T, what string, got, want table) {
	t.Helper()
	all := maps.Clone(want)
	maps.Copy(all, got)
	for _, labels := range slices.Sorted(maps.Keys(all)) {
		if got[labels] != want[labels] {
			t.Errorf("%s: %v are counted, want %v: %s", what, got[labels], want[labels], labels)
		}
	}
}

// counted is what the edge has counted.
func (p *place) counted() table {
	p.t.Helper()
	return edge.RequestCounts(p.Metrics())
}

// reloads has the site change while requests are under way.
func (p *place) reloads() {
	p.t.Helper()
	p.ask(*requests/2, func() {
		for i := range 3 {
			p.home.Replace(`route "/more" {`, fmt.Sprintf("route \"/extra%d\" { backend = \"app\" }\n  route \"/more\" {", i))
			if r := p.Reload(); r.Code != 0 {
				p.t.Errorf("reload: %s", r.Err)
			}
		}
	})
	p.settle()
}

// many is from how many requests on daemons are kept from starting, so that stand-ins
// serve for a while, which takes half a minute of each.
const many = 1000

// takeover kills a daemon right behind an answer, and asks whoever serves then: the
// daemon that is started again, or its stand-in before.
func (p *place) takeover(daemon site.Engine) {
	p.t.Helper()
	mark, role := edge.NginxBroken, "web"
	switch daemon {
	case site.Varnish:
		mark, role = edge.VarnishBroken, "cache"
	case site.Stunnel:
		mark, role = edge.StunnelBroken, "tls"
	}
	p.ask(len(p.clients)*10, nil)
	for _, client := range p.clients {
		client.CloseIdleConnections()
	}
	lasts := *requests >= many
	if lasts {
		p.home.Set(mark)
	}
	before := edge.Tier(p.Status(), role)
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	if lasts {
		p.Until("stand-in for "+string(daemon), 2*edge.Patience, func(s api.Status) bool { return edge.Tier(s, role).StandIn })
		p.round(*requests / 4)
		p.home.Clear(mark)
	}
	p.Until(string(daemon)+" serves again", 2*time.Minute, func(s api.Status) bool {
		now := edge.Tier(s, role)
		return s.State == "ready" && now.Engine == before.Engine && now.PID != before.PID
	})
	p.round(*requests / 4)
}
