package hostile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// turns is how often each number is asked for.
const turns = 4

// TestHostileApp holds that nothing an app answers ends a daemon (P2), and that
// no client gets what is another's (E2).
func TestHostileApp(t *testing.T) {
	for _, c := range edge.Named(t, *engines) {
		t.Run(c.Name, func(t *testing.T) {
			h, a := edge.NewHome(t, c), startApp(t)
			h.CompileAsUsersIn(edge.Native)
			h.Write("site.hcl", fmt.Sprintf(siteText, a.address))
			e := h.Run()
			run := &run{edge: e, address: e.HTTPS(), next: *seed, deaths: map[string][]uint64{}}
			run.all(*duration)
			t.Logf("%d requests for %d answers in %v", run.asked.Load(), run.next-*seed, *duration)
			for why, numbers := range run.deaths {
				t.Errorf("a daemon died %d times: %s\nwhile these were in work: %v", len(numbers) / *clients, why, numbers[:min(len(numbers), 3**clients)])
			}
			for _, one := range run.mixed {
				t.Error(one)
			}
			e.Until("the edge is ready", edge.Patience, func(s api.Status) bool { return s.State == "ready" })
			e.Stop()
		})
	}
}

const siteText = `edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  timeouts {
    connect    = "1s"
    first_byte = "1s"
    drain      = "5s"
  }
  log { access = "off" }
}
site "edge.test" {
  tls { self_signed = true }
  backend "app" { servers = [%q] }
  cache {
    grace          = "50ms"
    stale_if_error = "1m"
  }
  route "/" { backend = "app" }
  route "/ttl" {
    backend = "app"
    cache { ttl = "1h" }
  }
  route "/brief" {
    backend = "app"
    cache { ttl = "100ms" }
  }
}
`

// run is one edge under such an app.
type run struct {
	edge    *edge.Edge
	address string
	next    uint64
	asked   atomic.Int64
	deaths  map[string][]uint64 // what was in work, by what a daemon said of its end
	heard   int                 // bytes of what edgegen has said so far
	mu      sync.Mutex
	mixed   []error
}

// all goes on for the time, batch by batch: between two of them it is known
// which answers ended a daemon.
func (r *run) all(d time.Duration) {
	one := make([]client, *clients)
	for end := time.Now().Add(d); time.Now().Before(end); {
		var work sync.WaitGroup
		first := r.next
		r.next += uint64(*clients)
		for i := range one {
			one[i].address = r.address
			work.Go(func() { r.turns(&one[i], first+uint64(i)) })
		}
		work.Wait()
		r.look(first)
	}
	for i := range one {
		one[i].close()
	}
}

// turns asks for one number several times.
func (r *run) turns(c *client, number uint64) {
	for turn := range uint64(turns) {
		if number%3 == 2 { // what is stored for a moment: it may be stale, or beyond its grace
			time.Sleep(time.Duration(60*((number+turn)%4)) * time.Millisecond)
		}
		r.asked.Add(1)
		if err := c.ask(number, turn); err != nil {
			r.mu.Lock()
			r.mixed = append(r.mixed, err)
			r.mu.Unlock()
		}
	}
}

// died is how edgegen tells of the end of a daemon or of a part of it.
var died = regexp.MustCompile(`(?i)child[^"\n]*(?:died|has ended)|\bexited on signal|\bexited with status|killed by SIG`)

// asserted is where varnishd has given up.
var asserted = regexp.MustCompile(`Assert error in [^\n]*|Condition\([^\n]*|Wrong turn at [^\n]*`)

// look notes a daemon's death, and waits for its successor.
func (r *run) look(first uint64) {
	said := r.edge.Err.Text()
	fresh := said[r.heard:]
	r.heard = len(said)
	if !died.MatchString(fresh) {
		return
	}
	r.edge.Until("the edge is ready", edge.Patience, func(s api.Status) bool { return s.State == "ready" })
	said = r.edge.Err.Text()
	fresh += said[r.heard:]
	r.heard = len(said)
	why := asserted.FindAllString(fresh, -1)
	slices.Sort(why)
	key := strings.Join(slices.Compact(why), "; ")
	if key == "" {
		key = died.FindString(fresh)
	}
	for i := range uint64(*clients) {
		r.deaths[key] = append(r.deaths[key], first+i)
	}
}
