package supervise

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A lock whose directory has gone is taken again in the one that follows, where
// nobody else was quicker.
func TestLockIsRenewed(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := AcquireLock(directory)
	if err != nil {
		t.Fatal(err)
	}
	if !lock.Stands() || lock.Renew() != nil {
		t.Error("a lock that stands does not")
	}
	again := func() {
		t.Helper()
		if err := errors.Join(os.RemoveAll(directory), os.Mkdir(directory, 0o755)); err != nil {
			t.Fatal(err)
		}
		if lock.Stands() {
			t.Error("a lock stands that has gone")
		}
	}
	again()
	if err := lock.Renew(); err != nil || !lock.Stands() {
		t.Errorf("not renewed: %v", err)
	}
	held := (*HeldError)(nil)
	if _, err := AcquireLock(directory); !errors.As(err, &held) {
		t.Errorf("others get a renewed lock: %v", err)
	}

	again()
	other, err := AcquireLock(directory)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Renew(); !errors.As(err, &held) || lock.Stands() {
		t.Errorf("renewed although another has it: %v", err)
	}
	if err := lock.Release(); err != nil || !other.Stands() {
		t.Errorf("%v, or the other one's file was removed", err)
	}
	if err := other.Release(); err != nil {
		t.Error(err)
	}
}

func TestReleaseOfALockThatHasGone(t *testing.T) {
	directory := t.TempDir()
	lock, err := AcquireLock(directory)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(filepath.Join(directory, "lock")), lock.Release()); err != nil {
		t.Error(err)
	}
}
