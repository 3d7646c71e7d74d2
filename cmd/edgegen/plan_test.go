package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/api"
	"edgegen/internal/config"
)

// changes is a plan that touches all but one.
var changes = api.Plan{
	Tiers: []api.TierPlan{
		{Role: "tls", Engine: "stunnel", Action: api.Restart, Why: []string{"a global option has changed", "an argument has changed"}, WebSockets: 12},
		{Role: "cache", Engine: "varnish", Action: api.Reload, Why: []string{"default.vcl has changed"}},
		{Role: "web", Engine: "nginx", Action: api.Nothing},
	},
	Backends:   []api.AppPlan{{Site: "vzine.us", Name: "goliath", Action: api.Start, Why: []string{"it is new"}}},
	WebSockets: 12,
}

// idle is a plan that touches nothing.
var idle = api.Plan{
	Tiers:    []api.TierPlan{{Role: "tls", Engine: "builtin", Action: api.Nothing, Why: []string{}}},
	Backends: []api.AppPlan{},
}

const changesText = `WHAT              ENGINE   ACTION   WHY
tls               stunnel  restart  a global option has changed; an argument has changed; ends 12 WebSockets
cache             varnish  reload   default.vcl has changed
web               nginx    nothing
vzine.us goliath  app      start    it is new

3 changes, 12 WebSockets would end
`

const idleText = `WHAT  ENGINE   ACTION   WHY
tls   builtin  nothing

no change, no WebSocket would end
`

func TestPlanVerb(t *testing.T) {
	for _, c := range []struct {
		name     string
		answer   any
		code     int
		out, err string
	}{
		{"nothing", idle, exitDone, idleText, ""},
		{"changes", changes, exitChanges, changesText, ""},
		{"refused", typo, exitFailed, "", typoText},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := fakeEdge(t, map[string]http.HandlerFunc{"GET /plan": answer(c.answer)})
			code, out, err := runVerb(t, "plan", "--state-dir", dir)
			if diff := cmp.Diff(c.out, out) + cmp.Diff(c.err, err); code != c.code || diff != "" {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, diff)
			}
			code, out, err = runVerb(t, "plan", "--json", "--state-dir", dir)
			if code != c.code || err != "" {
				t.Errorf("--json: exit code %d, want %d\n%s", code, c.code, err)
			}
			if wanted, ok := c.answer.(api.Plan); ok {
				got := api.Plan{}
				if err := json.Unmarshal([]byte(out), &got); err != nil || !reflect.DeepEqual(got, wanted) {
					t.Errorf("--json: %v\n%s", err, out)
				}
			} else if report, err := c.answer.(config.Diagnostics).JSON(); err != nil || out != string(report) {
				t.Errorf("--json: %v\n%s", err, out)
			}
		})
	}
}

// The edge reads the site, and templates, so it is told where they are from the root on.
func TestPlanNamesTheSite(t *testing.T) {
	asked := make(chan [2]string, 1)
	dir := fakeEdge(t, map[string]http.HandlerFunc{"GET /plan": func(w http.ResponseWriter, r *http.Request) {
		asked <- [2]string{r.URL.Query().Get("site"), r.URL.Query().Get("templates")}
		answer(idle)(w, r)
	}})
	here := t.TempDir()
	t.Chdir(here)
	for argument, want := range map[string]string{"": "", "next.hcl": filepath.Join(here, "next.hcl"), "a b&c.hcl": filepath.Join(here, "a b&c.hcl")} {
		arguments, templates := []string{"plan", "--state-dir", dir}, ""
		if argument != "" {
			arguments = append(arguments, argument, "--templates", argument+".d")
			templates = want + ".d"
		}
		if code, _, err := runVerb(t, arguments...); code != exitDone {
			t.Fatalf("exit code %d, %s", code, err)
		}
		if got := <-asked; got != [2]string{want, templates} {
			t.Errorf("%q asks for %q, want %q and %q", argument, got, want, templates)
		}
	}
}

// With plan, 2 means changes and nothing else.
func TestPlanExitCodes(t *testing.T) {
	for name, arguments := range map[string][]string{
		"no edge":      {"--state-dir", t.TempDir()},
		"two sites":    {"a.hcl", "b.hcl"},
		"unknown flag": {"--nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, out, err := runVerb(t, append([]string{"plan"}, arguments...)...); code != exitFailed || out != "" || !strings.HasPrefix(err, "edgegen: ") {
				t.Errorf("exit code %d\n%s%s", code, out, err)
			}
		})
	}
}

func TestPlanTextOfANarrowTerminal(t *testing.T) {
	want := `WHAT              ENGINE   ACTION   WHY
tls               stunnel  restart  a global option has
                                    changed; an argument has
                                    changed; ends 12
                                    WebSockets
`
	if got := planText(changes, false, 60); !strings.HasPrefix(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got := planText(changes, true, 0); !strings.Contains(got, "\x1b[1;33mrestart\x1b[0m") || !strings.Contains(got, "\x1b[2mnothing\x1b[0m") {
		t.Errorf("%q has no colour", got)
	}
}
