package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/config"
	"edgegen/internal/unixsocket"
)

// controlServer answers on the control socket.
type controlServer struct {
	ctx     context.Context // ends when the edge is to stop
	end     func()          // ends ctx
	stopped chan struct{}   // closed when it has
	http    *http.Server
	dir     string
	path    string

	serving  sync.WaitGroup // what serves a listener
	listener net.Listener
	made     os.FileInfo // of its file
}

// serveControl opens the control socket. The caller holds the state directory's
// lock, so a socket that stands there is nobody's.
func (e *Edge) serveControl(ctx context.Context) (*controlServer, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &controlServer{ctx: ctx, end: stop, stopped: make(chan struct{}), dir: e.state.dir, path: api.Socket(e.state.dir)}
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
		case <-s.stopped:
		case <-r.Context().Done():
		}
	})
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	// Once the way is clear the socket is this run's, to be removed should it be killed
	// before it has said that there is one.
	err := clearSocket(s.path)
	if err == nil {
		err = e.state.instance.RemoveAtEnd(s.path)
	}
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		stop()
		return nil, err
	}
	return s, nil
}

// listen opens the socket. It may be called again where that has gone: who has
// connected before is answered all the same.
func (s *controlServer) listen() error {
	if err := clearSocket(s.path); err != nil {
		return err
	}
	listener, err := unixsocket.Listen(s.dir, s.path)
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	if s.made, err = os.Lstat(s.path); err != nil {
		return errors.Join(fmt.Errorf("open the control socket: %w", err), listener.Close())
	}
	before := s.listener
	s.listener = listener
	s.serving.Go(func() { _ = s.http.Serve(listener) }) // which ends with the listener or the server
	if before != nil {
		_ = before.Close() // nobody finds it any more
	}
	return nil
}

// stands reports whether the socket is where verbs look for it.
func (s *controlServer) stands() bool {
	there, err := os.Lstat(s.path)
	return err == nil && os.SameFile(there, s.made)
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

// clearSocket removes what an earlier run of the same user left. What belongs to
// somebody else was not put there by an edge.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the control socket: %w", err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d: remove it, or name another state directory with --state-dir", path, stat.Uid)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove the control socket of an earlier run: %w", err)
	}
	return nil
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

// close answers those who wait for the stop and closes the socket.
func (s *controlServer) close() {
	close(s.stopped)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close() // somebody does not read their answer
	}
	s.serving.Wait()
	_ = os.Remove(s.path)
}
