package edge

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"edgegen/internal/api"
)

// Status asks for the status; it fails where no edge answers.
func (e *Edge) Status() api.Status {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	status, err := e.client.Status(ctx)
	if err != nil {
		e.t.Fatalf("status: %v", err)
	}
	return status
}

// Purge has the edge forget, as the verb does.
func (e *Edge) Purge(what api.Purge) (api.Purged, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return e.client.Purge(ctx, what)
}

// Until waits for a status that holds.
func (e *Edge) Until(what string, limit time.Duration, holds func(api.Status) bool) api.Status {
	e.t.Helper()
	return Await(e.t, what, limit, e.Status, holds)
}

const (
	// promptly is the pause between the first questions of Await.
	promptly = 20 * time.Millisecond
	// patiently is that of a long wait: a status costs the edge a process, and
	// whoever waits must not take the processors from what it waits for.
	patiently = 100 * time.Millisecond
)

// Await asks until an answer holds, and returns that one. It asks less often
// when it has waited for a while.
func Await[T any](t testing.TB, what string, limit time.Duration, ask func() T, holds func(T) bool) T {
	t.Helper()
	pause := promptly
	for deadline := time.Now().Add(limit); ; time.Sleep(pause) {
		answer := ask()
		if holds(answer) {
			return answer
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never came to be that %s: %+v", what, answer)
		}
		pause = min(pause+pause/4, patiently)
	}
}

// Tier returns one tier's part of a status; it has no role where there is none.
func Tier(status api.Status, role string) api.TierStatus {
	for _, one := range status.Tiers {
		if one.Role == role {
			return one
		}
	}
	return api.TierStatus{}
}

// HTTPS returns the address of the first TLS listener.
func (e *Edge) HTTPS() string { e.t.Helper(); return e.listener("tls") }

// HTTP returns the address of the first plain listener.
func (e *Edge) HTTP() string { e.t.Helper(); return e.listener("web") }

func (e *Edge) listener(role string) string {
	e.t.Helper()
	status := e.Status()
	for _, address := range Tier(status, role).Listen {
		if !strings.Contains(address, "/") { // that one is between tiers
			return address
		}
	}
	e.t.Fatalf("the %s tier listens nowhere: %+v", role, status)
	return ""
}

// Plan runs `plan --json` and returns its answer and exit code. Its answer is
// empty where it fails.
func (e *Edge) Plan() (api.Plan, Result) {
	e.t.Helper()
	result := e.Verb("plan", "--json")
	var plan api.Plan
	if result.Code == 1 {
		return plan, result
	}
	if err := json.Unmarshal([]byte(result.Out), &plan); err != nil {
		e.t.Fatalf("plan --json: %v\n%s%s", err, result.Out, result.Err)
	}
	return plan, result
}

// Reload runs `reload`.
func (e *Edge) Reload() Result { e.t.Helper(); return e.Verb("reload") }
