package tiers

import (
	"context"
	"strings"

	"edgegen/internal/dataplane/gate"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// purge is that of varnishd and of its stand-in. One that is down has nothing stored, nor
// has it when it is back.
func (v *varnishServer) purge(ctx context.Context, what site.Purge) (there purged, err error) {
	v.mu.Lock()
	standIn := v.standIn
	v.mu.Unlock()
	if standIn != nil {
		if there, err = standIn.purge(ctx, what); err != nil {
			return there, err
		}
	}
	if !v.runs() {
		return there, nil
	}
	if what.Soft {
		if softened, err := v.soften(ctx, what); softened || err != nil {
			there.note = "varnishd makes them stale as they are asked for, and does not count them"
			return there, err
		}
		there.note, there.forgotten = "varnishd has forgotten them: no site has grace or stale_if_error, or this varnishd cannot have what it stores grow stale", true
	}
	count, err := v.native.Purge(ctx, what)
	there.count += count
	return there, v.unlessDead(err)
}

// unlessDead is nil for a varnishd that has died, and all that it had stored with it.
func (v *varnishServer) unlessDead(err error) error {
	if err != nil && !v.runs() {
		return nil
	}
	return err
}

// soften has what is meant grow stale, where varnishd can do that.
func (v *varnishServer) soften(ctx context.Context, what site.Purge) (bool, error) {
	if !v.native.Softens() {
		return false, nil
	}
	kind, text := gate.StaleURL, what.URL
	switch {
	case what.Prefix != "":
		kind, text = gate.StalePrefix, what.Prefix
	case what.Site != "":
		kind, text = gate.StaleSite, what.Site
	case what.Tag != "":
		kind, text = gate.StaleTag, what.Tag
	}
	count, shared := v.house.Gates.MarkStale(kind, text)
	if !shared {
		return false, nil
	}
	return true, v.unlessDead(v.native.Soften(ctx, count))
}

func (v *varnishServer) webSockets() (int, error) {
	activity, err := v.Activity()
	return activity.WebSockets, err
}

// Activity counts what varnishd and its stand-in have in work. With an error,
// varnishd could not be asked.
func (v *varnishServer) Activity() (activity native.Activity, err error) {
	if v.runs() {
		activity, err = v.native.Activity()
	}
	return activity.Plus(v.standInWork()), err
}

func (v *varnishServer) WebSocketsTo() (map[string]int, error) {
	if !v.runs() {
		return nil, nil
	}
	open := make(map[string]int)
	piped, err := v.native.Pipes()
	for address, count := range piped {
		open[strings.TrimPrefix(address, "unix:")] += count
	}
	return open, err
}
