package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"edgegen/internal/api"
	"edgegen/internal/native"
	"edgegen/internal/vsm"
)

// errNoLog is about an edge whose cache tier keeps no log of its own.
var errNoLog = errors.New("no varnishd serves the cache tier")

// varnishNow is the varnishd that serves.
func (e *Edge) varnishNow() (*native.Varnish, error) {
	if v := e.Varnishd(); v != nil {
		return v, nil
	}
	return nil, errNoLog
}

// eavesdrop has varnishd log everything, until whoever asks for it goes away, or the edge
// is to stop. The answer's head says that it does.
func (e *Edge) eavesdrop(stopping context.Context, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(stopping, cancel)()
	v, err := e.varnishNow()
	if err != nil {
		e.answer(w, r, nil, err)
		return
	}
	listens := false
	err = v.Eavesdrop(ctx, func() {
		listens = true
		_ = http.NewResponseController(w).Flush() // a client that has gone ends the context
	})
	switch {
	case err != nil && listens:
		e.options.Log.Warn("have varnishd log less again", "error", err)
	case err != nil:
		e.answer(w, r, nil, err)
	}
}

// logged tells what varnishd has logged of a request.
func (e *Edge) logged(r *http.Request) ([]vsm.Logged, error) {
	v, err := e.varnishNow()
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(r.FormValue(api.PortField), 10, 16)
	if err != nil {
		return nil, fmt.Errorf("read the port of the client: %w", err)
	}
	return v.Logged(r.Context(), r.FormValue(api.TargetField), uint16(port))
}
