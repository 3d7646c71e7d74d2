package native

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/supervise"
)

// LogProcess describes varnishncsa, which tells of every request when it has
// ended; Setup.Access hears of those that are no probes. It follows varnishd
// through restarts, and neither log.access nor log.format makes a difference to
// it: nobody has to start it anew but where log.access was "off".
func (v *Varnish) LogProcess() supervise.Process {
	s := v.setup
	return supervise.Process{
		Name: "varnishncsa",
		Path: v.daemon.LogReader,
		// Requests, and the backend's side of pipes, which alone knows the server.
		Args: []string{"-n", s.Layout.VarnishDir(), "-t", "off", "-b", "-c", "-q", `Begin ~ "^req |pipe$"`, "-F", logFormat()},
		Dir:  s.Layout.Run,

		Env:         s.environment(),
		Credential:  s.Credential,
		StopTimeout: 2 * time.Second,
		Ready:       v.SyncLog,
		Stdout:      v.access.line,
		Stderr:      s.says("varnishncsa"),
	}
}

// SyncLog waits until every request that has ended is in the access log.
func (v *Varnish) SyncLog(ctx context.Context) error {
	return v.access.sync(ctx, v.setup.Layout.CacheProbe())
}

// accessReader takes what varnishncsa prints. A probe of the cache tier goes to
// no log, and tells that all requests before it have been written.
type accessReader struct {
	sink  func(accesslog.Record)
	asked atomic.Int64
	seen  chan string

	mu    sync.Mutex
	piped map[string]string // the server's name in the VCL, by the request's number
}

func newAccessReader(sink func(accesslog.Record)) *accessReader {
	return &accessReader{sink: sink, seen: make(chan string, 16), piped: map[string]string{}}
}

func (r *accessReader) line(line []byte) {
	l, ok := splitLog(line)
	switch {
	case !ok: // the rest of a line that was too long to come as one
	case l[logProbe] != "":
		select {
		case r.seen <- l[logProbe]:
		default: // nobody waits, or for a later one
		}
	case l[logSide] == "b":
		r.pipe(l)
	default:
		r.sink(l.request(r.server(l[logNumber])))
	}
}

// morePipes is how many pipes may lack the line of their request, which comes
// right behind, before all of them are taken to have lost it.
const morePipes = 1000

func (r *accessReader) pipe(l logLine) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.piped) > morePipes {
		clear(r.piped)
	}
	r.piped[l[logParent]] = l.server()
}

// server is whom the pipe of a request led to, "" where it is no pipe.
func (r *accessReader) server(number string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := r.piped[number]
	delete(r.piped, number)
	return name
}

// sync waits until a probe that is sent now has come through the log.
func (r *accessReader) sync(ctx context.Context, socket string) error {
	sent := make(map[string]bool)
	resend := time.NewTicker(4 * probePause)
	defer resend.Stop()
	for {
		path := fmt.Sprintf("/log-%d", r.asked.Add(1))
		sent[path] = true
		if _, _, err := get(ctx, socket, path); err != nil {
			return fmt.Errorf("probe the cache tier's log: %w", err)
		}
		for waiting := true; waiting; {
			select {
			case path := <-r.seen:
				if sent[path] {
					return nil
				}
			case <-resend.C:
				waiting = false // varnishncsa starts at the end of the log: it may have missed that one
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
}
