package control

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/unixsocket"
)

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
	e.Serve(g, nil)

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
	err := e.apps.Start(t.Context(), g)
	close(started)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	defer e.apps.Stop(now)
	if err != nil {
		t.Fatal(err)
	}
	for _, backend := range e.status().Backends {
		if !run(backend) {
			t.Errorf("%s is said not to run", backend.Name)
		}
	}
}
