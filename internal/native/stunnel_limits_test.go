package native

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"edgegen/internal/render"
)

// silentStunnel is one without public listeners and without a process.
func silentStunnel(t *testing.T) *Stunnel {
	t.Helper()
	run := t.TempDir()
	setup := Setup{Layout: render.Layout{Run: run, Dir: filepath.Join(run, "config")}, Generation: "one",
		Edge: testSetup().Edge, Message: func(string, []byte) {}}
	setup.Credential, _ = ordinaryUser()
	if err := os.Mkdir(setup.Layout.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(setup.Layout.Dir, "stunnel.conf"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	stunnel, err := NewStunnel(Daemon{}, setup, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stunnel.Close(); err != nil {
			t.Error(err)
		}
	})
	return stunnel
}

func heeded(syscall.Signal) error { return nil }

// R5: a stunnel that says nothing holds nobody up, whatever the caller's context.
func TestR5SilentStunnelIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := silentStunnel(t).Retire(context.Background(), heeded)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != unbindTime {
			t.Errorf("retire: %v after %v", err, took)
		}
		start = time.Now()
		err = silentStunnel(t).says(t.Context(), retireTime, "something")
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != retireTime {
			t.Errorf("a word: %v after %v", err, took)
		}
	})
}

// R1: the caller learns whether a daemon knows of a reload that has failed.
func TestR1NotTold(t *testing.T) {
	gone := errors.New("no such process")
	deaf := func(syscall.Signal) error { return gone }
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(50*time.Millisecond))
	defer cancel()
	nginx := NewNginx(Daemon{}, testSetup(), nil)
	withoutFile := silentStunnel(t)
	if err := os.Remove(filepath.Join(withoutFile.setup.Layout.Dir, "stunnel.conf")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err     error
		notTold bool
		is      error
	}{
		"stunnel without a process": {silentStunnel(t).Reload(soon(t), deaf), true, gone},
		"stunnel without its file":  {withoutFile.Reload(soon(t), heeded), true, os.ErrNotExist},
		"stunnel that is silent":    {silentStunnel(t).Reload(late, heeded), false, context.DeadlineExceeded},
		"nginx without a process":   {nginx.Reload(soon(t), 1<<30, deaf), true, gone},
		"nginx out of time":         {nginx.Reload(late, 1<<30, heeded), true, context.DeadlineExceeded},
	} {
		if errors.Is(c.err, ErrNotTold) != c.notTold || !errors.Is(c.err, c.is) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

// P5: a full disk does not keep an old stunnel from being retired.
func TestP5RetireNeedsNoDisk(t *testing.T) {
	stunnel := silentStunnel(t)
	text, err := os.ReadFile(stunnel.retiredConf())
	if err != nil || string(text) != retiredConf {
		t.Errorf("%q, %v", text, err)
	}
}

// X3: what the caller, who may be root, writes where daemons own the directory
// goes through no link of theirs, and they cannot make any in stunnel's own.
func TestX3NoLinksAreFollowed(t *testing.T) {
	setup := testSetup()
	setup.Credential, _ = ordinaryUser()
	for name, link := range map[string]func(string, string) error{"symbolic link": os.Symlink, "hard link": os.Link} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			victim, file := filepath.Join(directory, "victim"), filepath.Join(directory, "file")
			if err := os.WriteFile(victim, []byte("before"), 0o644); err != nil {
				t.Fatal(err)
			}
			before, err := os.Stat(victim)
			if err := errors.Join(err, link(victim, file), setup.give(file, []byte("text"))); err != nil {
				t.Fatal(err)
			}
			after, err := os.Stat(victim)
			text, readErr := os.ReadFile(victim)
			if err := errors.Join(err, readErr); err != nil {
				t.Fatal(err)
			}
			if string(text) != "before" || owner(after) != owner(before) || after.Mode() != before.Mode() {
				t.Errorf("the file behind it: %q, %v, of %d", text, after.Mode(), owner(after))
			}
			made, err := os.Lstat(file)
			if err != nil || made.Mode() != 0o600 || setup.Credential != nil && owner(made) != setup.Credential.UID {
				t.Errorf("%v, %v", made, err)
			}
		})
	}
	info, err := os.Lstat(silentStunnel(t).directory)
	if err != nil {
		t.Fatal(err)
	}
	if owner(info) != uint32(os.Geteuid()) || info.Mode().Perm()&0o027 != 0 {
		t.Errorf("stunnel's directory: %v, of %d", info.Mode(), owner(info))
	}
}

func owner(info os.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }
