package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/native"
	"edgegen/internal/vsm"
)

// answers has a handler for each question on the control socket. The context ends, by stop
// at the latest, when the edge is to stop; stopped is closed when it has.
func (e *Edge) answers(ctx context.Context, stop func(), stopped <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		e.answer(w, r, e.status(), nil)
	})
	mux.HandleFunc("GET /overview", func(w http.ResponseWriter, r *http.Request) {
		e.answer(w, r, e.overview(), nil)
	})
	mux.HandleFunc("POST /drain", func(w http.ResponseWriter, r *http.Request) {
		work, err := api.Work{}, e.setAway(r.Context(), r.FormValue(api.UndoField) == "")
		if err == nil {
			work, err = e.work()
		}
		e.answer(w, r, work, err)
	})
	mux.HandleFunc("GET /plan", func(w http.ResponseWriter, r *http.Request) {
		asking, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		var plan api.Plan
		of, err := plannedBy(r)
		if err == nil {
			plan, err = e.plan(asking, of)
		}
		e.answer(w, r, plan, unlessStopping(ctx, err))
	})
	// A reload that has begun goes on even if the client hangs up.
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) {
		outcome, err := e.reload(ctx)
		err = unlessStopping(ctx, err)
		if err != nil && !isBroken(err) && !errors.Is(err, errStopping) {
			err = config.Refusal(err)
		}
		outcome.Warnings = api.SeenFrom(r.FormValue(api.DirectoryField), outcome.Warnings)
		e.answer(w, r, outcome, err)
	})
	mux.HandleFunc("POST /purge", func(w http.ResponseWriter, r *http.Request) {
		purged, err := e.purge(r.Context(), purgeOf(r))
		e.answer(w, r, purged, err)
	})
	mux.HandleFunc("GET /eavesdrop", func(w http.ResponseWriter, r *http.Request) {
		e.eavesdrop(ctx, w, r)
	})
	mux.HandleFunc("GET /logged", func(w http.ResponseWriter, r *http.Request) {
		records, err := e.logged(r)
		e.answer(w, r, records, err)
	})
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, r *http.Request) {
		stop()
		select {
		case <-stopped:
		case <-r.Context().Done():
		}
	})
	return mux
}

func plannedBy(r *http.Request) (of api.Planned, err error) {
	of.Site, of.Templates = r.FormValue(api.SiteField), r.FormValue(api.TemplatesField)
	text := r.FormValue(api.GivenField)
	if text == "" {
		return of, nil
	}
	if err := json.Unmarshal([]byte(text), &of.Given); err != nil {
		return of, fmt.Errorf("read the values of variables: %w", err)
	}
	return of, nil
}

// errStopping is why nothing is begun any more, or what was begun is given up.
var errStopping = errors.New("the edge is stopping")

// unlessStopping replaces the error of something that the stop has cut short: "context
// canceled" tells nobody anything.
func unlessStopping(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errStopping
	}
	return err
}

// answer writes a value or why there is none. The client is gone where that
// fails.
func (e *Edge) answer(w http.ResponseWriter, r *http.Request, value any, err error) {
	refused := (*config.Refused)(nil)
	switch {
	case errors.As(err, &refused) && !isBroken(err):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(api.SeenFrom(r.FormValue(api.DirectoryField), refused.Diagnostics))
	case err != nil:
		http.Error(w, e.options.secrets.hide(err.Error()), http.StatusInternalServerError)
	default:
		text, err := json.Marshal(value)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(e.options.secrets.hideJSON(text), '\n')) // who went away does not want it
	}
}

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
		e.options.Log.Warn("cannot make varnishd log less again", "error", err)
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
