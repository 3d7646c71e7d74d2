package browser

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// edge is a running `edgegen up`.
type edge struct {
	t      *testing.T
	url    string
	binary string
	state  string
	cmd    *exec.Cmd
	output *transcript
	exited chan struct{} // closed once cmd has ended
	err    error         // how it ended; written before exited is closed
}

func startEdge(t *testing.T, chat chatSite, engine string) *edge {
	t.Helper()
	e := &edge{
		t: t, url: chat.url,
		binary: filepath.Join(t.TempDir(), "edgegen"), state: t.TempDir(),
		output: newTranscript(), exited: make(chan struct{}),
	}
	if out, err := exec.Command("go", "build", "-o", e.binary, "edgegen/cmd/edgegen").CombinedOutput(); err != nil {
		t.Fatalf("build edgegen: %v\n%s", err, out)
	}
	e.cmd = exec.Command(e.binary, "up", "--engine", engine, "--state-dir", e.state, chat.file)
	e.cmd.Stdout, e.cmd.Stderr = e.output, e.output
	e.cmd.WaitDelay = 10 * time.Second // whoever is left over must not hold up the test
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
			t.Logf("edgegen said:\n%s", e.output.text())
		}
	})
	return e
}

// waitReady asks for the status until the edge is ready, and sees to it that
// the tiers are served by the engines that are wanted.
func (e *edge) waitReady(wanted map[string]string) {
	e.t.Helper()
	type status struct {
		State string
		Tiers []struct{ Role, Engine, State string }
	}
	var last status
	deadline := time.After(patience)
	for last.State != "ready" {
		select {
		case <-e.exited:
			e.t.Fatalf("edgegen ended: %v", e.err)
		case <-deadline:
			e.t.Fatalf("edgegen is not ready: %+v", last)
		case <-time.After(100 * time.Millisecond):
		}
		// It fails until the control socket is there.
		out, err := exec.Command(e.binary, "status", "--state-dir", e.state, "--json").Output()
		if err != nil {
			continue
		}
		if err := json.Unmarshal(out, &last); err != nil {
			e.t.Fatalf("status --json: %v\n%s", err, out)
		}
	}
	engines := map[string]string{}
	for _, tier := range last.Tiers {
		engines[tier.Role] = tier.Engine + " " + tier.State
	}
	for role, engine := range wanted {
		if engines[role] != engine+" running" {
			e.t.Errorf("the %s tier is %q, want a running %s", role, engines[role], engine)
		}
	}
}

// publicKeyPin returns the hash of the key that the edge serves with, as
// chromium wants it.
func (e *edge) publicKeyPin() string {
	e.t.Helper()
	conn, err := tls.Dial("tcp", strings.Replace(strings.TrimPrefix(e.url, "https://"), "localhost", "127.0.0.1", 1),
		&tls.Config{ServerName: "localhost", InsecureSkipVerify: true}) // it is the certificate that is asked for
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	sum := sha256.Sum256(conn.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (e *edge) waitOutput(words string) {
	e.t.Helper()
	if !e.output.wait(words, patience) {
		e.t.Fatalf("edgegen did not print %q", words)
	}
}

// stop sends SIGTERM and holds P4: exit code 0, and no process is left of all
// that ran before.
func (e *edge) stop() {
	e.t.Helper()
	before, err := descendants(e.cmd.Process.Pid)
	if err != nil {
		e.t.Fatal(err)
	}
	if len(before) < 2 {
		e.t.Errorf("edgegen runs %v, want the app and the guardian at least", before)
	}
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		e.t.Fatal(err)
	}
	select {
	case <-e.exited:
	case <-time.After(patience):
		e.t.Fatal("edgegen does not stop")
	}
	if e.err != nil {
		e.t.Errorf("edgegen ended with %v, want exit code 0", e.err)
	}
	for _, left := range before {
		if left.alive() {
			e.t.Errorf("%v is left over", left)
			_ = syscall.Kill(left.pid, syscall.SIGKILL)
		}
	}
	err = filepath.WalkDir(e.state, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type()&fs.ModeSocket != 0 {
			e.t.Errorf("%s is left over", path)
		}
		return err
	})
	if err != nil {
		e.t.Error(err)
	}
}
