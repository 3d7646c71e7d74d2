package lifecycle

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
	if theirs < 6 { // nginx and a worker, varnishd twice, stunnel, the app
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

// TestSecretsAreNotTheApps holds X2 as root: neither the site's app nor anybody
// else who runs as the daemons' user gets at a key, at varnishd's secret, at a
// socket between the tiers, or at the memory of a daemon.
func TestSecretsAreNotTheApps(t *testing.T) {
	t.Parallel()
	needRoot(t)
	uid, gid := wwwData(t)
	for _, c := range []edge.Combination{edge.Native, edge.BuiltInTLS, edge.BuiltIn} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, c)
			h.site(plan{edge: `user = "www-data"
  cache_storage {
    type = "file"
    size = "8MiB"
    path = "cache.bin"
  }`})
			if err := os.Chown(h.Path("sock"), uid, gid); err != nil { // the app listens there
				t.Fatal(err)
			}
			e := h.run(h.engines)
			e.get("/hello.txt")
			h.AwaitFile("state/last-good/current/edge.json")
			list, secrets, others := h.secrets(e)
			if c == edge.Native && (secrets < 20 || others < 7) {
				t.Errorf("there are only %d files and %d processes to look at", secrets, others)
			}
			// The list is good: root gets at all of it.
			if got := h.snoop(list); strings.Count(got, "\n") < secrets+others {
				t.Errorf("root itself gets at %s only", got)
			}
			if got := h.snoop(list, as(uint32(uid), uint32(gid))); got != "" {
				t.Errorf("somebody else who runs as www-data\n%s", got)
			}
			response, err := e.client().Post("https://edge.test/snoop", "text/plain", strings.NewReader(list))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if got, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || len(got) > 0 {
				t.Errorf("the app, %d, %v:\n%s", response.StatusCode, err, got)
			}
			for _, p := range h.Belonging() {
				limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.PID))
				if err != nil || !coreless.Match(limits) && !isGuardian(p) {
					t.Errorf("%v leaves its memory behind when it crashes: %v\n%s", p, err, limits)
				}
				if address := p.Listening(t); p.Name == "varnishd" && len(address) > 0 {
					t.Errorf("%v can be commanded at %v", p, address)
				}
			}
			e.Stop()
		})
	}
}

// coreless is a line of proc_pid_limits(5).
var coreless = regexp.MustCompile(`Max core file size +[01] `)

// engines has edgegen take those of the home.
func (h *home) engines(c *exec.Cmd) { c.Args = append(c.Args, "--engine", h.Argument()) }

// secrets lists what an app must not get at, for the app's own use: all that is in
// the state directory and may be secret, and the processes but for its own.
func (h *home) secrets(e *running) (list string, paths, pids int) {
	h.t.Helper()
	var lines []string
	add := func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, h.State+"/")
		if err == nil && !entry.IsDir() && name != "lock" && name != "ledger" && name != "ca/root.crt" && name != "control.sock" {
			lines = append(lines, "path "+path)
			paths++
		}
		return err
	}
	for _, dir := range []string{"run", "ca", "last-good"} {
		if err := filepath.WalkDir(filepath.Join(h.State, dir), add); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, p := range h.Belonging() {
		if p.Name != "app" {
			lines = append(lines, fmt.Sprintf("pid %d", p.PID))
			pids++
		}
	}
	return strings.Join(lines, "\n"), paths, pids
}

// snoop runs the app for a look at what is on the list.
func (h *home) snoop(list string, options ...func(*exec.Cmd)) string {
	h.t.Helper()
	c := exec.CommandContext(h.t.Context(), app(), "-snoop")
	c.Dir, c.Stdin = "/", strings.NewReader(list)
	for _, option := range options {
		option(c)
	}
	output, err := c.CombinedOutput()
	if err != nil {
		h.t.Fatalf("%v: %s", err, output)
	}
	return string(output)
}
