package native

import (
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

// Activity asks varnishd's counters. There is none where varnishd has no child.
func (v *Varnish) Activity() (Activity, error) {
	n, err := v.counters.Read("MAIN.n_pipe", "MEMPOOL.req*.live", "MEMPOOL.sess*.live")
	return activityOf(n), err
}

func activityOf(counters map[string]int) (a Activity) {
	sessions := 0
	for name, n := range counters {
		switch {
		case name == "MAIN.n_pipe":
			a.WebSockets = n
		case strings.HasPrefix(name, "MEMPOOL.sess"):
			sessions += n
		default:
			a.Requests += n
		}
	}
	// A WebSocket and a request each hold one of either.
	a.Idle = max(0, sessions-a.Requests)
	a.Requests = max(0, a.Requests-a.WebSockets)
	return a
}

func attributes(c *supervise.Credential) *syscall.SysProcAttr {
	if c == nil {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.UID, Gid: c.GID, Groups: c.Groups}}
}
