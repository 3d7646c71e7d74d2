package native

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"edgegen/internal/supervise"
)

// Activity is what a cache tier has in work.
type Activity struct {
	WebSockets int // open pipes
	Requests   int // requests in work, WebSockets not counted
	Idle       int // connections with no request in work
}

// Plus is the sum of two.
func (a Activity) Plus(b Activity) Activity {
	return Activity{WebSockets: a.WebSockets + b.WebSockets, Requests: a.Requests + b.Requests, Idle: a.Idle + b.Idle}
}

// Activity asks varnishd's counters, by way of varnishstat.
func (v *Varnish) Activity(ctx context.Context) (Activity, error) {
	output, err := v.statistics(ctx, "MAIN.n_pipe", "MEMPOOL.req*.live", "MEMPOOL.sess*.live")
	if err != nil {
		return Activity{}, err
	}
	return parseActivity(output)
}

// statistics returns varnishstat's JSON about counters.
func (v *Varnish) statistics(ctx context.Context, counters ...string) ([]byte, error) {
	arguments := []string{"-1", "-j", "-t", "1", "-n", v.setup.Layout.VarnishDir()}
	for _, counter := range counters {
		arguments = append(arguments, "-f", counter)
	}
	command := exec.CommandContext(ctx, v.daemon.Counters, arguments...)
	command.Env = v.setup.environment()
	command.SysProcAttr = attributes(v.setup.Credential)
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("ask varnishstat: %w", err)
	}
	return output, nil
}

func attributes(c *supervise.Credential) *syscall.SysProcAttr {
	if c == nil {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.UID, Gid: c.GID, Groups: c.Groups}}
}

// parseCounters reads varnishstat's JSON. Up to version 6 the counters stand at
// the top, after that below "counters".
func parseCounters(output []byte) (map[string]json.RawMessage, error) {
	var document map[string]json.RawMessage
	if err := json.Unmarshal(output, &document); err != nil {
		return nil, fmt.Errorf("read varnishstat's answer: %w", err)
	}
	if nested, ok := document["counters"]; ok {
		document = nil
		if err := json.Unmarshal(nested, &document); err != nil {
			return nil, fmt.Errorf("read varnishstat's counters: %w", err)
		}
	}
	return document, nil
}

func parseActivity(output []byte) (Activity, error) {
	document, err := parseCounters(output)
	if err != nil {
		return Activity{}, err
	}
	var activity Activity
	sessions := 0
	for name, raw := range document {
		var counter struct {
			Value int `json:"value"`
		}
		switch {
		case name != "MAIN.n_pipe" && !strings.HasPrefix(name, "MEMPOOL.req") && !strings.HasPrefix(name, "MEMPOOL.sess"):
			continue
		case json.Unmarshal(raw, &counter) != nil:
			return Activity{}, fmt.Errorf("read varnishstat's %s", name)
		case name == "MAIN.n_pipe":
			activity.WebSockets = counter.Value
		case strings.HasPrefix(name, "MEMPOOL.sess"):
			sessions += counter.Value
		default:
			activity.Requests += counter.Value
		}
	}
	// A WebSocket and a request each hold one of either.
	activity.Idle = max(0, sessions-activity.Requests)
	activity.Requests = max(0, activity.Requests-activity.WebSockets)
	return activity, nil
}
