package native

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"edgegen/internal/site"
)

// Probe asks the cache tier once whether it serves what is in use. It stands in no access
// log. The error is ErrBusy if varnishd has so many clients that it cannot answer.
func (v *Varnish) Probe(ctx context.Context) error {
	_, header, err := get(ctx, v.setup.Layout.CacheProbe(), "/")
	switch {
	case err == nil:
		return expect(v.inUse().generation, header.Get(site.NoteGeneration))
	case isTurnedAway(err) || isUnanswered(err):
		if full := v.isFull(ctx); full != "" {
			return fmt.Errorf("%w: %s", ErrBusy, full)
		}
	}
	return fmt.Errorf("probe the cache tier: %w", err)
}

// isFull says what varnishd has run out of; "" if it has not. Out of threads it takes no
// connections. Its child, which serves them, is asked over the command line instead: that
// is a thread of its own, which no client takes.
func (v *Varnish) isFull(ctx context.Context) string {
	held, err := v.CLI.List(ctx)
	if err != nil || !slices.ContainsFunc(held, func(vcl VCL) bool {
		return vcl.Status == vclActive && vcl.Name == v.inUse().main()
	}) {
		return ""
	}
	now, err := v.counters.Read("MAIN.pools", "MAIN.threads", "MAIN.sess_fail_emfile")
	if err != nil || len(now) == 0 {
		return ""
	}
	without := int64(now["MAIN.sess_fail_emfile"])
	if v.withoutFile.Swap(without) != without {
		return "it may not open more files"
	}
	most, err := strconv.Atoi(v.inUse().arguments.Of("-p", "thread_pool_max"))
	if err == nil && now["MAIN.threads"] >= most*now["MAIN.pools"] {
		return "each of its threads has a request or a WebSocket"
	}
	return ""
}
