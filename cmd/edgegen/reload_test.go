package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/api"
	"edgegen/internal/config"
)

func TestReloadVerb(t *testing.T) {
	old := config.Diagnostics{{Severity: config.Warning, Summary: "the certificate ends in 3 days", File: "site.hcl"}}
	for _, c := range []struct {
		name     string
		answer   any
		code     int
		out, err string
	}{
		{"nothing", api.Outcome{Plan: idle, Generation: 3, Duration: 8}, exitDone,
			"nothing has changed: generation 3 goes on (8 ms)\n", ""},
		{"changes", api.Outcome{Plan: changes, Generation: 4, Duration: 1312, Warnings: old}, exitDone,
			`WHAT              ENGINE   ACTION   WHY
tls               stunnel  restart  a global option has changed; an argument has changed; ends 12 WebSockets
cache             varnish  reload   default.vcl has changed
vzine.us goliath  app      start    it is new

generation 4 is served, after 1.3 s; 3 changes, 12 WebSockets ended
`, "warning: the certificate ends in 3 days\n --> site.hcl\n"},
		{"refused", typo, exitFailed, "", typoText + "\nnot reloaded: the edge still serves the configuration from before\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := fakeEdge(t, map[string]http.HandlerFunc{"POST /reload": answer(c.answer)})
			code, out, err := runVerb(t, "reload", "--state-dir", dir)
			if diff := cmp.Diff(c.out, out) + cmp.Diff(c.err, err); code != c.code || diff != "" {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, diff)
			}
			code, out, err = runVerb(t, "reload", "--json", "--state-dir", dir)
			if code != c.code || err != "" {
				t.Errorf("--json: exit code %d, want %d\n%s", code, c.code, err)
			}
			if wanted, ok := c.answer.(api.Outcome); ok {
				got := api.Outcome{}
				if err := json.Unmarshal([]byte(out), &got); err != nil || !reflect.DeepEqual(got, wanted) {
					t.Errorf("--json: %v\n%s", err, out)
				}
			} else if report, err := c.answer.(config.Diagnostics).JSON(); err != nil || out != string(report) {
				t.Errorf("--json: %v\n%s", err, out)
			}
		})
	}
}

// A reload that broke down is told in one line, as every other error.
func TestReloadThatFails(t *testing.T) {
	dir := fakeEdge(t, map[string]http.HandlerFunc{"POST /reload": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "write generation 4: no space left on device", http.StatusInternalServerError)
	}})
	code, out, err := runVerb(t, "reload", "--state-dir", dir)
	if want := "edgegen: write generation 4: no space left on device\n"; code != exitFailed || out != "" || err != want {
		t.Errorf("exit code %d\n%s%s", code, out, err)
	}
}
