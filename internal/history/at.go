package history

import "time"

// Kept is a generation of which something is kept.
type Kept struct {
	Number int
	// Began is when the first tier began to serve it, and Settled when none began
	// anything under the one before any more.
	Began, Settled time.Time
	// Until is when nothing was begun under it any more, as At tells; the zero time for
	// the latest.
	Until   time.Time
	Meaning string
	path    string
}

// slack is how much later than a request's time it may have come under a generation, or
// sooner: the head of one that has come waits for a thread of varnishd.
const slack = 100 * time.Millisecond

// At are those of the generations, the oldest first, under which a request may have come
// of which the access log says that time, as precisely as it does: the one that is most
// likely first. It is several where they changed over meanwhile, and none where the one
// is not kept any more.
func At(all []Kept, when time.Time, precision time.Duration) (candidates []Kept) {
	from, to := when.Add(-slack), when.Add(precision+slack)
	for i, k := range all {
		if i+1 < len(all) {
			k.Until = all[i+1].Settled
		}
		switch over := !k.Until.IsZero() && k.Until.Before(from); {
		case over || k.Began.After(to):
		case k.Began.After(when) || len(candidates) == 0:
			candidates = append(candidates, k)
		default:
			candidates = append([]Kept{k}, candidates...)
		}
	}
	return candidates
}
