package upstream

import (
	"hash/fnv"
	"math"
	"time"

	"edgegen/internal/dataplane/wire"
)

// pick chooses the member for a request, another than not if there is one, and
// counts the request as its work. A single server that nobody watches is always
// tried. The order is: the one that the client's cookie names; well servers, those
// that no check has reached yet, and likewise among the backups; those that refused
// a connection a moment ago, but have been found well by a check.
func (g *Group) pick(not *member, header wire.Header) (*member, error) {
	r := g.now()
	if !r.watched && len(r.members) == 1 {
		r.members[0].begin()
		return r.members[0], nil
	}
	now := time.Now().UnixNano()
	if m := r.named(header); m != nil && m != not && m.up(now) && m.enter() {
		return m, nil
	}
	alone := len(r.members) == 1
	for _, fits := range []func(*member) bool{
		func(m *member) bool { return (m.up(now) || alone) && !m.Untried && !m.Backup },
		func(m *member) bool { return (m.up(now) || alone) && m.Untried && !m.Backup },
		func(m *member) bool { return m.up(now) && !m.Untried && m.Backup },
		func(m *member) bool { return m.up(now) && m.Untried && m.Backup },
		func(m *member) bool { return m.Well },
	} {
		if m := g.choose(r, header, func(m *member) bool { return m.server != not.of() && !m.Unwell && fits(m) }); m != nil {
			return m, nil
		}
	}
	if not != nil && not.up(now) && not.enter() {
		return not, nil
	}
	return nil, r.nobody()
}

// of is the member's server; nil for a nil member.
func (m *member) of() *server {
	if m == nil {
		return nil
	}
	return m.server
}

// up reports whether an endpoint is not unwell, and has not refused a connection a moment
// ago.
func (m *member) up(now int64) bool { return !m.Unwell && m.downUntil.Load() <= now }

// choose takes one of the members that fit and have room.
func (g *Group) choose(r *roster, header wire.Header, fits func(*member) bool) *member {
	var few [8]*member
	candidates := few[:0]
	for _, m := range r.members {
		if fits(m) {
			candidates = append(candidates, m)
		}
	}
	for len(candidates) > 0 {
		i := g.best(r, candidates, header)
		if candidates[i].enter() {
			return candidates[i]
		}
		candidates = append(candidates[:i], candidates[i+1:]...)
	}
	return nil
}

func (g *Group) best(r *roster, candidates []*member, header wire.Header) int {
	if len(candidates) == 1 {
		return 0
	}
	switch client := header.Get("X-Real-IP"); {
	case r.Balance == ByClient && client != "":
		return highest(candidates, func(m *member) float64 { return m.claim(client) })
	case r.Balance == LeastBusy:
		least := math.MaxFloat64
		for _, m := range candidates {
			least = min(least, m.load())
		}
		return g.inTurn(candidates, func(m *member) bool { return m.load() <= least })
	}
	return g.inTurn(candidates, func(*member) bool { return true })
}

func highest(candidates []*member, score func(*member) float64) int {
	best, top := 0, math.Inf(-1)
	for i, m := range candidates {
		if s := score(m); s > top {
			best, top = i, s
		}
	}
	return best
}

func (m *member) load() float64 { return float64(m.busy.Load()) / float64(m.Weight) }

// claim is a number for an endpoint and a client. The endpoint with the highest claim
// gets the client, so that an endpoint that goes away moves its own clients and no others
// (weighted rendezvous hashing).
func (m *member) claim(client string) float64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(client))
	_, _ = sum.Write([]byte{0})
	_, _ = sum.Write([]byte(m.server.Address.Address))
	return -float64(m.Weight) / math.Log((float64(mix(sum.Sum64())>>11)+0.5)/(1<<53))
}

// mix spreads a hash whose upper bits depend little on the last bytes
// (the finalizer of MurmurHash3).
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// inTurn goes round those that are wanted, each as often as its weight says and
// as evenly as that can be (smooth weighted round robin).
func (g *Group) inTurn(candidates []*member, wanted func(*member) bool) int {
	g.turns.Lock()
	defer g.turns.Unlock()
	best, total := -1, 0
	for i, m := range candidates {
		if !wanted(m) {
			continue
		}
		m.turn += m.Weight
		total += m.Weight
		if best < 0 || m.turn > candidates[best].turn {
			best = i
		}
	}
	if best < 0 {
		return 0
	}
	candidates[best].turn -= total
	return best
}

// enter counts a request as work, unless there is as much as there may be.
func (m *member) enter() bool {
	if n := m.begin(); m.Most > 0 && n > int64(m.Most) {
		m.end()
		return false
	}
	return true
}

// begin counts work of a server, end counts it no longer.
func (s *server) begin() int64 {
	s.open.Add(1)
	return s.busy.Add(1)
}

func (s *server) end() {
	s.open.Add(-1)
	s.busy.Add(-1)
}
