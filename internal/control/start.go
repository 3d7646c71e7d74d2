package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// tier is a running tier.
type tier struct {
	chosen
	listen []string
	runner *supervise.Runner
}

// app is a running command of a backend.
type app struct {
	site, backend string
	runner        *supervise.Runner
}

// step is one process of the start: those of a lower order come first.
type step struct {
	name   string
	runner *supervise.Runner
	cancel context.CancelFunc
	done   chan struct{}
}

// launcher starts processes one after the other and stops them in the
// opposite order.
type launcher struct {
	edge  *Edge
	mu    sync.Mutex
	steps []*step
}

// start runs a process in the background.
func (l *launcher) start(p supervise.Process, prepared func(*supervise.Runner)) (*supervise.Runner, error) {
	p.OnChange = l.edge.changed
	runner, err := supervise.NewRunner(p, supervise.Policy{}, l.edge.state.instance)
	if err != nil {
		return nil, err
	}
	if prepared != nil {
		prepared(runner)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &step{name: p.Name, runner: runner, cancel: cancel, done: make(chan struct{})}
	l.mu.Lock()
	l.steps = append(l.steps, s)
	l.mu.Unlock()
	go func() {
		defer close(s.done)
		// Run returns an error only where it is called twice.
		_ = runner.Run(ctx)
	}()
	return runner, nil
}

// ready starts a process and waits until it answers.
func (l *launcher) ready(ctx context.Context, p supervise.Process, prepared func(*supervise.Runner)) (*supervise.Runner, error) {
	runner, err := l.start(p, prepared)
	if err != nil {
		return nil, err
	}
	if err := runner.WaitReady(ctx); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	return runner, nil
}

// stop ends every process, the last started first, each after the one before
// it has ended. When hurry ends, those that are left are killed.
func (l *launcher) stop(hurry context.Context) {
	for i := len(l.steps) - 1; i >= 0; i-- {
		s := l.steps[i]
		s.cancel()
		select {
		case <-s.done:
		case <-hurry.Done():
			s.runner.Kill()
			<-s.done
		}
	}
}

// startAll brings the edge up from the inside out.
func (e *Edge) startAll(ctx context.Context, l *launcher) error {
	if err := e.startApps(ctx, l); err != nil {
		return err
	}
	if err := e.startWeb(ctx, l); err != nil {
		return err
	}
	if err := e.startCache(ctx, l); err != nil {
		return err
	}
	return e.startTLS(ctx, l)
}

func (e *Edge) startWeb(ctx context.Context, l *launcher) error {
	t := e.tier(RoleWeb)
	for _, listener := range e.loaded.Edge.HTTP {
		t.listen = append(t.listen, listener.Address.String())
	}
	t.listen = append(t.listen, "unix:"+e.layout.WebSocket())
	process := native.NginxProcess(t.daemon, e.setup(), e.webSockets())
	_, err := l.ready(ctx, process, e.runs(t))
	return err
}

func (e *Edge) startCache(ctx context.Context, l *launcher) (err error) {
	t := e.tier(RoleCache)
	t.listen = []string{"unix:" + e.layout.CacheSocket(), "unix:" + e.layout.PlainSocket()}
	if e.varnish, err = native.NewVarnish(t.daemon, e.setup(), e.output, newSecret()); err != nil {
		return err
	}
	process := e.varnish.Process(func() int { return t.runner.Status().PID })
	if _, err := l.ready(ctx, process, e.runs(t)); err != nil {
		return err
	}
	if e.access.writer == nil {
		return nil
	}
	_, err = l.start(e.varnish.LogProcess(), nil)
	return err
}

func (e *Edge) startTLS(ctx context.Context, l *launcher) error {
	t := e.tier(RoleTLS)
	for _, listener := range e.loaded.Edge.HTTPS {
		t.listen = append(t.listen, listener.Address.String())
	}
	host, leaf := e.loaded.Edge.Sites[0].Host, e.pairs[0].Leaf
	ready := func(ctx context.Context) error {
		for _, listener := range e.loaded.Edge.HTTPS {
			if err := native.ProbeTLS(ctx, reachable(listener), host, leaf); err != nil {
				return err
			}
		}
		return nil
	}
	process := native.StunnelProcess(t.daemon, e.setup(), e.public.https, ready)
	_, err := l.ready(ctx, process, e.runs(t))
	return err
}

// reachable is where a listener is reached from this machine.
func reachable(l site.Listener) string {
	if !l.Address.Addr().IsUnspecified() {
		return l.Address.String()
	}
	loopback := "127.0.0.1"
	if l.Address.Addr().Is6() {
		loopback = "::1"
	}
	return net.JoinHostPort(loopback, fmt.Sprint(l.Address.Port()))
}

// tier registers a tier, which is seen in the status from then on.
func (e *Edge) tier(role string) *tier {
	t := &tier{chosen: e.engines[role]}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tiers = append(e.tiers, t)
	return t
}

// runs returns what notes down the process of a tier before it starts.
func (e *Edge) runs(t *tier) func(*supervise.Runner) {
	return func(r *supervise.Runner) {
		e.mu.Lock()
		defer e.mu.Unlock()
		t.runner = r
	}
}

// startApps starts the backends' commands side by side and waits until every
// server of theirs takes connections.
func (e *Edge) startApps(ctx context.Context, l *launcher) error {
	var waiting []func() error
	for i := range e.loaded.Edge.Sites {
		s := &e.loaded.Edge.Sites[i]
		for j := range s.Backends {
			backend := &s.Backends[j]
			if backend.Command == nil {
				continue
			}
			runner, err := l.start(e.appProcess(s, backend), nil)
			if err != nil {
				return err
			}
			e.mu.Lock()
			e.apps = append(e.apps, &app{s.Host, backend.Name, runner})
			e.mu.Unlock()
			waiting = append(waiting, func() error {
				if err := runner.WaitReady(ctx); err != nil {
					return e.appFailed(s, backend, err)
				}
				return nil
			})
		}
	}
	var failed []error
	for _, wait := range waiting {
		failed = append(failed, wait())
	}
	return errors.Join(failed...)
}

// appStartTime is how long an app may take until it answers. It may have to be
// compiled first.
const appStartTime = 2 * time.Minute

func (e *Edge) appProcess(s *site.Site, backend *site.Backend) supervise.Process {
	name := e.appName(s, backend)
	environment := os.Environ()
	for _, variable := range backend.Env {
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	return supervise.Process{
		Name:         name,
		Path:         backend.Command[0],
		Args:         backend.Command[1:],
		Dir:          backend.Dir,
		Env:          environment,
		Credential:   e.who.apps,
		StopTimeout:  e.loaded.Edge.Timeout.Drain,
		StartTimeout: appStartTime,
		Ready:        func(ctx context.Context) error { return answering(ctx, backend.Servers) },
		Stdout:       func(line []byte) { e.message(name, line) },
		Stderr:       func(line []byte) { e.message(name, line) },
	}
}

// appName names an app in the log: its backend, with its site where there are
// several.
func (e *Edge) appName(s *site.Site, backend *site.Backend) string {
	if len(e.loaded.Edge.Sites) == 1 {
		return backend.Name
	}
	return s.Host + "/" + backend.Name
}

// answering returns nil when every server takes a connection.
func answering(ctx context.Context, servers []site.Server) error {
	for _, server := range servers {
		network, address := "unix", server.Path
		if server.Path == "" {
			network, address = "tcp", net.JoinHostPort(server.Host, fmt.Sprint(server.Port))
		}
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
		if err != nil {
			return err
		}
		_ = connection.Close()
	}
	return nil
}
