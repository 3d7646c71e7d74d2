package native

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"edgegen/internal/supervise"
)

// accessReader takes what varnishncsa prints. Each line is headed by the probe
// that it is about, or by an empty one: a probe of the cache tier goes to no
// log, and tells that all requests before it have been written.
type accessReader struct {
	sink  func(line []byte)
	asked atomic.Int64
	seen  chan string
}

func newAccessReader(sink func([]byte)) *accessReader {
	return &accessReader{sink: sink, seen: make(chan string, 16)}
}

func (r *accessReader) line(line []byte) {
	head, rest, _ := bytes.Cut(line, []byte(" "))
	if !bytes.HasPrefix(head, []byte("/")) {
		r.sink(rest)
		return
	}
	select {
	case r.seen <- string(head):
	default: // nobody waits, or for a later one
	}
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

// LogProcess describes varnishncsa, which writes the access log line by line.
// It follows varnishd through restarts.
func (v *Varnish) LogProcess() supervise.Process {
	s := v.setup
	format := accessJSON
	arguments := []string{"-n", s.Layout.VarnishDir(), "-t", "off"}
	if s.Edge.Log.Format == "combined" {
		format = accessCombined
	} else {
		arguments = append(arguments, "-j")
	}
	return supervise.Process{
		Name:        "varnishncsa",
		Path:        v.daemon.LogReader,
		Args:        append(arguments, "-F", format),
		Dir:         s.Layout.Run,
		Env:         environment(),
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

// The formats of the access log, in varnishncsa's words. The VCL names the
// probe, the client, the request and the verdict; see vcl_recv, edge_client and
// edge_answer there.
const (
	accessJSON = `%{VCL_Log:edge-probe}x {"time":"%{%Y-%m-%dT%H:%M:%S}tZ","id":"%{VCL_Log:edge-id}x","client":"%{VCL_Log:edge-client}x",` +
		`"method":"%m","host":"%{Host}i","path":"%U%q","status":%s,"bytes":%b,"duration_us":%D,` +
		`"cache":"%{VCL_Log:edge-cache}x","handling":"%{Varnish:handling}x","user_agent":"%{User-Agent}i"}`
	accessCombined = `%{VCL_Log:edge-probe}x %{VCL_Log:edge-client}x - - %t "%r" %s %b "%{Referer}i" "%{User-Agent}i" "%{VCL_Log:edge-id}x"`
)
