package control

import (
	"context"
	"errors"
	"slices"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/printable"
	"edgegen/internal/tiers"
)

// reload makes the edge serve its site as it is written now, or leaves it as it
// is. One reload goes on at a time.
func (e *Edge) reload(ctx context.Context) (api.Outcome, error) {
	return e.change(ctx, func() (*transaction, error) { return e.stage(ctx, api.Planned{}) })
}

// change carries out the transaction that stage prepares.
func (e *Edge) change(ctx context.Context, stage func() (*transaction, error)) (api.Outcome, error) {
	if err := e.Turns.Begin(ctx); err != nil {
		return api.Outcome{}, err
	}
	defer e.Turns.End()
	defer e.Later.Go(giveBackMemory) // also of what was refused, or changes nothing
	begun := time.Now()
	_ = e.mend(ctx) // where it cannot, the reload says why
	e.options.Notify.Reloading()
	outcome, err := e.transact(ctx, stage)
	if e.asked.Err() == nil {
		e.options.Notify.Ready(e.Summary())
	}
	outcome.Duration = milliseconds(time.Since(begun))
	e.record(begun, outcome, err)
	return outcome, err
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (e *Edge) transact(ctx context.Context, stage func() (*transaction, error)) (api.Outcome, error) {
	t, err := stage()
	if err != nil {
		return api.Outcome{}, err
	}
	plan, uncounted := t.plan()
	outcome := api.Outcome{Plan: plan, Generation: t.was.Number, Warnings: append(config.Diagnostics{}, t.warnings...)}
	if t.nothing() {
		t.abandon(ctx)
		return outcome, nil
	}
	outcome.Warnings = append(outcome.Warnings, e.raiseFurther(t.was, t.next)...)
	t.warnOfEnds(uncounted)
	if err := t.commit(ctx); err != nil {
		return outcome, err
	}
	outcome.Plan, outcome.Generation = t.planned, t.next.Number
	settled := time.Now()
	if err := e.CheckAll(ctx); err != nil {
		e.options.Log.Warn("a tier does not answer after the reload", "error", err)
	}
	e.keepRecords(t.next, t.began, settled)
	return outcome, nil
}

// plan tells what a reload would do.
func (e *Edge) plan(ctx context.Context, of api.Planned) (api.Plan, error) {
	if err := e.Turns.Begin(ctx); err != nil {
		return api.Plan{}, err
	}
	defer e.Turns.End()
	_ = e.mend(ctx) // where it cannot, the plan says why
	t, err := e.stage(ctx, of)
	if err != nil {
		return api.Plan{}, err
	}
	defer t.abandon(ctx)
	return t.plan()
}

// record notes down how a reload went, for the log and the status.
func (e *Edge) record(begun time.Time, outcome api.Outcome, err error) {
	last := &api.ReloadStatus{At: begun, OK: err == nil, Duration: outcome.Duration, Touched: outcome.Plan.Touched()}
	result := "ok"
	took := time.Since(begun).Round(time.Millisecond)
	switch {
	case errors.Is(err, context.Canceled):
		last.Error, result = "the edge was stopped", "refused"
		e.options.Log.Info("reload abandoned, because the edge is stopping", "after", took)
	case isBroken(err):
		last.Error, result = err.Error(), "broken"
		e.options.Log.Error("reload failed, and not all of the edge could be restored", "after", took, "error", printable.FirstLine(err))
	case err != nil:
		last.Error, result = err.Error(), "refused"
		e.options.Log.Error("reload refused; the edge still serves the configuration from before", "after", took, "error", printable.FirstLine(err))
	case !outcome.Plan.Changes():
		result = "nothing"
		e.options.Log.Info("reload: nothing to do", "after", took)
	default:
		e.options.Log.Info("reloaded", "generation", outcome.Generation, "after", took, "touched", outcome.Plan.Touched())
	}
	if err == nil && len(outcome.Warnings) > 0 {
		e.options.Warn(outcome.Warnings)
	}
	if refused := (*config.Refused)(nil); errors.As(err, &refused) {
		e.options.Warn(refused.Diagnostics)
	}
	e.remember(last, result)
}

// nothing reports whether the next generation says the same as the one before it,
// comments aside.
func (t *transaction) nothing() bool {
	return !t.apps.Touches() && !slices.ContainsFunc(t.changes, (*tiers.Change).Touches) && len(t.leaving) == 0 && !t.access.Changes() &&
		t.was.Meaning == t.next.Meaning
}
