package lifecycle

import (
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/api"
	"edgegen/internal/render"
	"edgegen/test/edge"
)

// TestL6NobodyStandsIn holds that a request waits for a daemon that has died, where
// there is text in its own language, or a template of one's own: no other engine would
// do what that says (L7 for a template). Both come and go by a reload that is refused where the daemon does.
func TestL6NobodyStandsIn(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{site: "raw {\n varnish {\n deliver = \"set resp.http.X-Raw = \\\"one\\\";\"\n}\n}"})
	files, err := render.TemplateFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		h.Write("own/"+file.Name, string(file.Data))
	}
	const template, kept = "own/nginx/site.conf.tmpl", "keepalive_timeout 3600s;"
	h.change(template, kept, kept+" # mine")
	e := h.run(func(c *exec.Cmd) { c.Args = append(c.Args, "--templates", h.Path("own")) })
	e.holdRaw("one")

	for _, role := range []string{"cache", "web"} {
		before := tier(t, e.Status(), role)
		if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		e.holdRaw("one")
		e.Until("it is back", edge.Patience, func(s api.Status) bool {
			now := tier(t, s, role)
			return now.State == "running" && now.PID != before.PID
		})
	}
	if strings.Contains(e.Err.Text(), "serves in its place") {
		t.Error("somebody has stood in")
	}

	// What a restart of varnishd takes, requests wait for too.
	h.Replace("X-Raw = \\\"one\\\"", "X-Raw = \\\"two\\\"")
	h.Replace("edge {\n", "edge {\n  cache_storage { size = \"32MiB\" }\n")
	asking := make(chan string)
	go func() {
		defer close(asking)
		for range 40 {
			response, err := e.client().Get("https://edge.test/hello.txt")
			if err != nil {
				asking <- err.Error()
				return
			}
			_ = response.Body.Close()
			if raw := response.Header.Get("X-Raw"); response.StatusCode != http.StatusOK || raw != "one" && raw != "two" {
				asking <- response.Status + " " + raw
				return
			}
		}
	}()
	if r := e.Reload(); r.Code != 0 {
		t.Errorf("the reload is refused: %s", r.Err)
	}
	for problem := range asking {
		t.Errorf("a request during a restart: %s", problem)
	}
	e.holdRaw("two")

	h.Replace("X-Raw = \\\"two\\\"", "X-Raw = nothing")
	if r := e.Reload(); r.Code != 1 || !strings.Contains(r.Err, "varnish refuses this raw text") || !strings.Contains(r.Err, "deliver = ") {
		t.Errorf("raw text that varnishd refuses: %d, %s", r.Code, r.Err)
	}
	h.Replace("X-Raw = nothing", "X-Raw = \\\"two\\\"")
	for wrong, says := range map[string]string{"keepalive_timeout maybe;": "nginx refuses what this template makes", "{{ .Nothing }}": "can't evaluate field Nothing"} {
		h.change(template, kept, wrong)
		if r := e.Reload(); r.Code != 1 || !strings.Contains(r.Err, says) || !strings.Contains(r.Err, "site.conf.tmpl:") || !strings.Contains(r.Err, wrong) {
			t.Errorf("a template with %s: %d, %s", wrong, r.Code, r.Err)
		}
		h.change(template, wrong, kept)
	}
	e.holdRaw("two")
	e.Stop()
}

// holdRaw holds that an answer has what the raw text sets.
func (e *running) holdRaw(want string) {
	e.home.t.Helper()
	response, err := e.client().Get("https://edge.test/hello.txt")
	if err != nil {
		e.home.t.Fatal(err)
	}
	_ = response.Body.Close() // it says enough without its body
	if raw := response.Header.Get("X-Raw"); response.StatusCode != http.StatusOK || raw != want {
		e.home.t.Errorf("%s, X-Raw: %q, not %q", response.Status, raw, want)
	}
}
