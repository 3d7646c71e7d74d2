package gate

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

const secret = "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."

// TestA5Check holds who comes in by a password, also while the file changes, and that
// no password stands in the log.
func TestA5Check(t *testing.T) {
	var log bytes.Buffer
	k := New(slog.New(slog.NewTextHandler(&log, nil)))
	defer k.Close()
	path := filepath.Join(t.TempDir(), "users")
	users := k.Users(path)
	check := func(name, password string) string {
		right, err := users.Check(t.Context(), name, password)
		switch {
		case err != nil:
			return "error"
		case right:
			return "in"
		}
		return "out"
	}
	for _, step := range []struct{ file, name, password, want string }{
		{"", "alice", "secret", "error"},
		{"alice:" + secret, "alice", "secret", "in"},
		{"alice:" + secret, "alice", "secret", "in"}, // remembered
		{"alice:" + secret, "alice", "wrong", "out"},
		{"alice:" + secret, "bob", "secret", "out"},
		{"bob:" + secret, "alice", "secret", "out"},
		{"bob:" + secret, "bob", "secret", "in"},
		{"bad\nalice:" + secret, "alice", "secret", "in"},
		{"alice:" + strings.Replace(secret, "lt", "tl", 1), "alice", "secret", "out"},
		{"# nobody", "alice", "secret", "out"},
		{"", "alice", "secret", "error"},
		{"alice:" + secret, "alice", "secret", "in"},
	} {
		err := os.Remove(path)
		if step.file != "" {
			err = os.WriteFile(path, []byte(step.file), 0o600)
		}
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if got := check(step.name, step.password); got != step.want {
			t.Errorf("%.20q: %s with %s is %s, want %s", step.file, step.name, step.password, got, step.want)
		}
	}
	if text := log.String(); !strings.Contains(text, "line 1") || strings.Contains(text, "secret") || strings.Contains(text, "ltjg") {
		t.Errorf("the log says %s", text)
	}
}

// TestCheckWaits holds that who leaves does not wait for his turn.
func TestCheckWaits(t *testing.T) {
	k := New(slog.New(slog.DiscardHandler))
	defer k.Close()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte("alice:"+secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for range cap(k.turns) {
		k.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if right, err := k.Users(path).Check(ctx, "alice", "secret"); right || err == nil {
				t.Errorf("%t, %v", right, err)
			}
		})
	}
	cancel()
	all.Wait()
}

// TestCheckPipe holds that what has taken the file's place, and is none, lets nobody in
// and holds nobody up.
func TestCheckPipe(t *testing.T) {
	k := New(slog.New(slog.DiscardHandler))
	defer k.Close()
	path := filepath.Join(t.TempDir(), "users")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if right, err := k.Users(path).Check(t.Context(), "alice", "secret"); right || err == nil {
		t.Errorf("%t, %v", right, err)
	}
}
