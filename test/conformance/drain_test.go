package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// holdDrain holds H4 and O1 of an edge that nobody else asks any more: load balancers
// are told that it is not ready, by all ways, and that it is again. Its requests have
// been counted although it writes no access log.
func holdDrain(t *testing.T, c edge.Combination, s *subject) {
	t.Helper()
	a, one := &attempt{edge: s, mark: "c9999z"}, drainCase()
	declared, sometimes := declares(c, one.differs, http1)
	if complaint := judge(one, declared, sometimes, a.try(one)); complaint != "" {
		t.Error(complaint)
	}
}

// drainCase is none of the corpus, as it wants the edge for itself.
func drainCase() contractCase {
	return contractCase{clause: "H4", name: "an edge that drains", run: drained, differs: "nginx-keeps-draining", observed: "a connection is kept"}
}

func drained(a *attempt) {
	tell := func(what string, status int) {
		got := a.ask(get("open.test", "/healthz"))
		if got.status != status || got.body != fmt.Sprintf("%d %s\n", status, http.StatusText(status)) {
			a.errorf("%s, health_path is answered %d %q", what, got.status, got.body)
		}
		plain := a.openPlain("127.0.0.1")
		defer plain.conn.Close()
		plain.send(get("open.test", "/healthz"))
		if got := plain.read("GET"); got.status != status {
			a.errorf("%s, health_path on a plain listener is answered %d", what, got.status)
		}
		kept := a.open("open.test")
		defer kept.conn.Close()
		kept.send(get("open.test", "/"))
		kept.read("GET")
		if status == http.StatusOK {
			kept.send(get("open.test", "/"))
			kept.read("GET")
		} else if _, closed := kept.closed(patience); !closed {
			a.errorf("%s, a connection is kept", what)
		}
		if got := a.monitor("/readyz"); got != status {
			a.errorf("%s, /readyz is answered %d", what, got)
		}
		if got := a.monitor("/healthz"); got != http.StatusOK {
			a.errorf("%s, /healthz is answered %d", what, got)
		}
	}
	a.ask(get("open.test", "/"))
	tell("before", http.StatusOK)
	if done := a.edge.Verb("drain", "--notice", "0s", "--timeout", "10s"); done.Code != 0 || !strings.Contains(done.Err, "drained: no request is under way") {
		a.errorf("drain: %+v", done)
	}
	tell("drained", http.StatusServiceUnavailable)
	if done := a.edge.Verb("drain", "--undo"); done.Code != 0 {
		a.errorf("drain --undo: %+v", done)
	}
	tell("undone", http.StatusOK)
	if top := a.edge.Verb("top"); top.Code != 0 || !strings.Contains(top.Out, "open.test") {
		a.errorf("top: %+v", top)
	}
	if len(a.edge.counts(a)) == 0 {
		a.errorf("nothing is counted")
	}
}

// monitor is the status of an answer on the metrics listener.
func (a *attempt) monitor(path string) int {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.edge.metrics+path, nil)
	if err != nil {
		a.fatalf("%v", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.fatalf("%v", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // the status is what counts
	return response.StatusCode
}
