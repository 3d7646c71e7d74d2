package supervise

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestHolder(t *testing.T) {
	dir := t.TempDir()
	holder := func() int {
		t.Helper()
		pid, err := Holder(dir)
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	if pid := holder(); pid != 0 {
		t.Errorf("process %d holds a lock that was never taken", pid)
	}
	lock, err := AcquireLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if pid := holder(); pid != os.Getpid() {
		t.Errorf("process %d holds the lock, want %d", pid, os.Getpid())
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if pid := holder(); pid != 0 {
		t.Errorf("process %d holds a lock that was released", pid)
	}
}

func TestAwaitEnd(t *testing.T) {
	dir := t.TempDir()
	lock, err := AcquireLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Whoever holds the lock is waited for.
	short, cancel := context.WithTimeout(t.Context(), 4*endPause)
	defer cancel()
	if err := AwaitEnd(short, dir, os.Getpid()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the lock is held: %v", err)
	}
	awaited := make(chan error, 1)
	go func() { awaited <- AwaitEnd(t.Context(), dir, os.Getpid()) }()
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if err := <-awaited; err != nil {
		t.Errorf("the lock is free: %v", err)
	}
	// So is a process that has given it back and is still there.
	sleeping := alone(t, "sleep", "300")
	short, cancel = context.WithTimeout(t.Context(), 4*endPause)
	defer cancel()
	if err := AwaitEnd(short, dir, sleeping.pid); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the process lives: %v", err)
	}
	if err := sleeping.send(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := AwaitEnd(t.Context(), dir, sleeping.pid); err != nil {
		t.Errorf("the process is dead: %v", err)
	}
}

func TestIsLocked(t *testing.T) {
	const table = `1: FLOCK  ADVISORY  WRITE 1932 fe:00:9979681 0 EOF
1: -> FLOCK  ADVISORY  WRITE 77 fe:00:9979681 0 EOF
2: POSIX  ADVISORY  WRITE 40 fe:00:12 0 EOF
`
	tests := []struct {
		name  string
		inode uint64
		pid   int
		want  bool
	}{
		{"held", 9979681, 1932, true},
		{"held by another process", 9979681, 1933, false},
		{"another file whose number ends alike", 681, 1932, false},
		{"somebody who waits", 9979681, 77, false},
		{"another kind of lock", 12, 40, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := isLocked(table, test.inode, test.pid); got != test.want {
				t.Errorf("isLocked = %v", got)
			}
		})
	}
}
