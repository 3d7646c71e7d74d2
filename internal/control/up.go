package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/lastgood"
	"edgegen/internal/render"
)

// Up runs the edge of a site until ctx ends, then stops it: requests in work
// are waited for, no longer than the site's drain time and no longer than
// hurry. The error is a *Refused where the site cannot be served as it is
// written. When Up returns nothing that it started is left.
func Up(ctx, hurry context.Context, o Options) (err error) {
	// They are held until the end: what is served in place of a site that is
	// refused wants them as well.
	defer generation.CloseListeners(generation.Passed(o.Listeners))
	o.secrets = &secrets{}
	o.Log = slog.New(hidingHandler{o.Log.Handler(), o.secrets})
	defer func() { err = o.secrets.hideError(err) }()
	from := newSource(o)
	defer func() { err = errors.Join(err, from.close()) }()
	// A site that is refused leaves what serves on this state directory alone.
	loaded, diagnostics, err := from.load(ctx)
	if err != nil && !(o.LastGood && config.IsRefused(err)) {
		return unlessAsked(ctx, err)
	}
	state, opened := openState(ctx, o)
	if opened != nil {
		return unlessAsked(ctx, opened)
	}
	defer func() { err = errors.Join(err, state.close(hurry)) }()
	var own *render.Templates
	if err == nil {
		if own, err = render.ReadTemplates(o.Templates); err != nil {
			err = config.Refusal(err)
		}
	}
	if err == nil {
		err = upWith(ctx, hurry, o, state, from, nil, loaded, own, diagnostics)
	}
	if !o.LastGood || !config.IsRefused(err) || ctx.Err() != nil {
		return unlessAsked(ctx, err)
	}
	return unlessAsked(ctx, upLastGood(ctx, hurry, o, state, from, err))
}

// upWith runs the edge of a site that was loaded; last is what the status tells
// until the first reload.
func upWith(ctx, hurry context.Context, o Options, s *state, from *source, last *api.ReloadStatus, loaded *config.Loaded, own *render.Templates, diagnostics config.Diagnostics) error {
	var err error
	if o.Listeners, err = generation.Duplicates(o.Listeners); err != nil {
		return err
	}
	defer generation.CloseListeners(generation.Passed(o.Listeners)) // again, or those that nobody took
	o.secrets.learn(loaded.Edge)
	o.SetLevel(loaded.Edge.Log.Level)
	edge := newEdge(o, s, from)
	defer edge.release()
	edge.last = last
	if err := edge.first(ctx, loaded, own, diagnostics); err != nil {
		return err
	}
	return edge.run(ctx, hurry)
}

// upLastGood runs what was served last in place of a site that is refused.
func upLastGood(ctx, hurry context.Context, o Options, s *state, from *source, refusal error) error {
	loaded, own, err := lastgood.Load(lastgood.Dir(s.dir))
	if errors.Is(err, lastgood.ErrNothingServed) {
		o.Log.Error("--last-good: nothing has been served from this state directory yet", "state-dir", s.dir)
		return refusal
	}
	if err != nil {
		return config.AlsoRefused(refusal, fmt.Errorf("--last-good: what was served last cannot be served again: %w", err),
			"mend the site: what it says is stored anew once it is served")
	}
	if refused := (*config.Refused)(nil); errors.As(refusal, &refused) {
		o.Warn(refused.Diagnostics)
	}
	o.Log.Error("THE SITE IS REFUSED: serving the last good configuration instead, not what the file says", "site", o.Site)
	return upWith(ctx, hurry, o, s, from, &api.ReloadStatus{At: time.Now(), Error: refusal.Error()}, loaded, own, nil)
}

// unlessAsked drops the error of a start that was cut short: whoever asked to
// stop does not want to hear that starting failed.
func unlessAsked(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
