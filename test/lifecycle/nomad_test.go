package lifecycle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/hashicorp/nomad/api"

	"edgegen/test/edge"
	"edgegen/test/jobspec"
	"edgegen/test/port"
)

// TestNomadTask runs the task of the job that `export nomad` prints, in Nomad's place: its
// files come from templates and a variable, its checks succeed, a template that is written
// anew is a reload, and its signal ends it in time.
func TestNomadTask(t *testing.T) {
	t.Parallel()
	h := newHome(t, edge.BuiltIn)
	https, metrics := port.Free(t), port.Free(t)
	certificate := edge.NewCertificate(t, "edge.test", 1, edge.Valid)
	loopback := func(address string) string { return address[len("127.0.0.1"):] }
	h.Write("from/site.hcl", fmt.Sprintf(`variable "stage" {
  type    = string
  default = "one"
}
edge {
  http  = []
  https = [%q]
  metrics { listen = %q }
  timeouts { drain = "2s" }
  log { access = "off" }
}
site "edge.test" {
  tls {
    certificate = "tls/server.crt"
    key         = "tls/server.key"
  }
  route "/" {
    static { root = "public" }
    response_headers { set = { "X-Stage" = var.stage } }
  }
}
`, loopback(https), loopback(metrics)))
	h.Write("from/tls/server.crt", certificate.Chain)
	h.Write("from/tls/server.key", certificate.Key)
	if err := os.Chmod(h.Path("from/tls/server.key"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.Write("from/public/hello.txt", "hello {{ .World }} ${x}\n")
	export := h.Command("export", "nomad", h.Path("from"), "--driver", "exec", "--program", edge.Program("edgegen"))
	text, err := export.Output()
	if err != nil {
		t.Fatal(err)
	}
	job, err := jobspec.Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	group := job.TaskGroups[0]
	n := &nomad{home: h, task: group.Tasks[0], variables: map[string]map[string]string{
		"nomad/jobs/edge-test/edge/edgegen": {"tls_server_crt": certificate.Chain, "tls_server_key": certificate.Key},
	}}
	for _, one := range n.task.Templates {
		n.write(one)
	}
	// A task listens on all addresses. The test's edge stays on loopback.
	n.loopback(https, metrics)
	edgegen := n.begin()
	t.Cleanup(edgegen.end)
	h.stage(https, "one")
	asked := 0
	for _, service := range group.Services {
		for _, check := range service.Checks {
			if check.PortLabel != "metrics" || check.Type != "http" {
				t.Fatalf("there is a check %+v", check)
			}
			n.content("http://" + metrics + check.Path)
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("there are %d checks", asked)
	}
	if file, err := os.ReadFile(n.here("${NOMAD_SECRETS_DIR}/site/public/hello.txt")); err != nil || string(file) != "hello {{ .World }} ${x}\n" {
		t.Errorf("a file that looks like a template is %q, %v", file, err)
	}

	site := n.here("${NOMAD_SECRETS_DIR}/site/site.hcl")
	now, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(h.Dir, site)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(relative, strings.ReplaceAll(string(now), `"one"`, `"two"`))
	h.stage(https, "two")

	if n.task.KillSignal != "SIGTERM" {
		t.Fatalf("kill_signal is %q", n.task.KillSignal)
	}
	if err := edgegen.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-edgegen.ended:
		if err != nil {
			t.Errorf("it ends with %v\n%s", err, edgegen.said)
		}
		edgegen.ended <- nil // for the cleanup
	case <-time.After(*n.task.KillTimeout):
		t.Errorf("it has not ended within %v", *n.task.KillTimeout)
	}
}

// nomad is what runs a task in this test.
type nomad struct {
	*home
	task      *api.Task
	variables map[string]map[string]string // by their paths
}

// here has what Nomad fills in lead below the home.
func (n *nomad) here(text string) string {
	return strings.NewReplacer("${NOMAD_SECRETS_DIR}", n.Path("task/secrets"), "${NOMAD_ALLOC_DIR}", n.Path("task/alloc"), "${NOMAD_TASK_DIR}", n.Path("task/local")).Replace(text)
}

// write writes a template's file.
func (n *nomad) write(one *api.Template) {
	n.t.Helper()
	t, err := template.New(*one.DestPath).Delims(cmp.Or(*one.LeftDelim, "{{"), cmp.Or(*one.RightDelim, "}}")).Option("missingkey=error").Funcs(template.FuncMap{
		"nomadVarExists": func(path string) bool { return n.variables[path] != nil },
		"nomadVar":       func(path string) map[string]string { return n.variables[path] },
		"toJSON": func(value any) (string, error) {
			text, err := json.Marshal(value)
			return string(text), err
		},
	}).Parse(*one.EmbeddedTmpl)
	if err != nil {
		n.t.Fatal(err)
	}
	var out strings.Builder
	if err := t.Execute(&out, nil); err != nil {
		n.t.Fatal(err)
	}
	file := n.here(*one.DestPath)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		n.t.Fatal(err)
	}
	mode := os.FileMode(0o600)
	if *one.Perms == "0644" {
		mode = 0o644
	}
	if err := os.WriteFile(file, []byte(out.String()), mode); err != nil {
		n.t.Fatal(err)
	}
}

// loopback has the site listen there instead of everywhere.
func (n *nomad) loopback(addresses ...string) {
	n.t.Helper()
	file := n.here("${NOMAD_SECRETS_DIR}/site/site.hcl")
	text, err := os.ReadFile(file)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, address := range addresses {
		text = []byte(strings.Replace(string(text), `"`+address[len("127.0.0.1"):]+`"`, `"`+address+`"`, 1))
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		n.t.Fatal(err)
	}
}

// content waits until a check succeeds, which is asked time and again.
func (n *nomad) content(url string) {
	n.t.Helper()
	last := ""
	for deadline := time.Now().Add(edge.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(url)
		if err != nil {
			last = err.Error()
			continue
		}
		_ = response.Body.Close() // its status says enough
		if last = response.Status; response.StatusCode == http.StatusOK {
			return
		}
	}
	n.t.Errorf("the check of %s: %s", url, last)
}

// begin runs the task's program.
func (n *nomad) begin() *command {
	n.t.Helper()
	c := exec.Command(n.task.Config["command"].(string))
	for _, word := range n.task.Config["args"].([]any) {
		c.Args = append(c.Args, n.here(word.(string)))
	}
	c.Args = append(c.Args, "--engine", n.Argument())
	c.Dir, c.Env = n.Dir, append(os.Environ(), "TMPDIR="+n.Path("tmp"))
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	one := &command{t: n.t, cmd: c, ended: make(chan error, 1), said: &strings.Builder{}}
	c.Stdout, c.Stderr = one.said, one.said
	if err := c.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() { one.ended <- c.Wait() }()
	return one
}
