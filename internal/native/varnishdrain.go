package native

import (
	"context"
	"fmt"
	"time"

	"edgegen/internal/wait"
)

const (
	flagBackend = "*.edge_open" // the VCL looks at its health; see edge_answer there
	drainIdle   = "0.2"         // seconds that a connection may then wait for a request
	drainPause  = 50 * time.Millisecond
)

// Drain has varnishd end every connection after its next answer, and waits
// until no request is in work and no connection waits for one: those are closed
// after a moment. WebSockets stay, and new connections are still taken, so the
// caller leads them elsewhere first. The error is ctx's where it ends first; the draining goes on
// until varnishd is restarted or Resume is called.
func (v *Varnish) Drain(ctx context.Context) error {
	if err := v.Dismiss(ctx, true); err != nil {
		return err
	}
	if err := v.CLI.SetParameter(ctx, "timeout_idle", drainIdle); err != nil {
		return err
	}
	for {
		activity, err := v.Activity()
		if err == nil && activity.Requests+activity.Idle == 0 {
			return nil
		}
		if !wait.For(ctx, drainPause) {
			return fmt.Errorf("drain varnishd: %w", context.Cause(ctx))
		}
	}
}

// Dismiss has varnishd end each connection after its next answer, or keep it again. A VCL
// that comes later knows nothing of it.
func (v *Varnish) Dismiss(ctx context.Context, clients bool) error {
	health := "auto"
	if clients {
		health = "sick"
	}
	return v.CLI.SetHealth(ctx, flagBackend, health)
}

// Resume ends what Drain has begun.
func (v *Varnish) Resume(ctx context.Context) error {
	if err := v.Dismiss(ctx, false); err != nil {
		return err
	}
	return v.CLI.SetParameter(ctx, "timeout_idle", v.inUse().arguments.Of("-p", "timeout_idle"))
}
