package supervise

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestLock(t *testing.T) {
	directory := t.TempDir()
	holder, line := played(t, "lock", directory)
	if line != "locked" {
		t.Fatal(line)
	}
	var held *HeldError
	if _, err := AcquireLock(directory); !errors.As(err, &held) || held.PID != holder.Process.Pid {
		t.Fatalf("got %v, the holder is %d", err, holder.Process.Pid)
	}
	holder.Process.Kill()
	holder.Wait()
	lock, err := AcquireLock(directory)
	if err != nil {
		t.Fatal("after the holder's death:", err)
	}
	if _, err := AcquireLock(directory); !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("a second one in the same process: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(directory); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	if _, err := AcquireLock(directory + "/nowhere"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a directory: %v", err)
	}
}

func TestRaiseDescriptors(t *testing.T) {
	_, line := played(t, "limits", "3000")
	var got, inherited uint64
	if _, err := fmt.Sscan(line, &got, &inherited); err != nil {
		t.Fatal(line, err)
	}
	if got < 3000 && os.Geteuid() == 0 || got != inherited {
		t.Errorf("got %d, children %d", got, inherited)
	}
}

func TestOrphansAreReaped(t *testing.T) {
	if _, line := played(t, "reaper"); line != "reaped" {
		t.Error(line)
	}
}
