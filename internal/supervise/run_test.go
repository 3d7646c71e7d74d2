package supervise

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// actor is a child without a process. It plays its part under synctest.
type actor struct {
	number    int
	stubborn  bool // does not heed the stop signal
	gone      chan struct{}
	once      sync.Once
	ended     Exit
	stoppedAt time.Time
	killed    bool
	signals   []syscall.Signal
}

func (a *actor) pid() int              { return a.number }
func (a *actor) done() <-chan struct{} { return a.gone }
func (a *actor) exit() Exit            { return a.ended }
func (a *actor) die(exit Exit)         { a.once.Do(func() { a.ended = exit; close(a.gone) }) }
func (a *actor) signal(signal syscall.Signal) error {
	a.signals = append(a.signals, signal)
	return nil
}

func (a *actor) kill() {
	a.killed = true
	a.die(Exit{Code: -1, Signal: syscall.SIGKILL})
}

func (a *actor) stop() {
	a.stoppedAt = time.Now()
	if !a.stubborn {
		a.die(Exit{Code: -1, Signal: syscall.SIGTERM})
	}
}

// stage launches actors and notes when.
type stage struct {
	began  time.Time
	starts []time.Duration
	cast   []*actor
	act    func(start int, a *actor) error // directs each one; nil lets it live
}

func (s *stage) launch(Process) (child, error) {
	a := &actor{number: 100 + len(s.starts), gone: make(chan struct{})}
	s.starts = append(s.starts, time.Since(s.began))
	s.cast = append(s.cast, a)
	if s.act != nil {
		if err := s.act(len(s.starts), a); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// perform runs a runner on a stage in a bubble with its own time.
func perform(t *testing.T, p Process, s *stage, play func(t *testing.T, r *Runner)) {
	synctest.Test(t, func(t *testing.T) {
		p.Name, p.Path = "app", "app"
		previous := Stopped
		p.OnChange = func(status Status) {
			if !previous.mayBecome(status.State) {
				t.Errorf("went from %s to %s", previous, status.State)
			}
			previous = status.State
		}
		r, err := newRunner(p, Policy{Jitter: func() float64 { return 0 }}, s.launch)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		s.began = time.Now()
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		synctest.Wait()
		play(t, r)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := r.Status(); got.State != Stopped || got.PID != 0 {
			t.Errorf("ended as %+v", got)
		}
		if err := r.WaitReady(t.Context()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("wait after the end: %v", err)
		}
		if err := r.Restart(t.Context()); !errors.Is(err, ErrNotRunning) {
			t.Errorf("restart after the end: %v", err)
		}
	})
}

func (s *stage) last() *actor { return s.cast[len(s.cast)-1] }

// pass lets time go by and everybody act.
func pass(length time.Duration) {
	time.Sleep(length)
	synctest.Wait()
}

func TestP2PausesGrowUntilFailed(t *testing.T) {
	s := &stage{act: func(_ int, a *actor) error { a.die(Exit{Code: 3}); return nil }}
	perform(t, Process{}, s, func(t *testing.T, r *Runner) {
		pass(70 * time.Second)
		const ms = time.Millisecond
		want := []time.Duration{0, 100 * ms, 300 * ms, 700 * ms, 1500 * ms, 31500 * ms, 61500 * ms}
		if !slices.Equal(s.starts, want) {
			t.Errorf("started at %v, want %v", s.starts, want)
		}
		got := r.Status()
		if got.State != Failed || got.Failures != 7 || got.Restarts != 6 || got.LastExit.Code != 3 {
			t.Errorf("status %+v", got)
		}
		if !strings.Contains(got.Reason.Error(), "exited with status 3") {
			t.Errorf("reason %v", got.Reason)
		}
	})
}

func TestP2StableTimeForgetsFailures(t *testing.T) {
	s := &stage{act: func(start int, a *actor) error {
		if start <= 3 {
			a.die(Exit{Code: 1})
		}
		return nil
	}}
	perform(t, Process{}, s, func(t *testing.T, r *Runner) {
		pass(5 * time.Second)
		if got := r.Status(); got.State != Running || got.Failures != 3 || got.Reason != nil {
			t.Errorf("early: %+v", got)
		}
		pass(10 * time.Second)
		if got := r.Status(); got.Failures != 0 {
			t.Errorf("stable: %+v", got)
		}
		before := time.Since(s.began)
		s.last().die(Exit{Code: 1})
		pass(150 * time.Millisecond)
		if pause := s.starts[len(s.starts)-1] - before; pause != 100*time.Millisecond {
			t.Errorf("started again after %s", pause)
		}
	})
}

func TestP2FailedRecovers(t *testing.T) {
	s := &stage{act: func(start int, a *actor) error {
		if start <= 5 {
			return errors.New("no such thing")
		}
		return nil
	}}
	perform(t, Process{}, s, func(t *testing.T, r *Runner) {
		if err := r.WaitReady(t.Context()); err == nil || err.Error() != "no such thing" {
			t.Errorf("first start: %v", err)
		}
		pass(10 * time.Second)
		if got := r.Status().State; got != Failed {
			t.Errorf("state %s", got)
		}
		pass(30 * time.Second)
		if got := r.Status().State; got != Running {
			t.Errorf("state %s", got)
		}
	})
}

func TestRestart(t *testing.T) {
	t.Run("of a running process", func(t *testing.T) {
		s := &stage{}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			if err := r.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := r.Status(); got.PID != 101 || got.State != Running || got.Restarts != 1 || s.starts[1] != 0 {
				t.Errorf("status %+v, starts %v", got, s.starts)
			}
		})
	})
	t.Run("of a failed one, without the pause", func(t *testing.T) {
		s := &stage{act: func(start int, a *actor) error {
			if start <= 5 {
				a.die(Exit{Code: 1})
			}
			return nil
		}}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			pass(2 * time.Second)
			if err := r.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := r.Status(); got.State != Running || got.Failures != 0 || s.starts[5] != 2*time.Second {
				t.Errorf("status %+v, starts %v", got, s.starts)
			}
		})
	})
	t.Run("that fails says why", func(t *testing.T) {
		s := &stage{act: func(start int, a *actor) error {
			if start == 2 {
				a.die(Exit{Code: 7, Output: []string{"bad line 3"}})
			}
			return nil
		}}
		perform(t, Process{}, s, func(t *testing.T, r *Runner) {
			err := r.Restart(t.Context())
			var exit *ExitError
			if !errors.As(err, &exit) || exit.Exit.Code != 7 || !strings.Contains(err.Error(), "bad line 3") {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("several at once during a start", func(t *testing.T) {
		s := &stage{}
		p := Process{Ready: func(context.Context) error {
			if time.Since(s.began) > time.Second {
				return nil
			}
			return errors.New("not yet")
		}}
		perform(t, p, s, func(t *testing.T, r *Runner) {
			answers := make(chan error, 3)
			for range 3 {
				go func() { answers <- r.Restart(t.Context()) }()
			}
			for range 3 {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
			synctest.Wait()
			if len(s.starts) != 4 {
				t.Errorf("starts %v", s.starts)
			}
		})
	})
}

func TestReadiness(t *testing.T) {
	notYet := errors.New("not yet")
	t.Run("too late", func(t *testing.T) {
		s := &stage{}
		p := Process{StartTimeout: 4 * time.Second, Ready: func(context.Context) error { return notYet }}
		perform(t, p, s, func(t *testing.T, r *Runner) {
			err := r.WaitReady(t.Context())
			if !errors.Is(err, notYet) || time.Since(s.began) != 4*time.Second {
				t.Errorf("got %v after %s", err, time.Since(s.began))
			}
		})
	})
	t.Run("dies before it is ready", func(t *testing.T) {
		s := &stage{}
		p := Process{Ready: func(context.Context) error { return notYet }}
		perform(t, p, s, func(t *testing.T, r *Runner) {
			time.AfterFunc(time.Second, func() { s.cast[0].die(Exit{Code: 2}) })
			var exit *ExitError
			if err := r.WaitReady(t.Context()); !errors.As(err, &exit) || exit.Ready {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("somebody else answers for the dead", func(t *testing.T) {
		s := &stage{}
		p := Process{Ready: func(context.Context) error { s.last().die(Exit{Code: 98}); return nil }}
		perform(t, p, s, func(t *testing.T, r *Runner) {
			if got := r.Status(); got.State != Backoff || got.LastExit.Code != 98 {
				t.Errorf("status %+v", got)
			}
		})
	})
	t.Run("a caller who gives up", func(t *testing.T) {
		s := &stage{}
		p := Process{Ready: func(context.Context) error { return notYet }}
		perform(t, p, s, func(t *testing.T, r *Runner) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := r.WaitReady(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("what prepares the start fails", func(t *testing.T) {
		s := &stage{}
		p := Process{Prepare: func(context.Context) error { return notYet }}
		perform(t, p, s, func(t *testing.T, r *Runner) {
			if err := r.WaitReady(t.Context()); !errors.Is(err, notYet) || len(s.starts) != 0 {
				t.Errorf("got %v, starts %v", err, s.starts)
			}
		})
	})
}

func TestStopTimeoutLeadsToKill(t *testing.T) {
	s := &stage{act: func(_ int, a *actor) error { a.stubborn = true; return nil }}
	perform(t, Process{StopTimeout: 7 * time.Second}, s, func(t *testing.T, r *Runner) {
		if err := r.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s.starts[1] != 7*time.Second || !s.cast[0].killed {
			t.Errorf("starts %v, killed %v", s.starts, s.cast[0].killed)
		}
	})
	if !s.cast[1].killed {
		t.Error("the last one was not killed")
	}
}

func TestRunTwiceAndBadDescriptions(t *testing.T) {
	s := &stage{}
	perform(t, Process{}, s, func(t *testing.T, r *Runner) {
		if err := r.Run(t.Context()); err == nil {
			t.Error("ran twice")
		}
		if err := r.Update(Process{Name: "other", Path: "x"}); err == nil {
			t.Error("changed its name")
		}
	})
	for name, p := range map[string]Process{
		"no name": {Path: "x"}, "no program": {Name: "x"}, "NUL": {Name: "x", Path: "x", Args: []string{"a\x00b"}},
	} {
		if _, err := NewRunner(p, Policy{}, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
