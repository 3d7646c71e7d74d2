package lifecycle

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"edgegen/test/edge"
)

// wwwData is the user of Debian's web servers.
func wwwData(t *testing.T) (uid, gid int) {
	t.Helper()
	account, err := user.Lookup("www-data")
	if err != nil {
		t.Skip("there is no user www-data")
	}
	if uid, err = strconv.Atoi(account.Uid); err == nil {
		gid, err = strconv.Atoi(account.Gid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// TestOrdinaryUser holds X3: no right is needed on high ports.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	needRoot(t) // all other tests show it where this one is skipped
	uid, gid := wwwData(t)
	h := newHome(t, edge.Native)
	h.site(plan{})
	h.giveTo(uid, gid)
	e := h.run(as(uint32(uid), uint32(gid)))
	e.get("/hello.txt")
	e.get("/app")
	for _, p := range h.Belonging() {
		if p.UID != uid {
			t.Errorf("%v runs as %d", p, p.UID)
		}
	}
	e.Stop()
	h.clean()
}

// giveTo makes a user the owner of everything in the home.
func (h *home) giveTo(uid, gid int) {
	h.t.Helper()
	err := filepath.WalkDir(h.Dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestRoot holds X2 and X3: as root, daemons and apps run as `user`, the keys
// are theirs alone, and the control socket is root's alone.
func TestRoot(t *testing.T) {
	t.Parallel()
	needRoot(t)
	uid, gid := wwwData(t)
	h := newHome(t, edge.Native)
	h.site(plan{edge: `user = "www-data"`})
	if err := os.Chown(h.Path("sock"), uid, gid); err != nil { // the app listens there
		t.Fatal(err)
	}
	e := h.run()
	e.get("/hello.txt")
	e.get("/app")
	theirs := 0
	for _, p := range h.Belonging() {
		switch {
		case p.PID == e.PID() || isGuardian(p):
			if p.UID != 0 {
				t.Errorf("%v runs as %d", p, p.UID)
			}
		case p.UID != uid:
			t.Errorf("%v runs as %d, want %d", p, p.UID, uid)
		default:
			theirs++
		}
	}
	if theirs < 7 { // nginx and a worker, varnishd twice, varnishncsa, stunnel, the app
		t.Errorf("there are only %d processes of theirs", theirs)
	}
	for name, want := range map[string]int{
		"state/run/config/pem/edge.test.pem": uid,
		"state/run/varnish.secret":           uid,
		"state/control.sock":                 0,
		"state/ledger":                       0,
		"state/ca/root.key":                  0,
	} {
		info, err := os.Lstat(h.Path(name))
		if err != nil {
			t.Error(err)
			continue
		}
		if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != want || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v and belongs to %d, want 0600 and %d", name, info.Mode(), owner, want)
		}
	}
	// An ordinary user may not ask.
	ask := h.Command("status", "--state-dir", h.State)
	as(uint32(uid), uint32(gid))(ask)
	output, err := ask.CombinedOutput()
	if want := "edgegen: the edge of " + h.State + " belongs to another user: ask as that user, or as root\n"; err == nil || string(output) != want {
		t.Errorf("status as another user says %q (%v), want %q", output, err, want)
	}
	e.Stop()
	h.clean()
}
