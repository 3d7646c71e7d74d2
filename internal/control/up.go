package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
	"edgegen/internal/systemd"
)

// Options are what an edge is started with.
type Options struct {
	Site     string         // a file or a directory
	Given    []config.Given // values of its variables
	StateDir string
	Select   generation.Selection
	Version  string
	Watch    bool // reload when a file that the site is made of changes
	LastGood bool // where the site is refused, start with the one that was served last

	// NoTakeover leaves a tier down whose daemon is down.
	NoTakeover bool
	Guardian   []string     // the arguments that make this program a guardian
	Log        *slog.Logger // what edgegen and the daemons say
	Access     io.Writer    // the access log, where the site says "stdout"

	// AppStart is how long an app may take until it answers; 0 is two minutes.
	AppStart time.Duration

	// Hangup asks for a reload, Reopen for the access log's file to be opened
	// anew; nil never does.
	Hangup, Reopen <-chan struct{}
	// Listeners are TCP listeners that the edge takes where the site names their
	// addresses. They belong to Up.
	Listeners []systemd.Listener
	// Notify tells the service manager; nil tells nobody.
	Notify *systemd.Notifier

	// SetLevel is told the site's log.level. Warn is told the diagnostics that
	// are no errors. Ready is told the addresses once the edge serves.
	SetLevel func(level string)
	Warn     func(config.Diagnostics)
	Ready    func(addresses []string)

	secrets *secrets // of the sites that are loaded; set by Up
}

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
	if err == nil {
		err = upWith(ctx, hurry, o, state, from, nil, loaded, diagnostics)
	}
	if !o.LastGood || !config.IsRefused(err) || ctx.Err() != nil {
		return unlessAsked(ctx, err)
	}
	return unlessAsked(ctx, upLastGood(ctx, hurry, o, state, from, err))
}

// upWith runs the edge of a site that was loaded; last is what the status tells
// until the first reload.
func upWith(ctx, hurry context.Context, o Options, s *state, from *source, last *api.ReloadStatus, loaded *config.Loaded, diagnostics config.Diagnostics) error {
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
	if err := edge.first(ctx, loaded, diagnostics); err != nil {
		return err
	}
	return edge.run(ctx, hurry)
}

// unlessAsked drops the error of a start that was cut short: whoever asked to
// stop does not want to hear that starting failed.
func unlessAsked(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// state is the state directory while this run holds it.
type state struct {
	dir      string
	lock     *supervise.Lock
	instance *supervise.Instance
}

// openState takes the state directory and ends what an earlier run left there.
func openState(ctx context.Context, o Options) (*state, error) {
	dir, err := filepath.Abs(o.StateDir)
	if err != nil {
		return nil, fmt.Errorf("find the state directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	lock, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	report, err := supervise.CleanUp(ctx, dir)
	for _, line := range report.Ignored {
		o.Log.Warn("the ledger of an earlier run has a line that cannot be read; what it names may be left behind", "error", line)
	}
	for _, left := range report.Ended {
		o.Log.Warn("ended a process that an earlier run left behind", "name", left.Name, "pid", left.PID)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("clean up after an earlier run: %w", err), lock.Release())
	}
	instance, err := supervise.OpenInstance(supervise.InstanceConfig{Directory: dir, Guardian: o.Guardian, Logger: o.Log})
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return &state{dir: dir, lock: lock, instance: instance}, nil
}

// acquire takes the lock of a state directory in which an edge has room. That
// another one has it is said before that there is no room.
func acquire(dir string) (*supervise.Lock, error) {
	lock, err := supervise.AcquireLock(dir)
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	if short := statedir.CheckRoom(dir); short != nil {
		if lock != nil {
			short = errors.Join(short, lock.Release())
		}
		return nil, short
	}
	return lock, err
}

// closeTime is what left-over processes get to end in.
const closeTime = 5 * time.Second

func (s *state) close(ctx context.Context) error {
	// What is to be ended here is ended even where ctx is over already.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return errors.Join(s.instance.Close(ctx), s.lock.Release())
}
