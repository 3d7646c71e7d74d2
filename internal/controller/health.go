package controller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// health tells the cluster how the controller is doing.
type health struct {
	ready  atomic.Bool // every edge serves what the cluster has said
	server *http.Server
	tasks  sync.WaitGroup
}

// tellHealth begins to tell that, and the metrics of all edges, on an address; on "" it does nothing. From the end of ctx on the
// controller is not ready.
func tellHealth(ctx context.Context, o Options, t *totals) (*health, error) {
	h := &health{}
	if o.Health == "" {
		return h, nil
	}
	listener, err := net.Listen("tcp", o.Health)
	if err != nil {
		return nil, fmt.Errorf("tell how the controller is doing: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "running") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !h.ready.Load() || ctx.Err() != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(t, promhttp.HandlerOpts{}))
	h.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	h.tasks.Go(func() {
		if err := h.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("no longer answering /healthz, /readyz and /metrics", "error", err)
		}
	})
	return h, nil
}

func (h *health) close() {
	if h.server != nil {
		_ = h.server.Close() // nothing is lost
		h.tasks.Wait()
	}
}
