package control

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// The status may be asked for while apps are being started.
func TestStatusWhileAppsStart(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "app.sock")
	held, err := openUnix(socket, -1, -1) // in the app's place
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	e := newEdge(Options{Log: slog.New(slog.DiscardHandler)}, &state{}, nil)
	edge := &site.Edge{Sites: []site.Site{{Host: "a.test"}}}
	for _, name := range []string{"one", "two", "three"} {
		edge.Sites[0].Backends = append(edge.Sites[0].Backends, site.Backend{
			Name: name, Command: []string{"/bin/sleep", "600"}, Servers: []site.Server{{Path: socket}},
		})
	}
	g := &generation{number: 1, loaded: &config.Loaded{Edge: edge}}
	apps := g.apps()
	e.generation, e.apps = g, apps

	started := make(chan struct{})
	var asking sync.WaitGroup
	defer asking.Wait()
	asking.Go(func() {
		for {
			select {
			case <-started:
				return
			default:
				e.status(t.Context())
			}
		}
	})
	err = e.startApps(t.Context(), g, apps)
	close(started)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	defer stopApps(now, apps)
	if err != nil {
		t.Fatal(err)
	}
	for _, backend := range e.status(t.Context()).Backends {
		if backend.Process == nil || backend.Process.PID == 0 {
			t.Errorf("%s is said not to run", backend.Name)
		}
	}
}
