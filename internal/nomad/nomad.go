// Package nomad describes an edge as a job of Nomad that runs several copies of edgegen
// with one site. It makes text, and touches neither a cluster nor the disk but for the
// files that the site is made of.
package nomad

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"time"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"edgegen/internal/config"
	"edgegen/internal/hcltext"
	"edgegen/internal/site"
)

// Docker and Exec are the drivers that a job may have.
const (
	Docker = "docker" // a container of edgegen's image
	Exec   = "exec"   // a program that the machine has, or that the job fetches
)

// Options say what the site does not.
type Options struct {
	Name       string // of the job; "" for one made of the first site's host
	Namespace  string // "" for Nomad's default
	Count      int    // how many edges there are; at least 1
	Driver     string // Docker or Exec
	Image      string // with edgegen in it, for Docker
	Program    string // the absolute path of edgegen, for Exec without an Artifact
	Artifact   string // a URL where edgegen is fetched from, for Exec; "" where the machine has it
	Canary     int    // how many new edges there are beside the old ones at first; 0 for one after the other
	Volume     string // the host volume that keeps the state; "" for the allocation's own disk
	Provider   string // who is told of the services, nomad or consul
	Argument   string // the site's file below its directory; "" for the directory
	Datacenter []string
}

// Job describes the edge, with what is probably not meant. The error is a *config.Refused
// where the site cannot run like that.
func Job(loaded *config.Loaded, o Options, version string) (string, config.Diagnostics, error) {
	e := &exporter{Options: o, Edge: loaded.Edge, Version: version, loaded: loaded}
	e.found.Loaded = loaded
	e.Name = cmp.Or(e.Name, strings.Trim(unnamed.ReplaceAllString(e.Edge.Sites[e.Edge.First].Host, "-"), "-"))
	if err := e.wrong(); err != nil {
		return "", nil, err
	}
	e.Ports = e.listeners()
	e.Checks = e.checks()
	e.doubts()
	e.sort()
	if err := e.found.Refusal(); err != nil {
		return "", nil, err
	}
	text, err := e.fill()
	return text, e.found.All, err
}

// exporter is what the template is filled in with.
type exporter struct {
	Options

	Edge      *site.Edge
	Version   string
	Ports     []port
	Checks    []check
	Templates []file
	Secrets   []secret

	loaded *config.Loaded
	found  config.Findings
}

var (
	// named are the names of jobs: they are parts of the paths of variables.
	named       = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]{0,62}$`)
	unnamedItem = regexp.MustCompile(`[^a-zA-Z0-9_]+`)
	unnamed     = regexp.MustCompile(`[^a-zA-Z0-9]+`)
)

// wrong says which option cannot be.
func (e *exporter) wrong() error {
	switch {
	case !named.MatchString(e.Name):
		return fmt.Errorf("--name %q: write letters, digits and dashes, 63 at most", e.Name)
	case e.Namespace != "" && !named.MatchString(e.Namespace):
		return fmt.Errorf("--namespace %q: write letters, digits and dashes, 63 at most", e.Namespace)
	case e.Driver != Docker && e.Driver != Exec:
		return fmt.Errorf("--driver %q: write docker or exec", e.Driver)
	case e.Provider != "nomad" && e.Provider != "consul":
		return fmt.Errorf("--provider %q: write nomad or consul", e.Provider)
	case e.Driver == Docker && (e.Image == "" || strings.ContainsAny(e.Image, " \t\r\n")):
		return fmt.Errorf("--image %q: name an image, such as registry.example/edgegen:1.0", e.Image)
	case e.Driver == Exec && e.Artifact == "" && !strings.HasPrefix(e.Program, "/"):
		return fmt.Errorf("--program %q: write where edgegen is on the machines, such as /usr/local/bin/edgegen", e.Program)
	case e.Count < 1 || e.Canary < 0 || e.Canary > e.Count:
		return fmt.Errorf("--count %d and --canary %d: there has to be an edge, and there are no more new ones than that", e.Count, e.Canary)
	}
	return nil
}

//go:embed templates/job.nomad.hcl.tmpl
var files embed.FS

func (e *exporter) fill() (string, error) {
	const name = "job.nomad.hcl.tmpl"
	t, err := template.New(name).Funcs(template.FuncMap{"quote": quote, "list": hcltext.List, "text": text}).ParseFS(files, "templates/"+name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	var out strings.Builder
	if err := t.Execute(&out, e); err != nil {
		return "", fmt.Errorf("fill in %s: %w", name, err)
	}
	return string(hclwrite.Format([]byte(out.String()))), nil
}

// quote writes a text as HCL does, but for what Nomad fills in.
func quote(text string) string { return strings.ReplaceAll(hcltext.Quote(text), "$${", "${") }

const (
	// notice is how long load balancers need to see that an edge goes away.
	notice = 10 * time.Second
	// ending is how long processes get to end, after what was in work has had its time.
	ending = 10 * time.Second
)

// Notice is how long an edge that nobody is told of any more goes on.
func (e *exporter) Notice() string { return notice.String() }

// Patience is how long Nomad waits between the signal and the kill.
func (e *exporter) Patience() string { return (e.Edge.Timeout.Drain + ending).String() }

// Memory is what an edge may need, in MiB: its cache, and room for what is in work.
func (e *exporter) Memory() int64 {
	const besides = 512
	if e.Edge.Storage.Type != "memory" {
		return besides
	}
	return e.Edge.Storage.Size>>20 + besides
}

// Disk is how much the allocation may write, in MiB.
func (e *exporter) Disk() int64 {
	const state = 1024
	if e.Edge.Storage.Type != "file" {
		return state
	}
	return e.Edge.Storage.Size>>20 + state
}

// State is where an edge keeps its state.
func (e *exporter) State() string {
	if e.Volume != "" {
		return "/var/lib/edgegen/state"
	}
	return "${NOMAD_ALLOC_DIR}/data/state"
}

// Command is the program and what it is told.
func (e *exporter) Command() string {
	if e.Artifact != "" {
		return "${NOMAD_TASK_DIR}/edgegen"
	}
	return e.Program
}

// Arguments are those of the program: a file that changes is a reload, and no new edge.
func (e *exporter) Arguments() []string {
	return []string{"up", path(e.Argument), "--watch", "--state-dir", e.State()}
}

// Low reports whether a port is one that an ordinary user needs a right for.
func (e *exporter) Low() bool {
	for _, p := range e.Ports {
		if p.Number < 1024 {
			return true
		}
	}
	return false
}
