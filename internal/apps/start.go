package apps

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// startApps starts the apps side by side and waits until every server of theirs
// takes connections.
func (k *Apps) startApps(ctx context.Context, g *generation.Generation, starts []appStart) error {
	all, others := errgroup.WithContext(ctx) // where one fails, the others need not be waited for
	for _, start := range starts {
		all.Go(func() error {
			err := k.startApp(others, g, start)
			if err != nil && ctx.Err() != nil {
				err = context.Cause(ctx) // which is not the app's fault
			}
			return err
		})
	}
	return all.Wait()
}

// appStart is the start of an app.
type appStart struct {
	*app
	inTheWay []*app // have an address of its, and are to end first
}

func (k *Apps) startApp(ctx context.Context, g *generation.Generation, start appStart) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stopApps(k.hurry, start.inTheWay)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if answering(ctx, start.backend.Servers) == nil {
		return taken(g, start.app) // and nobody could tell when this one is ready
	}
	r, err := k.house.Launch(k.appProcess(g, start.app))
	if err != nil {
		return err
	}
	start.running.Store(r)
	if err := r.WaitReady(ctx); err != nil {
		return appFailed(g, start.app, err)
	}
	return nil
}

func stopApps(hurry context.Context, apps []*app) {
	var waiting sync.WaitGroup
	for _, a := range apps {
		waiting.Go(func() { a.running.Load().Stop(hurry) })
	}
	waiting.Wait()
}

// appStartTime is how long an app may take until it answers, if nothing else is said. It may
// have to be compiled first.
const appStartTime = 2 * time.Minute

func (k *Apps) appProcess(g *generation.Generation, a *app) supervise.Process {
	name := a.name(g)
	environment := os.Environ()
	for _, variable := range a.backend.Env {
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	servers := a.backend.Servers
	return supervise.Process{
		Name:         name,
		Path:         a.backend.Command[0],
		Args:         a.backend.Command[1:],
		Dir:          a.backend.Dir,
		Env:          environment,
		Credential:   k.house.Who.Apps,
		StopTimeout:  g.Loaded.Edge.Timeout.Drain,
		StartTimeout: k.start,
		Ready:        func(ctx context.Context) error { return answering(ctx, servers) },
		Stdout:       func(line []byte) { k.house.Message(name, line) },
		Stderr:       func(line []byte) { k.house.Message(name, line) },
	}
}

// name names an app in the log: its backend, with its site where there are
// several.
func (a *app) name(g *generation.Generation) string {
	if len(g.Loaded.Edge.Sites) == 1 {
		return a.backend.Name
	}
	return a.site.Host + "/" + a.backend.Name
}

func appFailed(g *generation.Generation, a *app, err error) error {
	return &config.Refused{Diagnostics: config.Diagnostics{g.Loaded.Diagnose(a.backend.Source, config.Error,
		fmt.Sprintf("the app %s does not come up: %v", a.name(g), err),
		"run the command by hand in its dir, and see that it listens where `servers` says")}}
}

// taken says that somebody else listens where an app is to listen.
func taken(g *generation.Generation, a *app) error {
	return &config.Refused{Diagnostics: config.Diagnostics{g.Loaded.Diagnose(a.backend.Source, config.Error,
		fmt.Sprintf("the app %s cannot be started: somebody listens already where it is to", a.name(g)),
		"end whoever listens at its `servers`, give it other ones, or leave `command` out")}}
}

// answering returns nil when every server takes a connection.
func answering(ctx context.Context, servers []site.Server) error {
	for _, server := range servers {
		network, address := server.Address()
		addresses := server.Addresses()
		if network == "unix" {
			addresses = []string{address}
		}
		var problems []error
		for _, address := range addresses {
			connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
			problems = append(problems, err)
			if err == nil {
				_ = connection.Close()
				break
			}
		}
		if err := problems[len(problems)-1]; err != nil {
			return errors.Join(problems...)
		}
	}
	return nil
}
