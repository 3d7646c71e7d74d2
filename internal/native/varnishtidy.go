package native

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	vclDiscarded = "discarded"
	vclActive    = "active"
	vclLabel     = "label"
)

// Tidy unloads every VCL but the one in use and the two that were in use before
// it. Requests and pipes that still run in one are not disturbed: varnishd
// frees it after the last of them. Nothing may be staged meanwhile. A varnishd
// that has ended is not waited for: another holds nothing else.
func (v *Varnish) Tidy(ctx context.Context) error {
	ctx, cancel := limited(ctx, reloadTime)
	defer cancel()
	ctx, done := v.CLI.during(ctx, int(v.manager.Load()))
	defer done()
	v.mu.Lock()
	stays := v.current.names()
	for _, set := range v.kept {
		stays = append(stays, set.names()...)
	}
	v.mu.Unlock()
	return v.discard(ctx, func(vcl VCL) bool { return !slices.Contains(stays, vcl.Name) })
}

// discard unloads the VCLs that are chosen, but for the active one. What hands
// requests to a label goes before the label, and that before its VCL.
func (v *Varnish) discard(ctx context.Context, chosen func(VCL) bool) error {
	held, err := v.CLI.List(ctx)
	if err != nil {
		return err
	}
	v.servers.keep(held)
	held = slices.DeleteFunc(held, func(vcl VCL) bool {
		return vcl.Status == vclDiscarded || vcl.Status == vclActive || !chosen(vcl)
	})
	rank := func(vcl VCL) int {
		switch {
		case vcl.State == vclLabel:
			return 1
		case len(vcl.Name) > 4 && vcl.Name[:4] == "vcl_":
			return 2
		}
		return 0
	}
	slices.SortStableFunc(held, func(a, b VCL) int { return cmp.Compare(rank(a), rank(b)) })
	var failed []error
	for _, vcl := range held {
		if err := v.CLI.Discard(ctx, vcl.Name); err != nil {
			failed = append(failed, fmt.Errorf("unload %s: %w", vcl.Name, err))
		}
	}
	return errors.Join(failed...)
}
