package control

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"edgegen/internal/native"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// tier is a running tier.
type tier struct {
	chosen
	listen  []string
	runner  *supervise.Runner // of a native tier, nil until it is started
	builtin *builtin          // of a builtin one
}

// app is a running command of a backend.
type app struct {
	site, backend string
	runner        *supervise.Runner
}

// step is what was started, one process or one plane.
type step struct {
	name   string
	kill   func()                      // ends it at once
	last   func(context.Context) error // what is to be done while it still runs; may be nil
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
	s := &step{name: p.Name, kill: runner.Kill, cancel: cancel, done: make(chan struct{})}
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

// beforeStop has something done before the process that was started last is
// asked to end.
func (l *launcher) beforeStop(last func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps[len(l.steps)-1].last = last
}

// lastTime bounds what is done before a process is asked to end.
const lastTime = time.Second

// stop ends every process, the last started first, each after the one before
// it has ended. When hurry ends, those that are left are killed.
func (l *launcher) stop(hurry context.Context) {
	for i := len(l.steps) - 1; i >= 0; i-- {
		s := l.steps[i]
		if s.last != nil {
			ctx, cancel := context.WithTimeout(hurry, lastTime)
			if err := s.last(ctx); err != nil {
				l.edge.options.Log.Debug("before stopping "+s.name, "error", err)
			}
			cancel()
		}
		s.cancel()
		select {
		case <-s.done:
		case <-hurry.Done():
			s.kill()
			<-s.done
		}
	}
}

// startAll brings the edge up from the inside out. Builtin tiers that are
// neighbours start together, as one plane.
func (e *Edge) startAll(ctx context.Context, l *launcher) error {
	if err := e.startApps(ctx, l); err != nil {
		return err
	}
	inward := roles()
	slices.Reverse(inward)
	for len(inward) > 0 {
		count := 0
		for count < len(inward) && !e.native(inward[count]) {
			count++
		}
		if count > 0 {
			if err := e.startBuiltin(ctx, l, inward[:count]); err != nil {
				return err
			}
			inward = inward[count:]
			continue
		}
		if err := e.startNative(ctx, l, inward[0]); err != nil {
			return err
		}
		inward = inward[1:]
	}
	return nil
}

func (e *Edge) startNative(ctx context.Context, l *launcher, role string) error {
	t := e.tier(role)
	switch role {
	case RoleWeb:
		_, err := l.ready(ctx, native.NginxProcess(t.daemon, e.setup(), e.webSockets()), e.runs(t))
		return err
	case RoleCache:
		return e.startVarnish(ctx, l, t)
	default:
		_, err := l.ready(ctx, native.StunnelProcess(t.daemon, e.setup(), e.public.https, e.probeTLS), e.runs(t))
		return err
	}
}

func (e *Edge) startVarnish(ctx context.Context, l *launcher, t *tier) (err error) {
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
	if _, err := l.ready(ctx, e.varnish.LogProcess(), nil); err != nil {
		return err
	}
	l.beforeStop(e.varnish.SyncLog)
	return nil
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
	t := &tier{chosen: e.engines[role], listen: e.listening(role)}
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
	var waiting sync.WaitGroup
	defer waiting.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed firstError
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
			waiting.Go(func() {
				if err := runner.WaitReady(ctx); err != nil {
					failed.set(e.appFailed(s, backend, err))
					cancel() // the others need not be waited for
				}
			})
		}
	}
	waiting.Wait()
	return failed.err
}

// firstError keeps the first of several errors.
type firstError struct {
	once sync.Once
	err  error // to be read when all who may set it have ended
}

func (f *firstError) set(err error) { f.once.Do(func() { f.err = err }) }

// appStartTime is how long an app may take until it answers, unless it is told.
// It may have to be compiled first.
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
		StartTimeout: cmp.Or(e.options.AppStart, appStartTime),
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
