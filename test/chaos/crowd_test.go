package chaos

import (
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// crowd takes all that a daemon has to give.
type crowd struct {
	daemon site.Engine
	role   string
	count  int // more than there is room for
	client func(https, http string) (net.Conn, error)
	more   string // what a client then sends, one after the other
}

func crowds() []crowd {
	return []crowd{
		// stunnel has threads for half as many clients as it may open files.
		{site.Stunnel, "tls", 1200, func(https, _ string) (net.Conn, error) { return net.Dial("tcp", https) }, ""},
		// A body that has yet to come holds a thread of varnishd. It keeps the last
		// ones for what it asks of apps.
		{site.Varnish, "cache", 420, func(https, _ string) (net.Conn, error) {
			return load.Begin(https, host, "POST /stalled HTTP/1.1\r\nHost: "+host+"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
		}, "llo\r\n0\r\n\r\n"},
		// nginx has the same number of places in each worker.
		{site.Nginx, "web", 600 * runtime.NumCPU(), func(_, http string) (net.Conn, error) {
			connection, err := net.Dial("tcp", http)
			if err == nil {
				_, err = connection.Write([]byte("GET / HTTP/1.1\r\nHo"))
			}
			return connection, err
		}, ""},
	}
}

// TestE5Crowd holds that a daemon which has reached its limit is called busy and
// is not taken for dead: no WebSocket that is open is lost, whatever is reloaded,
// and one line tells of all who are turned away. One that hangs meanwhile is
// found all the same.
func TestE5Crowd(t *testing.T) {
	for _, c := range crowds() {
		t.Run(string(c.daemon), func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, edge.Native)
			p.narrow()
			e := p.Start(func(command *exec.Cmd) {
				command.Args = append(command.Args, "--engine", p.Argument())
				if c.daemon == site.Stunnel {
					fewFiles(command)
				}
			})
			e.Ready()
			sockets := load.OpenSockets(load.SocketOptions{Address: e.HTTPS(), Host: host, Path: "/ws", Count: 4, Pause: 50 * time.Millisecond})
			before := e.Status()
			busy := c.come(t, e)
			if reason := edge.Tier(busy, c.role).Reason; busy.State != "ready" || !strings.HasPrefix(reason, "busy: it is at its limit: ") {
				t.Errorf("status: %s, %s", busy.State, reason)
			}
			p.Replace(`header = "60s"`, `header = "61s"`) // every daemon's
			if result := e.Reload(); result.Code != 0 && !strings.Contains(result.Err, "it is at its limit") {
				t.Errorf("reload: %d\n%s%s", result.Code, result.Out, result.Err)
			}
			after := e.Status()
			for i, tier := range after.Tiers {
				if tier.PID != before.Tiers[i].PID || tier.Restarts > 0 {
					t.Errorf("another process serves: %+v", tier)
				}
			}
			messages := sockets.Messages()
			edge.Await(t, "WebSockets go on", edge.Patience, sockets.Messages, func(n int) bool { return n > messages+40 })
			if report := sockets.Stop(); len(report.Cuts)+len(report.Failed)+len(report.Wrong) > 0 || report.Opened != 4 {
				t.Errorf("WebSockets: %d opened; %v %v %v", report.Opened, report.Cuts, report.Failed, report.Wrong)
			}
			for _, line := range []string{"Connection rejected", "worker_connections are not enough\n", "not answer"} {
				if told := strings.Count(e.Err.Text(), line); told > 5 {
					t.Errorf("%q is said %d times", line, told)
				}
			}
			if err := syscall.Kill(edge.Tier(after, c.role).PID, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			e.Until("one that hangs is found", edge.Patience, func(s api.Status) bool {
				tier := edge.Tier(s, c.role)
				return tier.Engine == string(c.daemon) && tier.State == "running" && tier.Restarts > 0
			})
			e.Stop()
		})
	}
}

// come lets the crowd in, which stays until the test ends, and returns when the
// daemon is busy.
func (c crowd) come(t *testing.T, e *edge.Edge) api.Status {
	t.Helper()
	var held []net.Conn
	var mu sync.Mutex
	var coming sync.WaitGroup
	t.Cleanup(func() {
		for _, connection := range held {
			_ = connection.Close() // it may have been turned away
		}
	})
	https, http := e.HTTPS(), e.HTTP()
	atOnce := make(chan struct{}, 32)
	for range c.count {
		atOnce <- struct{}{}
		coming.Go(func() {
			defer func() { <-atOnce }()
			// Those for whom there is no room are turned away.
			if connection, err := c.client(https, http); err == nil {
				mu.Lock()
				defer mu.Unlock()
				held = append(held, connection)
			}
		})
	}
	coming.Wait()
	next := 0
	return e.Until("the daemon is busy", edge.Patience, func(s api.Status) bool {
		if edge.Tier(s, c.role).Busy {
			return true
		}
		if c.more == "" { // nginx lets some of a crowd go for those that come
			for range 20 {
				if connection, err := c.client(https, http); err == nil {
					held = append(held, connection)
				}
			}
		} else if next < len(held) {
			_, _ = held[next].Write([]byte(c.more)) // it may have been turned away
			next++
		}
		return false
	})
}

// fewFiles has edgegen begin with a low limit of open files, which it may raise
// where it has the right.
func fewFiles(command *exec.Cmd) {
	command.Args = append([]string{"sh", "-c", `ulimit -n 400; exec "$0" "$@"`, command.Path}, command.Args[1:]...)
	command.Path = "/bin/sh"
}
