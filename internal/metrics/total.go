package metrics

import "time"

// Total is the sum of what was counted of some requests, from the start on.
type Total struct {
	Classes  [classes]uint64 // requests by the first digit of their status
	Verdicts [len(verdicts)]uint64
	Sent     uint64 // bytes
	Buckets  [len(bounds) + 1]uint64
}

// total is what was counted of a way.
func (w *way) total() (t Total) {
	for asked := range w.requests {
		t.count(&w.requests[asked])
	}
	t.Sent = w.sent.Load()
	t.time(&w.answered)
	return t
}

// askedTotal is what was counted of the requests for which the backend was asked.
func (w *way) askedTotal() (t Total) {
	t.count(&w.requests[1])
	t.time(&w.upstream)
	return t
}

func (t *Total) count(requests *answers) {
	for tier := range requests {
		for class := range requests[tier] {
			for verdict := range requests[tier][class] {
				n := requests[tier][class][verdict].Load()
				t.Classes[class] += n
				t.Verdicts[verdict] += n
			}
		}
	}
}

func (t *Total) time(h *histogram) {
	for i := range h.counts {
		t.Buckets[i] += h.counts[i].Load()
	}
}

// plus is the sum of two.
func (t Total) plus(other Total) Total {
	for i, n := range other.Classes {
		t.Classes[i] += n
	}
	for i, n := range other.Verdicts {
		t.Verdicts[i] += n
	}
	for i, n := range other.Buckets {
		t.Buckets[i] += n
	}
	t.Sent += other.Sent
	return t
}

// since is what was counted after an earlier total; nothing where a part of that has
// been forgotten since then.
func (t Total) since(before Total) Total {
	more := func(n *uint64, before uint64) { *n -= min(*n, before) }
	for i := range t.Classes {
		more(&t.Classes[i], before.Classes[i])
	}
	for i := range t.Verdicts {
		more(&t.Verdicts[i], before.Verdicts[i])
	}
	for i := range t.Buckets {
		more(&t.Buckets[i], before.Buckets[i])
	}
	more(&t.Sent, before.Sent)
	return t
}

func (t Total) requests() (sum uint64) {
	for _, n := range t.Classes {
		sum += n
	}
	return sum
}

// quantile is the duration that a share of the answers took at most, as far as the
// buckets tell; 0 where nothing was answered, and the last bound beyond it.
func (t Total) quantile(share float64) time.Duration {
	var all uint64
	for _, n := range t.Buckets {
		all += n
	}
	if all == 0 {
		return 0
	}
	rank, below, from := share*float64(all), 0.0, time.Duration(0)
	for i, bound := range bounds {
		n := float64(t.Buckets[i])
		if below+n >= rank && n > 0 {
			return from + time.Duration(float64(bound-from)*(rank-below)/n)
		}
		below, from = below+n, bound
	}
	return bounds[len(bounds)-1]
}
