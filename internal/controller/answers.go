package controller

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"edgegen/internal/gateway"
	"edgegen/internal/unixsocket"
)

// answers gives the answers that no app of the cluster does, on a Unix socket for each.
type answers struct {
	servers []*http.Server
	tasks   sync.WaitGroup
}

// answer begins to give them, and sets the place of their sockets.
func answer(o *Options) (*answers, error) {
	o.Answers = filepath.Join(o.Directory, "answers")
	if err := os.MkdirAll(o.Answers, 0o700); err != nil {
		return nil, fmt.Errorf("make %s: %w", o.Answers, err)
	}
	a := &answers{}
	for kind, handler := range map[gateway.Answer]http.Handler{
		gateway.Failing: plainly(http.StatusInternalServerError), gateway.Unready: plainly(http.StatusServiceUnavailable),
		gateway.Leading: http.HandlerFunc(lead),
	} {
		path := filepath.Join(o.Answers, string(kind))
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of an earlier run
			a.close()
			return nil, fmt.Errorf("make room for %s: %w", kind, err)
		}
		socket, err := unixsocket.Listen(o.Answers, path)
		if err != nil {
			a.close()
			return nil, fmt.Errorf("listen on %s: %w", kind, err)
		}
		a.serve(socket, handler, o.Log)
	}
	return a, nil
}

func (a *answers) serve(socket net.Listener, handler http.Handler, log *slog.Logger) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	a.servers = append(a.servers, server)
	a.tasks.Go(func() {
		if err := server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the controller's own answers are no longer served", "error", err)
		}
	})
}

func (a *answers) close() {
	for _, s := range a.servers {
		_ = s.Close() // of its listener; nothing is lost
	}
	a.tasks.Wait()
}

// plainly answers everything with a status.
func plainly(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(status), status)
	})
}

// lead answers with the redirect that the edge's route says.
func lead(w http.ResponseWriter, r *http.Request) {
	words := strings.Fields(r.Header.Get(gateway.InstructionName))
	w.Header().Set("Cache-Control", "no-store")
	if len(words) < 2 {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	status, err := strconv.Atoi(words[0])
	if err != nil || status < 300 || status > 399 {
		status = http.StatusFound
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
		if strings.Contains(name, ":") {
			host = "[" + name + "]"
		}
	}
	if len(words) > 2 {
		if strings.HasPrefix(words[2], ":") {
			host += words[2]
		} else {
			host = words[2]
		}
	}
	w.Header().Set("Location", words[1]+"://"+host+r.URL.RequestURI())
	w.WriteHeader(status)
}
