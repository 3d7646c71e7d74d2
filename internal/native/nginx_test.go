package native

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/render"
	"edgegen/internal/site"
)

// webEdge is an edge whose web tier is a real nginx.
type webEdge struct {
	daemon  Daemon
	edge    *site.Edge
	layout  render.Layout
	sockets []*os.File
}

// newWebEdge has one site: /where is a redirect to /1, the rest is the app's.
func newWebEdge(t *testing.T) *webEdge {
	t.Helper()
	w := &webEdge{daemon: installed(t, site.Nginx)}
	run := publicDirectory(t)
	w.layout = render.Layout{Dir: filepath.Join(run, "config"), Run: run}
	if err := os.MkdirAll(w.layout.NginxTemp(), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{w.layout.WebSocket(), w.layout.WebProbe()} {
		file, err := listenUnix(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		w.sockets = append(w.sockets, file)
	}
	second := time.Second
	w.edge = &site.Edge{
		Timeout: site.Timeouts{Header: 10 * second, Idle: 10 * second, Connect: second, FirstByte: time.Minute, Drain: time.Minute},
		Limits:  site.Limits{Connections: 100, HeaderSize: 16 << 10, BodySize: 1 << 20},
		Sites: []site.Site{{
			Host:     "a.test",
			Backends: []site.Backend{{Name: "app", Servers: []site.Server{{Path: run + "/app"}}}},
			Routes: []site.Route{
				{Path: "/where", Redirect: &site.Redirect{To: "/1", Status: 302}},
				{Path: "/", Backend: "app"},
			},
		}},
	}
	return w
}

// render makes the files for a redirect to another place.
func (w *webEdge) render(t *testing.T, place string) (Setup, *render.Output) {
	t.Helper()
	w.edge.Sites[0].Routes[0].Redirect.To = place
	out, err := render.Render(render.Input{Edge: w.edge, Layout: w.layout, Origin: "site.hcl", Tiers: site.Engines{TLS: site.Builtin, Cache: site.Builtin}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := render.Install(w.layout.Dir, out.Of(site.Nginx).Files, nil); err != nil {
		t.Fatal(err)
	}
	return Setup{Edge: w.edge, Layout: w.layout, Generation: out.Of(site.Nginx).Generation, Message: func(_ string, line []byte) {
		if t.Context().Err() == nil { // nginx may say something until it has ended
			t.Logf("%s", line)
		}
	}}, out
}

func (w *webEdge) install(t *testing.T, text []byte) {
	t.Helper()
	if _, err := render.Install(w.layout.Dir, []render.File{{Name: "nginx.conf", Data: text, Mode: 0o644}}, nil); err != nil {
		t.Fatal(err)
	}
}

// ask sends a request for the site on a connection of its own.
func (w *webEdge) ask(ctx context.Context, path string) (*http.Response, error) {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", w.layout.WebSocket())
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://a.test"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return response, err
}

func (w *webEdge) leadsTo(t *testing.T, place string) {
	t.Helper()
	response, err := w.ask(soon(t), "/where")
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("Location"); got != place {
		t.Errorf("leads to %q instead of %q", got, place)
	}
}

// R5: after a reload no worker of before answers.
func TestR5NginxReload(t *testing.T) {
	w := newWebEdge(t)
	setup, _ := w.render(t, "/1")
	nginx := NewNginx(w.daemon, setup, w.sockets)
	runner := keepRunning(t, nginx.Process())
	for i := range 5 {
		place := fmt.Sprintf("/place-%d", i)
		setup, _ := w.render(t, place)
		nginx.Adopt(setup)
		if err := nginx.Reload(soon(t), runner.Status().PID, runner.Signal); err != nil {
			t.Fatal(err)
		}
		// One alone would be taken by a new worker anyway.
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				response, err := w.ask(t.Context(), "/where")
				if err != nil {
					t.Error(err)
				} else if got := response.Header.Get("Location"); got != place {
					t.Errorf("leads to %q instead of %q", got, place)
				}
			})
		}
		all.Wait()
	}
}

// R1: what nginx finds wrong is told in its words, and the old file stays in
// force.
func TestR1NginxRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct{ old, new, want string }{
		"a host that is not found": {"server unix:", "server nowhere.invalid:1; #", "host not found"},
		"an address in use":        {"listen unix:", "listen " + taken.Addr().String() + ";\n listen unix:", "still could not bind()"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWebEdge(t)
			setup, _ := w.render(t, "/1")
			nginx := NewNginx(w.daemon, setup, w.sockets)
			runner := keepRunning(t, nginx.Process())
			next, out := w.render(t, "/2")
			w.install(t, bytes.Replace(out.Of(site.Nginx).Main().Data, []byte(c.old), []byte(c.new), 1))
			nginx.Adopt(next)
			err := nginx.Reload(soon(t), runner.Status().PID, runner.Signal)
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			w.leadsTo(t, "/1")
			nginx.Adopt(setup)
			if err := nginx.Probe(soon(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// P5: another nginx serves the same sockets before the old one lets go.
func TestP5NginxBeside(t *testing.T) {
	w := newWebEdge(t)
	setup, _ := w.render(t, "/1")
	first := NewNginx(w.daemon, setup, w.sockets)
	ctx, leave := context.WithCancel(t.Context())
	runner := keepRunningUntil(t, ctx, first.Process())
	if err := first.Reload(soon(t), runner.Status().PID, runner.Signal); err != nil {
		t.Fatal(err)
	}
	next, _ := w.render(t, "/2")
	second := NewNginx(w.daemon, next, w.sockets)
	secondRunner := keepRunning(t, second.Process())
	leave()
	if err := until(soon(t), func() error {
		if runner.Status().PID != 0 {
			return errors.New("the old nginx is still there")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		w.leadsTo(t, "/2")
	}
	setup, _ = w.render(t, "/3")
	second.Adopt(setup)
	if err := second.Reload(soon(t), secondRunner.Status().PID, secondRunner.Signal); err != nil {
		t.Fatal(err)
	}
	w.leadsTo(t, "/3")
}

// A worker that still has a request of an older generation is counted as one
// that leaves, and ends with that request.
func TestR2NginxWorkersLeave(t *testing.T) {
	w := newWebEdge(t)
	app, err := net.Listen("unix", w.layout.Run+"/app")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(w.layout.Run+"/app", 0o777); err != nil { // workers of root's nginx are nobody's
		t.Fatal(err)
	}
	arrived, proceed := make(chan struct{}), make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(arrived); <-proceed })}
	served := make(chan error, 1)
	go func() { served <- server.Serve(app) }()
	defer func() { _ = server.Close(); <-served }()
	setup, _ := w.render(t, "/1")
	nginx := NewNginx(w.daemon, setup, w.sockets)
	runner := keepRunning(t, nginx.Process())
	answered := make(chan error, 1)
	go func() {
		response, err := w.ask(t.Context(), "/slow")
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", response.StatusCode)
		}
		answered <- err
	}()
	select {
	case <-arrived:
	case err := <-answered:
		t.Fatalf("answered before it arrived: %v", err)
	}
	setup, _ = w.render(t, "/2")
	nginx.Adopt(setup)
	if err := nginx.Reload(soon(t), runner.Status().PID, runner.Signal); err != nil {
		t.Fatal(err)
	}
	// The other workers of before may be on their way out.
	expectLeaving(t, runner.Status().PID, 1)
	close(proceed)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	expectLeaving(t, runner.Status().PID, 0)
}

func expectLeaving(t *testing.T, pid, want int) {
	t.Helper()
	if err := until(soon(t), func() error {
		serving, leaving, err := NginxWorkers(pid)
		if err == nil && (serving == 0 || leaving != want) {
			err = fmt.Errorf("%d workers serve and %d leave", serving, leaving)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
