package lifecycle

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/test/edge"
)

// running is an edge that a test has started.
type running struct {
	*edge.Edge
	home *home
}

// as runs a command as another user.
func as(uid, gid uint32) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: []uint32{}}}
	}
}

// up starts the site and does not wait for it.
func (h *home) up(options ...func(*exec.Cmd)) *running {
	h.t.Helper()
	return &running{h.Start(options...), h}
}

// run starts the site and waits until it serves.
func (h *home) run(options ...func(*exec.Cmd)) *running {
	h.t.Helper()
	e := h.up(options...)
	e.Says("\n    https://edge.test:") // the address, which comes last
	return e
}

// status asks for the status on the command line; it fails where no edge answers.
func (h *home) status() api.Status {
	h.t.Helper()
	result := h.Verb("status", "--json")
	if result.Code != 0 {
		h.t.Fatalf("status: exit code %d: %s", result.Code, result.Err)
	}
	decoder := json.NewDecoder(strings.NewReader(result.Out))
	decoder.DisallowUnknownFields()
	var status api.Status
	if err := decoder.Decode(&status); err != nil {
		h.t.Fatalf("status --json: %v\n%s", err, result.Out)
	}
	return status
}

// tier returns one tier's part of a status.
func tier(t *testing.T, status api.Status, role string) api.TierStatus {
	t.Helper()
	one := edge.Tier(status, role)
	if one.Role == "" {
		t.Fatalf("there is no %s tier in %+v", role, status)
	}
	return one
}

// client sends every request to the edge's first TLS listener, each on a
// connection of its own.
func (e *running) client() *http.Client {
	e.home.t.Helper()
	address := tier(e.home.t, e.Status(), "tls").Listen[0]
	return &http.Client{Timeout: edge.Patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // who the edge is, is not the question
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
}

// get asks for a path of the site and returns the body of a 200.
func (e *running) get(path string) string {
	e.home.t.Helper()
	a := fetch(e.client(), path)
	if a.err != nil || a.status != http.StatusOK {
		e.home.t.Fatalf("GET %s: %d %q, %v", path, a.status, a.body, a.err)
	}
	return a.body
}

type answer struct {
	status int
	body   string
	err    error
}

func fetch(client *http.Client, path string) answer {
	response, err := client.Get("https://edge.test" + path)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(body), err}
}
