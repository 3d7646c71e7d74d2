package upstream

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"edgegen/internal/dataplane/wire"
)

// at is an endpoint that nobody connects to.
func at(name string) Endpoint { return Endpoint{Address: Address{Network: "unix", Address: name}} }

func endpoints(change ...func(*Endpoint)) []Endpoint {
	all := []Endpoint{at("a"), at("b"), at("c")}
	for i, f := range change {
		f(&all[i])
	}
	return all
}

func watched(policy Policy, all []Endpoint) *Group {
	g := NewWatched()
	g.Set(all, policy)
	return g
}

// picks counts whom requests go to, none of which ends unless done says so.
func picks(t *testing.T, g *Group, n int, header wire.Header, done bool) map[string]int {
	t.Helper()
	count := map[string]int{}
	for range n {
		m, err := g.pick(nil, header)
		if err != nil {
			if !errors.Is(err, ErrNoServer) {
				t.Fatal(err)
			}
			count["nobody"]++
			continue
		}
		count[m.server.Address.Address]++
		if done {
			m.end()
		}
	}
	return count
}

func same(*Endpoint) {}

func TestChoice(t *testing.T) {
	unwell := func(e *Endpoint) { e.Unwell = true }
	backup := func(e *Endpoint) { e.Backup = true }
	untried := func(e *Endpoint) { e.Untried = true }
	for name, c := range map[string]struct {
		policy Policy
		all    []Endpoint
		down   string // has refused a connection
		n      int
		open   bool // no request ends
		want   map[string]int
	}{
		"in turn":                  {all: endpoints(), n: 9, want: map[string]int{"a": 3, "b": 3, "c": 3}},
		"by weight":                {all: endpoints(func(e *Endpoint) { e.Weight = 4 }, same, func(e *Endpoint) { e.Weight = 3 }), n: 16, want: map[string]int{"a": 8, "b": 2, "c": 6}},
		"an unwell one":            {all: endpoints(unwell), n: 4, want: map[string]int{"b": 2, "c": 2}},
		"all unwell":               {all: endpoints(unwell, unwell, unwell), n: 2, want: map[string]int{"nobody": 2}},
		"a single one, unwell":     {all: endpoints(unwell)[:1], n: 1, want: map[string]int{"nobody": 1}},
		"none":                     {n: 1, want: map[string]int{"nobody": 1}},
		"a backup in wait":         {all: endpoints(backup), n: 4, want: map[string]int{"b": 2, "c": 2}},
		"backups alone":            {all: endpoints(unwell, backup, unwell), n: 2, want: map[string]int{"b": 2}},
		"one that refused":         {all: endpoints(), down: "a", n: 4, want: map[string]int{"b": 2, "c": 2}},
		"a single one refused":     {all: endpoints()[:1], down: "a", n: 1, want: map[string]int{"a": 1}},
		"one not tried yet":        {all: endpoints(untried), n: 4, want: map[string]int{"b": 2, "c": 2}},
		"none tried yet":           {all: endpoints(untried, untried, untried), n: 3, want: map[string]int{"a": 1, "b": 1, "c": 1}},
		"untried before backups":   {all: endpoints(untried, backup, unwell), n: 2, want: map[string]int{"a": 2}},
		"a check outweighs a fail": {all: endpoints(func(e *Endpoint) { e.Well = true }, unwell, unwell), down: "a", n: 1, want: map[string]int{"a": 1}},
		"as many as it may": {all: endpoints(func(e *Endpoint) { e.Most = 2 }, func(e *Endpoint) { e.Most = 1 }, unwell), n: 5, open: true,
			want: map[string]int{"a": 2, "b": 1, "nobody": 2}},
		"over the limit to a backup": {all: endpoints(func(e *Endpoint) { e.Most = 1 }, backup, unwell), n: 3, open: true, want: map[string]int{"a": 1, "b": 2}},
		"least busy": {policy: Policy{Balance: LeastBusy}, all: endpoints(func(e *Endpoint) { e.Weight = 2 }), n: 8, open: true,
			want: map[string]int{"a": 4, "b": 2, "c": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			g := watched(c.policy, c.all)
			for _, m := range g.now().members {
				if m.server.Address.Address == c.down {
					m.downUntil.Store(time.Now().Add(time.Hour).UnixNano())
				}
			}
			if got := picks(t, g, c.n, nil, !c.open); !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// B3: a client has one server, all servers get their share of the clients, and one
// that is gone moves its own clients alone.
func TestByClient(t *testing.T) {
	const clients = 3000
	g := watched(Policy{Balance: ByClient}, endpoints(func(e *Endpoint) { e.Weight = 2 }))
	where := func() map[string]string {
		all := map[string]string{}
		for i := range clients {
			client := fmt.Sprintf("192.0.%d.%d", i/250, i%250)
			for at := range picks(t, g, 3, wire.Header{{Name: "X-Real-IP", Value: client}}, true) {
				if all[client] != "" {
					t.Fatalf("%s is at %s and %s", client, all[client], at)
				}
				all[client] = at
			}
		}
		return all
	}
	before, share := where(), map[string]int{}
	for _, at := range before {
		share[at]++
	}
	for at, want := range map[string]int{"a": clients / 2, "b": clients / 4, "c": clients / 4} {
		if got := share[at]; got < want*85/100 || got > want*115/100 {
			t.Errorf("%s has %d clients, want about %d", at, got, want)
		}
	}
	g.Set([]Endpoint{endpoints(func(e *Endpoint) { e.Weight = 2 })[0], at("c")}, Policy{Balance: ByClient})
	for client, at := range where() {
		if before[client] != "b" && before[client] != at {
			t.Fatalf("%s moved from %s to %s", client, before[client], at)
		}
	}
}

// B3: a client stays where its cookie says, moves once when that is unwell, and stays
// there.
func TestSticky(t *testing.T) {
	tokens := func(change ...func(*Endpoint)) []Endpoint {
		all := endpoints(change...)
		for i := range all {
			all[i].Token = "token-" + all[i].Address.Address
		}
		return all
	}
	policy := Policy{Cookie: "edge", Lifetime: time.Hour}
	g := watched(policy, tokens())
	client := wire.Header{{Name: "Cookie", Value: `x="edge=token-c"; edge=nonsense; edge=token-b`}}
	if got := picks(t, g, 5, client, true); got["b"] != 5 {
		t.Fatalf("%v", got)
	}
	cookie := func(at string, request wire.Header) string {
		var response wire.Header
		for _, m := range g.now().members {
			if m.server.Address.Address == at {
				g.remember(m, request, &response)
			}
		}
		return response.Get("Set-Cookie")
	}
	if got := cookie("b", client); got != "" {
		t.Errorf("a client that is there is told %q", got)
	}
	if got := cookie("a", nil); !strings.HasPrefix(got, "edge=token-a; ") || !strings.Contains(got, "Max-Age=3600") {
		t.Errorf("a new client is told %q", got)
	}
	if got := cookie("a", client); got != "" {
		t.Errorf("a client whose server has no room for a moment is told %q", got)
	}
	g.Set(tokens(same, func(e *Endpoint) { e.Unwell = true }), policy)
	if got := picks(t, g, 4, client, true); got["b"] != 0 {
		t.Errorf("%v", got)
	}
	if got := cookie("a", client); !strings.HasPrefix(got, "edge=token-a; ") {
		t.Errorf("a client that has moved is told %q", got)
	}
}

// B5: what an endpoint that is gone has in work ends by itself, and counts as its
// server's when it comes back.
func TestGoneAndBack(t *testing.T) {
	g := watched(Policy{}, endpoints(func(e *Endpoint) { e.Most = 1 })[:1])
	m, err := g.pick(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var register Register
	register.Add(g)
	g.Set(endpoints()[1:2], Policy{})
	if got := picks(t, g, 2, nil, true); got["b"] != 2 {
		t.Errorf("%v", got)
	}
	if open := register.Open(); open["a"] != 1 {
		t.Errorf("%v", open)
	}
	m.end()
	if open := register.Open(); len(open) != 0 {
		t.Errorf("%v", open)
	}
}
