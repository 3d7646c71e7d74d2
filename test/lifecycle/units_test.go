package lifecycle

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/test/edge"
	"edgegen/test/port"
)

// TestUnitsOfDaemons runs the commands of the units that `export systemd --daemons`
// prints, in systemd's place: the daemons serve, and take a changed site when they are
// reloaded.
func TestUnitsOfDaemons(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	plain, https := port.Free(t), port.Free(t)
	site := func(stage string) string {
		return fmt.Sprintf(`edge {
  http  = [%q]
  https = [%q]
  log { access = "off" }
}
site "edge.test" {
  tls { self_signed = true }
  route "/" {
    static { root = "public" }
    response_headers { set = { "X-Stage" = %q } }
  }
}
`, plain, https, stage)
	}
	h.Write("site.hcl", site("one"))
	h.Write("public/hello.txt", "hello\n")
	result := h.Command("export", "systemd", "--daemons", "--program", edge.Program("edgegen"), "-o", h.Path("units"))
	if said, err := result.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	units := h.units()
	h.begin(units["edgegen-files.service"], "ExecStart").wait()
	for _, name := range []string{"nginx", "varnish", "stunnel"} { // as After= orders them
		unit, ok := units["edgegen-"+name+".service"]
		if !ok {
			t.Fatalf("there is no unit of %s: %v", name, units)
		}
		serving := h.begin(unit, "ExecStart")
		t.Cleanup(func() { serving.end() })
		unit.serving = serving
	}
	h.stage(https, "one")
	h.Write("site.hcl", site("two"))
	h.begin(units["edgegen-files.service"], "ExecReload").wait()
	for _, name := range []string{"nginx", "varnish", "stunnel"} {
		h.begin(units["edgegen-"+name+".service"], "ExecReload").wait()
	}
	h.stage(https, "two", func() {
		for _, u := range units {
			h.restart(u)
		}
	})
}

// unit is what the test knows of one: the commands, whether systemd starts it again after a
// failure, and the process that serves.
type unit struct {
	commands map[string][]string
	restarts bool
	serving  *command
}

// restart does as systemd does where the process that serves has failed. stunnel 5.68 may
// crash if a client connects while it is told to read its file anew.
func (h *home) restart(u *unit) {
	h.t.Helper()
	if u.serving == nil {
		return
	}
	select {
	case err := <-u.serving.ended:
		u.serving.ended <- err // for its end
		if err == nil || !u.restarts {
			h.t.Fatalf("%v has ended: %v", u.serving.cmd.Args, err)
		}
		h.t.Logf("%v is started again, as it has failed: %v", u.serving.cmd.Args, err)
		serving := h.begin(u, "ExecStart")
		h.t.Cleanup(func() { serving.end() })
		u.serving = serving
	default:
	}
}

// units reads those that were exported, for a directory of state below the home.
func (h *home) units() map[string]*unit {
	h.t.Helper()
	found := map[string]*unit{}
	paths, err := filepath.Glob(h.Path("units/*.service"))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		u := &unit{commands: map[string][]string{}}
		for line := range strings.Lines(strings.ReplaceAll(string(text), "/var/lib/edgegen", h.Path("lib"))) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && strings.HasPrefix(key, "Exec") {
				u.commands[key] = append(u.commands[key], value)
			} else if ok && key == "Restart" {
				u.restarts = value == "on-failure"
			}
		}
		found[filepath.Base(path)] = u
	}
	return found
}

// command is one of a unit's that runs.
type command struct {
	t     testing.TB
	cmd   *exec.Cmd
	ended chan error
	said  *strings.Builder
}

// begin runs the commands of a key, the last of which may go on. A shell reads them as
// systemd does: quotes, "$$" for "$", "%%" for "%", and the process that serves.
func (h *home) begin(u *unit, key string) *command {
	h.t.Helper()
	var last *command
	for _, line := range u.commands[key] {
		if last != nil {
			last.wait()
		}
		line = strings.NewReplacer("$$", "\x00", "%%", "%").Replace(line)
		if u.serving != nil {
			line = strings.ReplaceAll(line, "$MAINPID", fmt.Sprint(u.serving.cmd.Process.Pid))
		}
		c := exec.Command("/bin/sh", "-c", "exec "+strings.ReplaceAll(line, "\x00", "$"))
		c.Dir, c.Env = h.Dir, append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin", "TMPDIR="+h.Path("tmp"))
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
		one := &command{t: h.t, cmd: c, ended: make(chan error, 1), said: &strings.Builder{}}
		c.Stdout, c.Stderr = one.said, one.said
		if err := c.Start(); err != nil {
			h.t.Fatal(err)
		}
		go func() { one.ended <- c.Wait() }()
		last = one
	}
	return last
}

// wait returns when the command has ended well.
func (c *command) wait() {
	c.t.Helper()
	select {
	case err := <-c.ended:
		if err != nil {
			c.t.Fatalf("%v: %v\n%s", c.cmd.Args, err, c.said)
		}
	case <-time.After(edge.Patience):
		c.end()
		c.t.Fatalf("%v does not end", c.cmd.Args)
	}
}

// end stops a process that serves. Where the test has failed, it tells what that has said.
func (c *command) end() {
	already := c.cmd.Process.Signal(syscall.SIGTERM)
	var err error
	select {
	case err = <-c.ended:
	case <-time.After(edge.Patience):
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
		err = <-c.ended
	}
	if c.t.Failed() {
		c.t.Logf("%v ended (%v; when it was asked to: %v) and said:\n%s", c.cmd.Args, err, already, c.said)
	}
}

// stage waits until a file of the site is served with the header of a stage, and does
// something meanwhile.
func (h *home) stage(https, want string, meanwhile ...func()) {
	h.t.Helper()
	client := &http.Client{Timeout: edge.Patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // who the edge is, is not the question
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, https)
		},
	}}
	last := ""
	for deadline := time.Now().Add(edge.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, do := range meanwhile {
			do()
		}
		answer, err := client.Get("https://edge.test/hello.txt")
		if err != nil {
			last = err.Error()
			continue
		}
		_ = answer.Body.Close()
		if last = answer.Status + ", X-Stage " + answer.Header.Get("X-Stage"); last == "200 OK, X-Stage "+want {
			return
		}
	}
	h.t.Fatalf("stage %s is not served: %s", want, last)
}
