package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"edgegen/internal/api"
	"edgegen/internal/generation"
	"edgegen/internal/lastgood"
	"edgegen/internal/printable"
	"edgegen/internal/render"
	"edgegen/internal/statedir"
	"edgegen/internal/tiers"
	"edgegen/internal/wait"
)

const (
	// keepPause is between two looks at the directories.
	keepPause = 500 * time.Millisecond
	// keepPatience is the longest pause, after several looks at which nothing could
	// be put back.
	keepPatience = 30 * time.Second
)

// keep puts back what disappears from the state directory and the runtime
// directory, until ctx ends. Somebody may remove it by hand, or a cleaner of
// temporary files may believe that nobody needs it.
func (e *Edge) keep(ctx context.Context) {
	pause, told := keepPause, ""
	for {
		if !wait.For(ctx, pause) {
			return
		}
		if e.Turns.Look(ctx) != nil {
			return
		}
		missing := e.Lacks()
		e.Turns.Looked()
		if len(missing) == 0 {
			pause, told = keepPause, ""
			continue
		}
		if e.Turns.Begin(ctx) != nil {
			return
		}
		err := e.mend(ctx)
		e.Turns.End()
		pause = min(2*pause, keepPatience)
		if err != nil && ctx.Err() == nil && err.Error() != told {
			told = err.Error()
			e.options.Log.Error("cannot restore the edge's directories", "error", printable.FirstLine(err))
		}
	}
}

// mend puts back what is missing. Servers that cannot be reached any more are
// replaced by others of their kind, and go on with the connections that they
// have. The caller has the turn.
func (e *Edge) mend(ctx context.Context) error {
	missing := e.Lacks()
	if len(missing) == 0 {
		return nil
	}
	e.options.Log.Warn("a part of the edge's directories has disappeared; restoring it", "missing", len(missing), "first", missing[0])
	if err := e.mendState(); err != nil {
		return err
	}
	if err := e.mendFiles(); err != nil {
		return err
	}
	if err := e.House.Mend(ctx); err != nil {
		return err
	}
	if err := e.replaceUnreached(ctx); err != nil {
		return err
	}
	if left := e.Lacks(); len(left) > 0 {
		return fmt.Errorf("%s is still missing", left[0])
	}
	return nil
}

// mendState puts back what is in the state directory.
func (e *Edge) mendState() error {
	s := e.state
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return fmt.Errorf("make the state directory: %w", err)
	}
	if !s.lock.Stands() { // whoever was writing a file of his own into it may have made it, for himself
		if err := os.Chmod(s.dir, s.mode); err != nil {
			return fmt.Errorf("make the state directory: %w", err)
		}
	}
	if err := s.lock.Renew(); err != nil {
		return err
	}
	e.keepCleanersOff()
	var problems []error
	if !s.instance.Stands() {
		problems = append(problems, s.instance.Rewrite())
	}
	if !e.control.Stands() {
		problems = append(problems, e.control.Listen())
	}
	if len(statedir.NotThere(lastgood.Dir(s.dir))) > 0 {
		e.Later.Go(func() {
			e.keeping.Lock()
			defer e.keeping.Unlock()
			e.keepLastGood(e.Serving())
		})
	}
	return errors.Join(problems...)
}

// mendFiles puts back the directories and the files of the generation.
func (e *Edge) mendFiles() error {
	if err := statedir.MakeDirectories(e.Layout, e.Who); err != nil {
		return fmt.Errorf("make the runtime directory: %w", err)
	}
	e.keepCleanersOff()
	if len(e.missingFiles()) == 0 {
		return nil
	}
	g := e.Serving()
	e.remove(g)
	if err := e.write(g); err != nil {
		return err
	}
	return e.enter(g)
}

// replaceUnreached replaces the servers that lack something by a transaction of
// its own, to a generation that says the same.
func (e *Edge) replaceUnreached(ctx context.Context) error {
	lost := e.Lost()
	if len(lost) == 0 {
		return nil
	}
	next := *e.Serving()
	next.Number++
	t := &transaction{edge: e, was: e.Serving(), next: &next, unreached: lost, pool: &generation.Pool{Open: slices.Clone(e.spare)}}
	if err := t.stageGeneration(ctx); err != nil {
		t.abandon(ctx)
		return fmt.Errorf("replace what cannot be reached: %w", err)
	}
	tiers.MakeWay(lost)
	if err := statedir.MakeDirectories(e.Layout, e.Who); err != nil {
		return fmt.Errorf("make the runtime directory: %w", err)
	}
	if err := t.commit(ctx); err != nil {
		return fmt.Errorf("replace what cannot be reached: %w", err)
	}
	e.options.Log.Info("replaced daemons whose sockets had disappeared", "generation", next.Number)
	return nil
}

// keepCleanersOff locks the edge's directories against cleaners of temporary files:
// systemd-tmpfiles enters no directory that somebody has locked. What other cleaners
// delete, keep puts back.
func (e *Edge) keepCleanersOff() {
	for _, file := range e.locked {
		_ = file.Close() // it was opened for the lock alone
	}
	e.locked = nil
	for _, dir := range []string{e.state.dir, e.Layout.Run} {
		file, err := os.OpenFile(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
		if err != nil {
			continue // it is put back, or has no name that could be cleaned
		}
		if err := unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
			e.options.Log.Debug("cannot protect a directory from cleaners of temporary files", "directory", dir, "error", err)
		}
		e.locked = append(e.locked, file)
	}
}

// Lacks lists what the running edge needs in its directories and is not there:
// what edgegen can put back as it was, and what takes other servers.
func (e *Edge) Lacks() (missing []string) {
	if !e.state.lock.Stands() {
		missing = append(missing, filepath.Join(e.state.dir, "lock"))
	}
	if !e.state.instance.Stands() {
		missing = append(missing, filepath.Join(e.state.dir, "ledger"))
	}
	if !e.control.Stands() {
		missing = append(missing, api.Socket(e.state.dir))
	}
	missing = append(missing, e.missingFiles()...)
	return append(missing, e.Lacking()...)
}

// missingFiles lists the directories, and the files of the generation that is
// served; of the certificates their directory alone, as there may be thousands.
func (e *Edge) missingFiles() []string {
	g := e.Serving()
	paths := append([]string{e.Layout.Run, statedir.Generations(e.Layout), e.Dir(g), e.Layout.Dir}, e.Layout.Directories()...)
	if out := g.Output; out != nil {
		for i := range out.Daemons {
			d := &out.Daemons[i]
			for _, file := range d.Files {
				paths = append(paths, filepath.Join(e.Dir(g), file.Name))
			}
			if len(d.PEM) > 0 {
				paths = append(paths, filepath.Join(e.Dir(g), render.PEMDir))
			}
		}
	}
	return statedir.NotThere(paths...)
}
