package compare

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/port"
)

var (
	sequences     = flag.Int("sequences", 12, "how many sequences each mix is asked")
	firstSequence = flag.Uint64("sequence", 1, "the first sequence's seed; the others' follow")
	sequenceMixes = flag.String("mixes", "builtin,native,nginx-alone,one-nginx", "the mixes that sequences are asked of")
)

// place is an edge that is asked sequences.
type place struct {
	*edge.Edge
	app     storyteller
	address string
	// labelled is how many lines of the log have the labels, when it was read last.
	labelled map[string]float64
}

func startPlace(t *testing.T, c edge.Combination) *place {
	t.Helper()
	p := &place{}
	h := edge.NewHome(t, c)
	h.Write("public/files/letters.txt", "abcdefghijklmnopqrstuvwxyz\n")
	h.Write("public/files/page.html", strings.Repeat("<p>page\n", 100))
	h.Write("public/files/sub/index.html", "sub\n")
	h.Write("public/mixed/letters.txt", strings.Repeat("mixed\n", 20000))
	for _, name := range []string{"403", "404", "5xx"} {
		h.Write("pages/"+name+".html", "<h1>"+name+"\n")
	}
	h.Write("users", "carol:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n")
	h.Write("site.hcl", strings.NewReplacer("{app}", p.app.run(t), "{dead}", port.Free(t), "{engine}", c.Block()).Replace(sequenceSite))
	p.Edge = h.Run()
	p.address = p.HTTPS()
	return p
}

// TestSequences holds that what is asked on a connection is answered, and logged, as it is
// on a connection of its own.
func TestSequences(t *testing.T) {
	for _, c := range namedMixes(t, *sequenceMixes) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			p := startPlace(t, c)
			var work sync.WaitGroup
			var mu sync.Mutex
			var told []pair
			next := *firstSequence
			for range 4 {
				work.Go(func() {
					for {
						mu.Lock()
						seed := next
						next++
						mu.Unlock()
						if seed >= *firstSequence+uint64(*sequences) {
							return
						}
						found := p.judge(t, newSequence(seed, c))
						mu.Lock()
						told = append(told, found...)
						mu.Unlock()
					}
				})
			}
			work.Wait()
			p.judgeLog(t, told)
			p.judgeCounts(t)
			p.Stop()
		})
	}
}

func namedMixes(t *testing.T, names string) []edge.Combination {
	var found []edge.Combination
	for name := range strings.SplitSeq(names, ",") {
		if name == edge.OneNginx.Name {
			found = append(found, edge.OneNginx)
			continue
		}
		found = append(found, edge.Named(t, name)...)
	}
	return found
}

// pair is a step that was asked in a sequence and alone.
type pair struct {
	sequence    string
	number      int
	among, only string // the marks
	open        bool   // how many bytes of it are logged
}

// judge asks a sequence, and each of its steps alone.
func (p *place) judge(t *testing.T, s *sequence) []pair {
	var among, only []string
	for i, one := range s.steps {
		among, only = append(among, fmt.Sprintf("s%d-%d-a", s.seed, i)), append(only, fmt.Sprintf("s%d-%d-b", s.seed, i))
		for _, mark := range []string{among[i], only[i]} {
			p.app.steps.Store(mark, one)
			if one.primed {
				p.prime(one, mark)
			}
		}
	}
	defer func() {
		for _, mark := range append(among, only...) {
			p.app.steps.Delete(mark)
		}
	}()
	together := p.ask(s.way, s.steps, among)
	var pairs []pair
	for i, one := range s.steps {
		alone := p.ask(s.way, s.steps[i:i+1], only[i:i+1])
		if one.reset || one.reply.fault == cutShort {
			continue // what comes of it is a matter of timing
		}
		if i >= len(together) || len(alone) == 0 {
			t.Errorf("%s\n%d: nothing comes", s, i+1)
			continue
		}
		if d := together[i].differs(alone[0], among[i], only[i], !p.Has(site.Varnish)); len(d) > 0 {
			t.Errorf("%s\ndiffers at %d:\n    %s", s, i+1, strings.Join(d, "\n    "))
		}
		if !one.spoilt {
			pairs = append(pairs, pair{s.String(), i + 1, among[i], only[i], together[i].broken || alone[0].broken || together[i].header.Get("Content-Encoding") != ""})
		}
	}
	return pairs
}

func (p *place) ask(w way, steps []*step, marks []string) []result {
	if w == streamed {
		return askStreams(p.address, steps, marks)
	}
	c := &connection{address: p.address}
	defer c.close()
	if w == pipelined {
		return c.pipeline(steps, marks)
	}
	return c.ask(steps, marks)
}

// prime asks until the answer comes from the cache.
func (p *place) prime(s *step, mark string) {
	c := &connection{address: p.address}
	defer c.close()
	before := &step{method: "GET", path: s.path, host: s.host, minor: 1, agent: "prime"}
	for range 20 {
		r := c.ask([]*step{before}, []string{mark})[0]
		if r.header.Get("X-Cache") == "HIT" {
			return
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}
