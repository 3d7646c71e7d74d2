package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// edge is a running `edgegen up` with the apps behind it.
type edge struct {
	name        string
	http, https string // listen addresses
	https6      string // the IPv6 one; "" where the machine has none
	dir         string // holds the site and its files
	record      *record
	cmd         *exec.Cmd
	output      *tape
	exited      chan struct{} // closed once cmd has ended
	err         error         // how it ended; written before exited is closed
}

// start runs an edge for a configuration and waits until it is ready.
func start(t *testing.T, c combination, configuration string) *edge {
	t.Helper()
	e := &edge{name: configuration, dir: openDir(t), record: newRecord(), output: &tape{}, exited: make(chan struct{})}
	site := writeSite(t, e, configuration)
	state := openDir(t)
	binary := os.Getenv(binaryVariable)
	e.cmd = exec.Command(binary, "up", "--engine", c.argument(), "--state-dir", state, site)
	e.cmd.Stdout, e.cmd.Stderr = e.output, e.output
	e.cmd.WaitDelay = patience // whoever is left over must not hold up the test
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		e.err = e.cmd.Wait()
		close(e.exited)
	}()
	t.Cleanup(func() {
		_ = e.cmd.Process.Kill() // does nothing after a proper stop
		<-e.exited
		if t.Failed() {
			t.Logf("edgegen said of %s:\n%s", configuration, e.output.text())
		}
	})
	e.waitReady(t, binary, state)
	return e
}

// openDir is a temporary directory that the daemons' user may enter.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (e *edge) waitReady(t *testing.T, binary, state string) {
	t.Helper()
	var last struct {
		State string
		Tiers []struct {
			Role   string
			Listen []string
		}
	}
	deadline := time.After(3 * patience)
	for last.State != "ready" {
		select {
		case <-e.exited:
			t.Fatalf("edgegen ended: %v\n%s", e.err, e.output.text())
		case <-deadline:
			t.Fatalf("edgegen is not ready: %+v\n%s", last, e.output.text())
		case <-time.After(100 * time.Millisecond):
		}
		// It fails until the control socket is there.
		out, err := exec.Command(binary, "status", "--state-dir", state, "--json").Output()
		if err != nil {
			continue
		}
		if err := json.Unmarshal(out, &last); err != nil {
			t.Fatalf("status --json: %v\n%s", err, out)
		}
	}
	for _, tier := range last.Tiers {
		for _, address := range tier.Listen {
			switch {
			case strings.Contains(address, "/"): // between tiers
			case tier.Role == "web":
				e.http = address
			case tier.Role == "tls" && strings.HasPrefix(address, "["):
				e.https6 = address
			case tier.Role == "tls":
				e.https = address
			}
		}
	}
	if e.http == "" || e.https == "" {
		t.Fatalf("status tells no listeners: %+v", last)
	}
}

// stop ends the edge with SIGTERM: exit code 0, and nobody is left.
func (e *edge) stop(t *testing.T) {
	t.Helper()
	before := descendants(t, e.cmd.Process.Pid)
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-e.exited:
	case <-time.After(3 * patience):
		t.Fatalf("%s does not stop", e.name)
	}
	if e.err != nil {
		t.Errorf("%s ended with %v, want exit code 0", e.name, e.err)
	}
	for pid, was := range before {
		if now, ok := stat(pid); ok && now.start == was.start && now.state != "Z" {
			t.Errorf("%s (pid %s) is left over", was.name, pid)
		}
	}
}

// process is a line of /proc/PID/stat. Its start tells it from a later one
// with the same number.
type process struct{ name, state, parent, start string }

func stat(pid string) (process, bool) {
	data, err := os.ReadFile("/proc/" + pid + "/stat")
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if err != nil || open < 0 || end < open {
		return process{}, false
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 20 {
		return process{}, false
	}
	return process{string(data[open+1 : end]), fields[0], fields[1], fields[19]}, true
}

// descendants are the children of a process, theirs, and so on, by pid.
func descendants(t *testing.T, root int) map[string]process {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	all, family := map[string]process{}, map[string]process{}
	for _, path := range paths {
		if p, ok := stat(filepath.Base(path)); ok { // it may have ended meanwhile
			all[filepath.Base(path)] = p
		}
	}
	for grown := true; grown; {
		grown = false
		for pid, p := range all {
			_, known := family[pid]
			_, child := family[p.parent]
			if !known && (child || p.parent == fmt.Sprint(root)) {
				family[pid], grown = p, true
			}
		}
	}
	return family
}

// hasIPv6 reports whether the machine has an IPv6 loopback.
func hasIPv6() bool {
	listener, err := net.Listen("tcp6", "[::1]:0")
	return err == nil && listener.Close() == nil
}

// startAll starts an edge for every configuration.
func startAll(t *testing.T, c combination) map[string]*edge {
	t.Helper()
	edges := map[string]*edge{}
	for _, name := range configurations() {
		edges[name] = start(t, c, name)
	}
	return edges
}
