package native

import (
	"os/exec"
	"testing"
	"time"
)

func TestChildWatch(t *testing.T) {
	start := func(t *testing.T) *exec.Cmd {
		t.Helper()
		child := exec.Command("sleep", "600")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		return child
	}
	end := func(t *testing.T, child *exec.Cmd) {
		t.Helper()
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = child.Wait() // says that it was killed
	}

	t.Run("the end is told once", func(t *testing.T) {
		var w childWatch
		told := make(chan struct{}, 2)
		child := start(t)
		w.watch(child.Process.Pid, func() { told <- struct{}{} })
		end(t, child)
		select {
		case <-told:
		case <-time.After(time.Minute):
			t.Fatal("the end was not told")
		}
		w.stop()
		if len(told) != 0 {
			t.Error("told twice")
		}
	})
	t.Run("stopped, it tells nothing", func(t *testing.T) {
		var w childWatch
		told := make(chan string, 2)
		first, second := start(t), start(t)
		w.watch(first.Process.Pid, func() { told <- "first" })
		w.watch(second.Process.Pid, func() { told <- "second" })
		w.stop()
		end(t, first)
		end(t, second)
		if len(told) != 0 {
			t.Errorf("told of the %s after stop", <-told)
		}
	})
	t.Run("no such process", func(t *testing.T) {
		var w childWatch
		child := start(t)
		end(t, child)
		w.watch(child.Process.Pid, func() { t.Error("told of a process that is gone") })
		w.stop()
	})
}
