package lifecycle

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/control"
)

// edge is a running `edgegen up`.
type edge struct {
	*home
	cmd            *exec.Cmd
	stdout, stderr *transcript
	begun          time.Time
	exited         chan struct{} // closed once it has ended
	err            error         // how; written before exited is closed
}

// as runs a command as another user.
func as(uid, gid uint32) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: []uint32{}}}
	}
}

// command is edgegen with arguments; it is killed when the test ends.
func (h *home) command(arguments ...string) *exec.Cmd {
	c := exec.CommandContext(h.t.Context(), programs.edgegen, arguments...)
	c.Dir, c.Env = h.dir, h.environment()
	return c
}

// environment marks what is started as the home's. The race detector would have
// every program sleep for a second at its end.
func (h *home) environment() []string {
	return append(os.Environ(), "TMPDIR="+h.path("tmp"), "GORACE=atexit_sleep_ms=0")
}

// up starts the site and does not wait for it.
func (h *home) up(options ...func(*exec.Cmd)) *edge {
	h.t.Helper()
	e := &edge{home: h, stdout: newTranscript(), stderr: newTranscript(), exited: make(chan struct{}), begun: time.Now()}
	e.cmd = exec.Command(programs.edgegen, "up", "--state-dir", h.state, h.file)
	e.cmd.Dir, e.cmd.Env = h.dir, h.environment()
	e.cmd.Stdout, e.cmd.Stderr = e.stdout, e.stderr
	e.cmd.WaitDelay = 10 * time.Second // whoever is left over must not hold up the test
	for _, option := range options {
		option(e.cmd)
	}
	if err := e.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		e.err = e.cmd.Wait()
		close(e.exited)
	}()
	h.t.Cleanup(func() {
		_ = e.cmd.Process.Kill() // does nothing after a proper stop
		<-e.exited
		awaitNone(h.t, h.dir, 10*time.Second)
		if strings.Contains(e.stderr.text(), "DATA RACE") {
			h.t.Error("edgegen has a data race")
		}
		if h.t.Failed() {
			h.t.Logf("edgegen said on stderr:\n%s\nand on stdout:\n%s", e.stderr.text(), e.stdout.text())
		}
	})
	return e
}

// run starts the site and waits until it serves.
func (h *home) run(options ...func(*exec.Cmd)) *edge {
	h.t.Helper()
	e := h.up(options...)
	e.says("\n    https://edge.test:") // the address, which comes last
	return e
}

// says waits for words on stderr.
func (e *edge) says(words string) {
	e.t.Helper()
	select {
	case <-e.stderr.holds(words):
	case <-e.exited:
		if !strings.Contains(e.stderr.text(), words) {
			e.t.Fatalf("edgegen ended without saying %q: %v", words, e.err)
		}
	case <-time.After(patience):
		e.t.Fatalf("edgegen does not say %q", words)
	}
}

// status asks for the status; it fails where no edge answers.
func (h *home) status() control.Status {
	h.t.Helper()
	output, err := h.command("status", "--json", "--state-dir", h.state).Output()
	if err != nil {
		h.t.Fatalf("status: %v", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	decoder.DisallowUnknownFields()
	var status control.Status
	if err := decoder.Decode(&status); err != nil {
		h.t.Fatalf("status --json: %v\n%s", err, output)
	}
	return status
}

// until waits for a status.
func (h *home) until(what string, holds func(control.Status) bool) control.Status {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		status := h.status()
		if holds(status) {
			return status
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("it never came to be that %s: %+v", what, status)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// tier returns one tier's part of a status.
func tier(t *testing.T, status control.Status, role string) control.TierStatus {
	t.Helper()
	for _, one := range status.Tiers {
		if one.Role == role {
			return one
		}
	}
	t.Fatalf("there is no %s tier in %+v", role, status)
	return control.TierStatus{}
}

// client sends every request to the edge's first TLS listener, each on a
// connection of its own.
func (e *edge) client() *http.Client {
	e.t.Helper()
	address := tier(e.t, e.status(), "tls").Listen[0]
	return &http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // who the edge is, is not the question
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
}

// get asks for a path of the site and returns the body of a 200.
func (e *edge) get(path string) string {
	e.t.Helper()
	status, body, err := fetch(e.client(), path)
	if err != nil || status != http.StatusOK {
		e.t.Fatalf("GET %s: %d %q, %v", path, status, body, err)
	}
	return body
}

func fetch(client *http.Client, path string) (int, string, error) {
	response, err := client.Get("https://edge.test" + path)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// ends waits for the end and returns the exit code.
func (e *edge) ends() int {
	e.t.Helper()
	select {
	case <-e.exited:
	case <-time.After(patience):
		e.t.Fatal("edgegen does not end")
	}
	return e.cmd.ProcessState.ExitCode()
}

func (e *edge) signal(s syscall.Signal) {
	e.t.Helper()
	if err := e.cmd.Process.Signal(s); err != nil {
		e.t.Fatal(err)
	}
}

// transcript keeps what a process prints and tells when words appear in it.
type transcript struct {
	mu      sync.Mutex
	kept    []byte
	waiting map[string]chan struct{}
}

func newTranscript() *transcript { return &transcript{waiting: map[string]chan struct{}{}} }

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	for words, found := range t.waiting {
		if strings.Contains(string(t.kept), words) {
			close(found)
			delete(t.waiting, words)
		}
	}
	return len(p), nil
}

func (t *transcript) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}

// holds returns a channel that is closed once the words are there.
func (t *transcript) holds(words string) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.waiting[words]
	if !ok {
		found = make(chan struct{})
	}
	if strings.Contains(string(t.kept), words) {
		close(found)
	} else {
		t.waiting[words] = found
	}
	return found
}
