package native

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"edgegen/internal/site"
	"edgegen/internal/wait"
)

// varnishPurges are the latest purges. A ban holds for what is stored when it is made,
// and not for an answer whose head has come before it and whose end comes after it. So
// the VCL is told of the purge first. From then on it does not store an answer that was
// asked for before and whose head is still to come, and it asks by another backend. When
// the last answer by the earlier backend has come, the ban is made. If one takes too long
// the ban is made all the same, and once more later; until then the VCL mistrusts what
// has come lately.
type varnishPurges struct {
	mu       sync.Mutex // held while something is purged
	count    int        // of purges, as the VCL is told
	mistrust bool       // and whether it is to mistrust
	trusted  time.Time  // until when
	recent   []ban      // those that are to be made again, the oldest first
}

// ban is that of one purge.
type ban struct {
	words []string
	again time.Time // when it is made again
	last  bool      // and no more after that
}

const (
	// purgeWait is how long a purge waits for answers that were asked for before it.
	purgeWait = 500 * time.Millisecond
	// purgeDoubt is how long the end of an answer may come after its head for the VCL to
	// mistrust it; vcl_hit has four times of it.
	purgeDoubt = 5 * time.Second
	// purgeTail is how long after a purge its ban is made once more, for answers that
	// took longer.
	purgeTail = time.Minute
	// countTime bounds the wait until varnishd knows how many objects were forgotten.
	countTime = 2 * time.Second
)

// Purge has varnishd forget what is meant, and returns how many responses that were, as
// far as it knows. It does not look at Soft: Soften is for that.
func (v *Varnish) Purge(ctx context.Context, what site.Purge) (count int, err error) {
	p := &v.purges
	p.mu.Lock()
	defer p.mu.Unlock()
	// What a purge before this one did not wait for may still be coming, by the backend
	// that answers will be asked for by again.
	older := false
	if p.mistrust {
		now, err := v.purgeStatistics()
		if err != nil {
			return 0, err
		}
		older = now.coming[(p.count+1)%2] > 0
	}
	if err := v.tellPurge(ctx, p.count+1, p.mistrust); err != nil {
		return 0, err
	}
	before, err := v.await(ctx, purgeWait, func(s purgeStatistics) bool { return s.coming[(p.count+1)%2] == 0 })
	if err != nil {
		return 0, err
	}
	words := banOf(what)
	if late := before.coming[(p.count+1)%2] > 0; late || older {
		if err := v.tellPurge(ctx, p.count, true); err != nil {
			return 0, err
		}
		p.trusted = time.Now().Add(2 * purgeDoubt)
		p.recent = append(p.recent, ban{words: words, again: time.Now().Add(purgeDoubt)})
	}
	if _, err := v.soon(ctx, words...); err != nil {
		return 0, err
	}
	after, err := v.await(ctx, countTime, func(s purgeStatistics) bool { return s.open <= 0 })
	return after.killed - before.killed, err
}

// Softens reports whether what is stored can be made stale.
func (v *Varnish) Softens() bool { return v.inUse().softens }

// Soften tells the VCL how many purges have been soft. It looks, when it gives what was
// asked for before, whether the later ones mean that.
func (v *Varnish) Soften(ctx context.Context, count uint64) error {
	v.purges.mu.Lock()
	defer v.purges.mu.Unlock()
	const base, most = 60_000, 50_000 // milliseconds, purges
	return v.tell(ctx, "idle_send_timeout", base+int(count%most))
}

// banOf is the command that forgets what is meant. An object without X-Edge-Site is no
// answer, but the note that one was not to be stored. Of the words that have to be
// quoted, varnishd's manager hands on only the last one, and none with a space.
func banOf(what site.Purge) []string {
	const stored = "obj.http." + site.NotePrefix
	switch {
	case what.URL != "":
		return []string{"ban", stored + "Site", "~", ".", "&&", stored + "Url", "==", what.URL}
	case what.Prefix != "":
		return []string{"ban", stored + "Site", "~", ".", "&&", stored + "Url", "~", "^" + regexp.QuoteMeta(what.Prefix)}
	case what.Site != "":
		return []string{"ban", stored + "Site", "==", what.Site}
	}
	return []string{"ban", stored + "Tags", "~", "," + regexp.QuoteMeta(what.Tag) + ","}
}

// tellPurge sets what the VCL knows of purges, in two parameters that have no other use
// here or hardly feel it: a hundredth of a second for each, and a thousandth for mistrust.
func (v *Varnish) tellPurge(ctx context.Context, count int, mistrust bool) error {
	const base, most = 600_000, 50_000 // milliseconds, purges
	count %= most
	told := base + 10*count
	if mistrust {
		told++
	}
	for _, parameter := range []string{"default_keep", "send_timeout"} {
		if err := v.tell(ctx, parameter, told); err != nil {
			return err
		}
	}
	v.purges.count, v.purges.mistrust = count, mistrust
	return nil
}

// tell sets a parameter that the VCL reads as a time.
func (v *Varnish) tell(ctx context.Context, parameter string, milliseconds int) error {
	_, err := v.soon(ctx, "param.set", parameter, fmt.Sprintf("%d.%03d", milliseconds/1000, milliseconds%1000))
	return err
}

// soon sends a command, and does not wait for a varnishd that has stopped: that is for
// its guard to look after.
func (v *Varnish) soon(ctx context.Context, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return v.CLI.do(ctx, words...)
}

// TendPurges makes bans again that are due, and tells the VCL when it can trust what it
// has. It is called once a second or so while varnishd is well.
func (v *Varnish) TendPurges(ctx context.Context) error {
	if !v.purges.mu.TryLock() {
		return nil // a purge is being made
	}
	defer v.purges.mu.Unlock()
	now, left := time.Now(), []ban(nil)
	for _, one := range v.purges.recent {
		if one.again.After(now) {
			left = append(left, one)
			continue
		}
		if _, err := v.soon(ctx, one.words...); err != nil {
			return err
		}
		if !one.last {
			left = append(left, ban{one.words, now.Add(purgeTail), true})
		}
	}
	v.purges.recent = left
	if v.purges.mistrust && now.After(v.purges.trusted) {
		return v.tellPurge(ctx, v.purges.count, false)
	}
	return nil
}

// purgeStatistics are what varnishd says of purges.
type purgeStatistics struct {
	open   int    // bans that not every object has been held against
	killed int    // objects that bans have met so far
	coming [2]int // answers that may be stored, by whether they were asked for after an odd number of purges
}

func (v *Varnish) purgeStatistics() (s purgeStatistics, err error) {
	n, err := v.counters.Read("MAIN.bans", "MAIN.bans_completed", "MAIN.bans_obj_killed", "MAIN.bans_lurker_obj_killed",
		"VBE.*.edge_even.conn", "VBE.*.edge_odd.conn")
	if _, there := n["MAIN.bans"]; err == nil && !there {
		err = errors.New("varnishd has no child")
	}
	if err != nil {
		return s, fmt.Errorf("ask what is purged: %w", err)
	}
	s.open, s.killed = n["MAIN.bans"]-n["MAIN.bans_completed"], n["MAIN.bans_obj_killed"]+n["MAIN.bans_lurker_obj_killed"]
	for name, value := range n {
		switch {
		case strings.HasSuffix(name, ".edge_even.conn"):
			s.coming[0] += value
		case strings.HasSuffix(name, ".edge_odd.conn"):
			s.coming[1] += value
		}
	}
	return s, nil
}

// await asks until the answer holds, no longer than limit, and returns the last one.
func (v *Varnish) await(ctx context.Context, limit time.Duration, holds func(purgeStatistics) bool) (s purgeStatistics, err error) {
	for end := time.Now().Add(limit); ; {
		if s, err = v.purgeStatistics(); err != nil || holds(s) || time.Now().After(end) {
			return s, err
		}
		if !wait.For(ctx, probePause) {
			return s, context.Cause(ctx)
		}
	}
}
