package dataplane

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/cluster"
	"edgegen/internal/site"
)

var simulate = flag.Bool("simulate", false, "simulate clusters of up to 100 members, and write what came of it into docs/cluster.md")

// simulated is what was measured of one size of cluster.
type simulated struct {
	members, requests, urls   int
	alone, together           int // what the app was asked, by edges without a cluster and with one
	purge                     time.Duration
	refetched, owned, failing int // after one member was lost
}

// TestN1Simulation asks a cluster for URLs as people do, a few of them often and most of
// them seldom, of any member; then it purges, and then it loses a member. Members are
// planes with their own stores and connections, of this process and of another one where a
// process may not have as many connections. Without -simulate it does
// so for three members alone.
func TestN1Simulation(t *testing.T) {
	sizes, urls, requests := []int{3}, 300, 1500
	if *simulate {
		sizes, urls, requests = []int{1, 3, 10, 20, 100}, 1000, 8000
	}
	var rows []simulated
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) { rows = append(rows, simulation(t, n, urls, requests)) })
	}
	for _, r := range rows {
		t.Logf("%+v", r)
		if counted := counts(r.members, urls, requests); counted.urls != r.urls || counted.alone != r.alone || r.owned > 3*counted.owned+5 {
			t.Errorf("%d members: counted beforehand %+v", r.members, counted)
		}
		missed, spare := r.urls/100, r.owned/10+3
		if r.members > mostHere { // on two processors some are late, and passed over for a moment
			missed, spare = r.urls/10, r.urls/10
		}
		if r.together > r.urls+missed || r.failing > 0 || r.refetched > r.owned+spare {
			t.Errorf("%d members: the app was asked %d times for %d URLs; of a lost member's %d URLs %d were fetched anew, and %d requests failed", r.members, r.together, r.urls, r.owned, r.refetched, r.failing)
		}
	}
	if *simulate && !t.Failed() {
		writeSimulation(t, rows)
	}
}

func simulation(t *testing.T, n, urls, requests int) simulated {
	a, model := counting(t)
	model.Limits.Connections = 5000
	p := asMany(t, model, n)
	here := len(p.clusters)
	lost := here - 1
	random := rand.New(rand.NewPCG(1, 2)) // the same each time
	zipf := rand.NewZipf(random, 1.1, 10, uint64(urls-1))
	seen, pairs := map[uint64]bool{}, map[[2]uint64]bool{}
	ask := make([][]string, n)
	for range requests {
		at, url := random.IntN(n), zipf.Uint64()
		seen[url], pairs[[2]uint64{uint64(at), url}] = true, true
		ask[at] = append(ask[at], fmt.Sprintf("/%d", url))
	}
	r := simulated{members: n, requests: requests, urls: len(seen), alone: len(pairs)}
	if failed := p.askAll(t, ask); failed > 0 {
		t.Errorf("%d requests failed", failed)
	}
	r.together, _ = a.total()
	if n == 1 {
		return r
	}
	purge := func(i int) time.Duration {
		began := time.Now()
		if _, err := p.purge(t, i%here, site.Purge{URL: fmt.Sprintf("%s/purged%d", chatHost, i)}); err != nil {
			t.Error(err)
		}
		return time.Since(began)
	}
	var delays []time.Duration
	for i := range 9 {
		delays = append(delays, purge(i))
	}
	r.purge = median(delays)
	a.reset()
	p.edges[lost].options.Members[0].(*doorkeeper).cut()
	var names []cluster.Name
	for _, name := range p.names {
		names = append(names, cluster.NewName(name))
	}
	for url := range seen {
		if cluster.Rank(fmt.Sprintf("%s/%d", chatHost, url), names)[0].Text == p.names[lost] {
			r.owned++
		}
	}
	// Each URL once, of any member but the lost one. Who has no copy of it asks its owner.
	again := make([][]string, n)
	for url := range seen {
		at := random.IntN(n - 1)
		if at >= lost {
			at++
		}
		again[at] = append(again[at], fmt.Sprintf("/%d", url))
	}
	r.failing = p.askAll(t, again)
	r.refetched, _ = a.total()
	return r
}

// counts is what comes of a simulation by the hash alone, without edges.
func counts(n, urls, requests int) simulated {
	random := rand.New(rand.NewPCG(1, 2)) // as there
	zipf := rand.NewZipf(random, 1.1, 10, uint64(urls-1))
	seen, pairs := map[uint64]bool{}, map[[2]uint64]bool{}
	for range requests {
		at, url := random.IntN(n), zipf.Uint64()
		seen[url], pairs[[2]uint64{uint64(at), url}] = true, true
	}
	r := simulated{members: n, requests: requests, urls: len(seen), alone: len(pairs), together: len(seen)}
	var names []cluster.Name
	for i := range n {
		names = append(names, cluster.NewName(fmt.Sprintf("10.0.0.%d:6443", i+1)))
	}
	for url := range seen {
		if n > 1 && cluster.Rank(fmt.Sprintf("%s/%d", chatHost, url), names)[0].Text == names[n-1].Text {
			r.owned++
			if !pairs[[2]uint64{uint64(random.IntN(n - 1)), url}] {
				r.refetched++
			}
		}
	}
	return r
}

// askAll has each member asked for its paths, all members at once, and counts failures.
func (p *party) askAll(t *testing.T, paths [][]string) (failed int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for i, e := range p.edges {
		if len(paths[i]) == 0 {
			continue
		}
		all.Go(func() {
			ask := e.keepAlive(t)
			for _, path := range paths[i] {
				if status, _, err := ask(path, ""); err != nil || status != 200 {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return failed
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// writeSimulation puts the table into its place.
func writeSimulation(t *testing.T, rows []simulated) {
	var out strings.Builder
	out.WriteString("| members | requests | URLs | app asked, each edge alone | app asked, as a cluster | a purge takes | URLs of a lost member | fetched anew | requests that failed |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		last := "– | – | – | –"
		switch {
		case r.members > 1:
			last = fmt.Sprintf("%.1f ms | %d | %d | %d", float64(r.purge.Microseconds())/1000, r.owned, r.refetched, r.failing)
		}
		fmt.Fprintf(&out, "| %d | %d | %d | %d | %d | %s |\n", r.members, r.requests, r.urls, r.alone, r.together, last)
	}
	const page = "../../docs/cluster.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`(?s)(<!-- simulation -->\n).*(<!-- /simulation -->)`)
	if !place.Match(text) {
		t.Fatal("the page has no place for it")
	}
	if err := os.WriteFile(page, place.ReplaceAll(text, []byte("${1}"+out.String()+"${2}")), 0o644); err != nil {
		t.Fatal(err)
	}
}
