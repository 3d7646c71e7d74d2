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
		// A request that a process of the daemon's has taken in the meantime goes with it.
		e.Until("it is known to have died", edge.Patience, func(s api.Status) bool {
			now := tier(t, s, role)
			return now.State != "running" || now.PID != before.PID
		})
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
	asking, reloaded := make(chan string), make(chan struct{})
	go func() {
		defer close(asking)
		for {
			select {
			case <-reloaded:
				return
			default:
			}
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
	go func() {
		defer close(reloaded)
		if r := e.Reload(); r.Code != 0 {
			t.Errorf("the reload is refused: %s", r.Err)
		}
	}()
	for problem := range asking {
		t.Errorf("a request during a restart: %s", problem)
	}
	<-reloaded
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

// TestL7TemplatesAreKept holds that plan looks at templates that another start would have,
// and that --last-good serves by those that were served last.
func TestL7TemplatesAreKept(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.Native)
	h.site(plan{})
	files, err := render.TemplateFiles()
	if err != nil {
		t.Fatal(err)
	}
	const template, deliver, own = "varnish/deliver.vcl.tmpl", "sub vcl_deliver {", "sub vcl_deliver {\n  set resp.http.X-Raw = \"one\";"
	for _, file := range files {
		if file.Name == template {
			h.Write("own/"+template, strings.Replace(string(file.Data), deliver, own, 1))
			h.Write("other/"+template, strings.Replace(string(file.Data), deliver, "sub vcl_deliver {\n  call nobody;", 1))
		}
	}
	templates := func(dir string, more ...string) func(*exec.Cmd) {
		return func(c *exec.Cmd) { c.Args = append(append(c.Args, "--templates", h.Path(dir)), more...) }
	}
	e := h.run(templates("own"))
	e.holdRaw("one")
	if r := e.Verb("plan"); r.Code != 0 {
		t.Errorf("plan with the templates that are served: %d, %s%s", r.Code, r.Out, r.Err)
	}
	if r := e.Verb("plan", "--templates", h.Path("other")); r.Code != 1 || !strings.Contains(r.Err, "other/"+template) || !strings.Contains(r.Err, "call nobody") {
		t.Errorf("plan with templates that varnishd refuses: %d, %s%s", r.Code, r.Out, r.Err)
	}
	h.change("other/"+template, "call nobody;", "set resp.http.X-Raw = \"two\";")
	if r := e.Verb("plan", "--templates", h.Path("other")); r.Code != 2 || !strings.Contains(r.Out, "default.vcl") {
		t.Errorf("plan with other templates: %d, %s%s", r.Code, r.Out, r.Err)
	}
	e.holdRaw("one")
	e.AwaitFile("state/last-good/current/edge.json")
	e.Stop()

	h.change("own/"+template, "\"one\";", "nothing;")
	failed := h.up(templates("own"))
	if code := failed.Ends(); code != 1 || !strings.Contains(failed.Err.Text(), "own/"+template) {
		t.Errorf("a start with a template that varnishd refuses: %d, %s", code, failed.Err.Text())
	}
	for _, dir := range []string{"own", "nowhere"} {
		e = h.run(templates(dir, "--last-good"))
		e.holdRaw("one")
		if r := e.Reload(); r.Code != 1 {
			t.Errorf("a reload with the templates of %s: %d, %s", dir, r.Code, r.Err)
		}
		e.holdRaw("one")
		e.AwaitFile("state/last-good/current/edge.json")
		e.Stop()
	}
	h.change("own/"+template, "nothing;", "\"three\";")
	e = h.run(templates("own", "--last-good"))
	e.holdRaw("three")
	e.Stop()
}
