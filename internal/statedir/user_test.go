package statedir

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

func TestX3IdentifyAsAnOrdinaryUser(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("not covered here: the test runs as root")
	}
	found := &config.Findings{Loaded: &config.Loaded{}}
	if who := FindUser(&site.Edge{User: "no-such-user"}, found); who.Daemons != nil || who.Apps != nil || len(found.All) != 0 {
		t.Errorf("%+v, %+v", who, found.All)
	}
}

func TestX3IdentifyAsRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not covered here: only root can become somebody else")
	}
	account, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("not covered here: the machine has no user nobody")
	}
	for _, c := range []struct {
		name, user    string
		daemons, apps bool
		problem       string
	}{
		{"a user", account.Username, true, true, ""},
		{"none: apps stay the caller's", "", true, false, ""},
		{"root itself", "root", false, false, ""},
		{"nobody of this name", "no-such-user", false, false, "no-such-user"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := &config.Findings{Loaded: &config.Loaded{}}
			who := FindUser(&site.Edge{User: c.user}, found)
			if (who.Daemons != nil) != c.daemons || (who.Apps != nil) != c.apps {
				t.Errorf("%+v", who)
			}
			if (len(found.All) > 0) != (c.problem != "") || len(found.All) > 0 && !strings.Contains(found.All[0].Summary, c.problem) {
				t.Errorf("%+v", found.All)
			}
		})
	}
}

func TestX3Blocked(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "closed", "open", "file")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	stranger := User{Name: "stranger", Daemons: &supervise.Credential{UID: 4_000_000_000, GID: 4_000_000_000}}
	ours := User{Daemons: &supervise.Credential{UID: uint32(os.Geteuid()), GID: 4_000_000_000}}
	group := User{Daemons: &supervise.Credential{UID: 4_000_000_000, GID: 4_000_000_000, Groups: []uint32{uint32(os.Getegid())}}}
	for _, c := range []struct {
		name    string
		who     User
		closed  os.FileMode
		file    os.FileMode
		blocked string
	}{
		{"open to all", stranger, 0o755, 0o644, ""},
		{"may enter, not list", stranger, 0o711, 0o644, ""},
		{"a closed directory", stranger, 0o750, 0o644, filepath.Join(dir, "closed")},
		{"a closed file", stranger, 0o755, 0o640, file},
		{"the caller's own", ours, 0o700, 0o600, ""},
		{"open to the group", group, 0o750, 0o640, ""},
		{"closed to the group alone", group, 0o705, 0o644, filepath.Join(dir, "closed")},
		{"the caller's user", User{}, 0o700, 0o600, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.Chmod(file, c.file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(dir, "closed"), c.closed); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "closed"), 0o755) }) // so that it can be removed
			if got := c.who.Blocked(file); got != c.blocked {
				t.Errorf("blocked at %q instead of %q", got, c.blocked)
			}
		})
	}
}
