package supervise

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestAbortKillsAtOnce(t *testing.T) {
	s := &stage{act: func(_ int, a *actor) error { a.stubborn = true; return nil }}
	perform(t, Process{}, s, func(t *testing.T, r *Runner) {
		reason := errors.New("does not answer its probe")
		if err := r.Abort(t.Context(), reason); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.Status(); got.State != Backoff || !errors.Is(got.Reason, reason) || got.Failures != 1 || !s.cast[0].killed {
			t.Errorf("status %+v", got)
		}
		if !s.cast[0].stoppedAt.IsZero() {
			t.Error("it was asked first")
		}
		if err := r.Abort(t.Context(), reason); err != nil { // it is not running
			t.Fatal(err)
		}
		pass(time.Second)
		if got := r.Status(); got.State != Running || got.PID != 101 {
			t.Errorf("status %+v", got)
		}
	})
}

func TestRetire(t *testing.T) {
	retire := func(t *testing.T, r *Runner) {
		t.Helper()
		if err := r.Retire(t.Context(), syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
	}
	notAgain := func(t *testing.T, r *Runner, s *stage) {
		t.Helper()
		pass(time.Hour)
		if got := r.Status(); got.State != Stopped || got.PID != 0 || len(s.starts) != 1 {
			t.Errorf("status %+v, starts %v", got, s.starts)
		}
	}
	t.Run("lives on until it ends", func(t *testing.T) {
		s := &stage{}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			retire(t, r)
			if got := r.Status(); got.State != Running || !slices.Equal(s.cast[0].signals, []syscall.Signal{syscall.SIGQUIT}) {
				t.Errorf("status %+v, signals %v", got, s.cast[0].signals)
			}
			s.cast[0].die(Exit{Code: 1})
			notAgain(t, r, s)
		})
	})
	t.Run("is stopped with the end of Run", func(t *testing.T) {
		s := &stage{act: func(_ int, a *actor) error { a.stubborn = true; return nil }}
		perform(t, Process{StopTimeout: 3 * time.Second}, s, retire)
		if a := s.cast[0]; a.stoppedAt.IsZero() || !a.killed || len(s.cast) != 1 {
			t.Errorf("%+v of %d", a, len(s.cast))
		}
	})
	t.Run("without a signal", func(t *testing.T) {
		s := &stage{}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			if err := r.Retire(t.Context(), 0); err != nil || len(s.cast[0].signals) != 0 {
				t.Errorf("%v, signals %v", err, s.cast[0].signals)
			}
			s.cast[0].die(Exit{})
			notAgain(t, r, s)
		})
	})
	t.Run("is given up", func(t *testing.T) {
		s := &stage{}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			retire(t, r)
			if err := r.Abort(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			notAgain(t, r, s)
		})
	})
	t.Run("is not restarted", func(t *testing.T) {
		s := &stage{}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			retire(t, r)
			if err := r.Restart(t.Context()); !errors.Is(err, ErrNotRunning) {
				t.Errorf("got %v", err)
			}
			notAgain(t, r, s)
		})
	})
	for name, p := range map[string]Process{
		"before it is ready": {Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		"between two starts": {Ready: func(context.Context) error { return errors.New("no") }, StartTimeout: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stage{}
			perform(t, p, s, func(t *testing.T, r *Runner) {
				if err := r.Retire(t.Context(), syscall.SIGQUIT); !errors.Is(err, ErrNotRunning) {
					t.Errorf("got %v", err)
				}
				notAgain(t, r, s)
			})
		})
	}
}

func TestAbortDoesNotWaitForAProcessThatHangs(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"stopped":         "kill -STOP $$; sleep 300",
		"ignores SIGTERM": "trap '' TERM; echo up; while :; do sleep 300; done",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := shell(script)
			p.StopTimeout = time.Hour
			r := running(t, p, Policy{FirstPause: time.Hour, LongestPause: time.Hour}, nil)
			group := r.Status().PID
			if err := r.Abort(t.Context(), errors.New("it hangs")); err != nil {
				t.Fatal(err)
			}
			got := inState(t, r, Backoff)
			if got.Reason.Error() != "app: it hangs" || got.LastExit.Signal != syscall.SIGKILL || got.LastExit.Ignored != 0 {
				t.Errorf("status %+v", got)
			}
			noGroup(t, group)
		})
	}
}

func TestRetiredProcessEndsByItself(t *testing.T) {
	t.Parallel()
	var out collector
	p := shell(`trap 'sleep 0.5; echo drained; exit 0' QUIT; echo up; while :; do sleep 0.05; done`)
	p.Stdout = out.add
	r, err := NewRunner(p, Policy{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(t.Context()) }()
	eventually(t, "it is up", func() bool { return len(out.all()) > 0 })
	inState(t, r, Running) // which follows, on a busy machine after what it says
	if err := r.Retire(t.Context(), syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := out.all(); !slices.Equal(got, []string{"up", "drained"}) {
		t.Errorf("output %q", got)
	}
	if got := r.Status(); got.State != Stopped || got.Restarts != 0 || got.LastExit.Code != 0 {
		t.Errorf("status %+v", got)
	}
}
