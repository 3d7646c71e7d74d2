package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"edgegen/internal/statedir"
	"edgegen/internal/supervise"
)

// state is the state directory while this run holds it.
type state struct {
	dir      string
	mode     os.FileMode // of the directory, which those who run as others have to get through
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
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("look at the state directory: %w", err)
	}
	lock, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	report, err := supervise.CleanUp(ctx, dir)
	for _, line := range report.Ignored {
		o.Log.Warn("the list of an earlier run's processes has an unreadable line; the process that it names may still run", "error", line)
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
	return &state{dir: dir, mode: info.Mode().Perm(), lock: lock, instance: instance}, nil
}

// acquire takes the lock of a state directory, and makes sure that an edge has room
// there. If another edge has the lock, the error says that rather than that there is no
// room.
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

// closeTime is how long processes that an earlier run has left get to end.
const closeTime = 5 * time.Second

func (s *state) close(ctx context.Context) error {
	// What is to be ended here is ended even where ctx is over already.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return errors.Join(s.instance.Close(ctx), s.lock.Release())
}
