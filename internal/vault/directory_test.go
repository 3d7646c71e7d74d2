package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const testLease = 300 * time.Millisecond

func TestDirectoryKeeps(t *testing.T) {
	path, ctx := t.TempDir(), t.Context()
	one, other := Directory(path, testLease), Directory(path, testLease)
	if _, err := one.Read(ctx, "a/b.pem"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was never written reads as %v", err)
	}
	if err := one.Write(ctx, "a/b.pem", []byte("first")); err != nil {
		t.Fatal(err)
	}
	before, err := other.Versions(ctx, "a")
	if err != nil || len(before) != 1 {
		t.Fatal(before, err)
	}
	if err := one.Write(ctx, "a/b.pem", []byte("second")); err != nil {
		t.Fatal(err)
	}
	if text, err := other.Read(ctx, "a/b.pem"); string(text) != "second" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if after, err := other.Versions(ctx, "a"); err != nil || after["a/b.pem"] == before["a/b.pem"] {
		t.Errorf("the version stays %v, %v", after, err)
	}
	if err := Directory(filepath.Join(path, "away"), testLease).Write(ctx, "a", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not mounted is made: %v", err)
	}
	for _, name := range []string{"a", "a/b.pem"} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may open %s: %v %v", name, info.Mode(), err)
		}
	}
	if err := errors.Join(other.Remove(ctx, "a/b.pem"), other.Remove(ctx, "a/b.pem")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"", "../x", "a/../x", "/etc/passwd", "a//b", "a/.b", "a b"} {
		if err := one.Write(ctx, name, nil); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}

// What an edge that died had begun to write is removed an hour later, and not before.
func TestDirectoryForgetsWhatWasBegun(t *testing.T) {
	path := t.TempDir()
	d := Directory(path, testLease)
	if err := d.Write(t.Context(), "a/b.pem", nil); err != nil {
		t.Fatal(err)
	}
	fresh, old := filepath.Join(path, "a", ".b.pem.1"), filepath.Join(path, "a", ".b.pem.2")
	for _, file := range []string{fresh, old} {
		if err := os.WriteFile(file, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*abandoned)); err != nil {
		t.Fatal(err)
	}
	if versions, err := d.Versions(t.Context(), "a"); len(versions) != 1 || err != nil {
		t.Error(versions, err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// A storage that hangs keeps nobody for longer than its context.
func TestDirectoryHangs(t *testing.T) {
	path := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(path, "x"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // lets go of what hangs
		file, err := os.OpenFile(filepath.Join(path, "x"), os.O_RDWR, 0)
		if err != nil {
			t.Error(err)
			return
		}
		time.Sleep(10 * time.Millisecond)
		_ = file.Close()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Directory(path, testLease).Read(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}

// Of many edges one at a time holds a lock, also while holders die.
func TestLockOfManyEdges(t *testing.T) {
	path := t.TempDir()
	var inside, turns, deaths atomic.Int32
	var edges sync.WaitGroup
	for i := range 6 {
		edges.Go(func() {
			d := Directory(path, testLease)
			for turn := range 5 {
				held, release, err := d.Lock(t.Context(), "a/b")
				if err != nil {
					t.Error(err)
					return
				}
				if now := inside.Add(1); now != 1 {
					t.Errorf("%d edges hold the lock", now)
				}
				turns.Add(1)
				time.Sleep(time.Millisecond)
				if held.Err() != nil {
					t.Error("a lock that was held for a millisecond is lost: ", context.Cause(held))
				}
				inside.Add(-1)
				if i == 0 && turn == 2 {
					deaths.Add(1)
					die(t, d.(*directory), "a_b")
				}
				release()
			}
		})
	}
	edges.Wait()
	if turns.Load() != 30 || deaths.Load() != 1 {
		t.Errorf("%d turns, %d deaths", turns.Load(), deaths.Load())
	}
	files, err := os.ReadDir(filepath.Join(path, locks))
	if err != nil || len(files) != 1 {
		t.Errorf("of the locks there is left %v, %v", files, err)
	}
}

// die leaves a lock as an edge does that is killed while it holds it: alive, as of its
// last sign, which never changes. Its later release finds that it has lost it.
func die(t *testing.T, d *directory, name string) {
	l := &lockFile{directory: d, folder: filepath.Join(d.path, locks), name: name}
	last, err := l.last()
	if err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(l.path(last+1), []byte("a dead one 7\n"), 0o600); err != nil {
		t.Error(err)
	}
}

// A holder that sleeps for longer than the others wait for it learns that it has lost the
// lock, and does not take it from whoever has it.
func TestLockOfSleeper(t *testing.T) {
	path := t.TempDir()
	held, release, err := Directory(path, testLease).Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	die(t, Directory(path, testLease).(*directory), "a")
	select {
	case <-held.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("it does not learn that another one has the lock")
	}
	if why := fmt.Sprint(context.Cause(held)); !strings.Contains(why, "another edge has taken the lock") {
		t.Error(why)
	}
	release()
	began := time.Now()
	_, free, err := Directory(path, testLease).Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	free()
	if waited := time.Since(began); waited < testLease {
		t.Errorf("a lock was taken after %v from one who may be alive", waited)
	}
}

// A holder whose storage is away counts itself as one for less long than the others do.
func TestLockWithoutStorage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	held, release, err := Directory(path, testLease).Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	<-held.Done()
	if lost := time.Since(began); lost > testLease+testLease/2 {
		t.Errorf("it learns of it after %v", lost)
	}
}
