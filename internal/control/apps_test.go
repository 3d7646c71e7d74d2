package control

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/tiers"
	"edgegen/internal/unixsocket"
)

// blind is a server that cannot tell where its WebSockets go.
type blind struct{ tiers.Server }

func (blind) WebSocketsTo() (map[string]int, error) {
	return nil, errors.New("it does not answer")
}

// An app stays where it cannot be learnt whether anybody needs it.
func TestUnusedAppStaysWhileUnknown(t *testing.T) {
	e := newEdge(Options{Log: slog.New(slog.DiscardHandler)}, &state{}, nil)
	old := &app{backend: &site.Backend{Servers: []site.Server{{Host: "127.0.0.1", Port: 1}}}}
	if e.needed(old) {
		t.Error("nobody needs it")
	}
	e.Serve(nil, []tiers.Server{blind{}})
	if !e.needed(old) {
		t.Error("it is not known that nobody needs it")
	}
}

// The status may be asked for while apps are being started.
func TestStatusWhileAppsStart(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "app.sock")
	e := newEdge(Options{Log: slog.New(slog.DiscardHandler)}, &state{}, nil)
	edge := &site.Edge{Sites: []site.Site{{Host: "a.test"}}}
	for _, name := range []string{"one", "two", "three"} {
		edge.Sites[0].Backends = append(edge.Sites[0].Backends, site.Backend{
			Name: name, Command: []string{"/bin/sleep", "600"}, Servers: []site.Server{{Path: socket}},
		})
	}
	g := &generation.Generation{Number: 1, Loaded: &config.Loaded{Edge: edge}}
	apps := appsOf(g)
	e.Serve(g, nil)
	e.apps = apps

	run := func(b api.BackendStatus) bool { return b.Process != nil && b.Process.PID != 0 }
	started := make(chan struct{})
	var asking sync.WaitGroup
	defer asking.Wait()
	asking.Go(func() {
		for listens := false; ; {
			select {
			case <-started:
				return
			default:
			}
			waiting := slices.ContainsFunc(e.status().Backends, func(b api.BackendStatus) bool { return !run(b) })
			if !waiting && !listens {
				held, err := unixsocket.Open(socket, -1, -1) // in the apps' place
				if err != nil {
					t.Error(err)
					return
				}
				defer held.Close()
				listens = true
			}
		}
	})
	var starts []appStart
	for _, a := range apps {
		starts = append(starts, appStart{app: a})
	}
	err := e.startApps(t.Context(), g, starts)
	close(started)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	defer stopApps(now, apps)
	if err != nil {
		t.Fatal(err)
	}
	for _, backend := range e.status().Backends {
		if !run(backend) {
			t.Errorf("%s is said not to run", backend.Name)
		}
	}
}
