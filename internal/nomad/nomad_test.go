package nomad_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/nomad/api"

	"edgegen/internal/config"
	"edgegen/internal/nomad"
	"edgegen/test/jobspec"
)

var update = flag.Bool("update", false, "write what is expected anew")

func options() nomad.Options {
	return nomad.Options{Name: "shop", Count: 2, Driver: nomad.Docker, Image: "registry.example/edgegen:1.2.3", Program: "/usr/local/bin/edgegen", Canary: 1, Provider: "nomad"}
}

func exported(t *testing.T, directory string, o nomad.Options) (string, config.Diagnostics, error) {
	t.Helper()
	loaded, diagnostics := config.Load(directory)
	if loaded.Edge == nil {
		t.Fatalf("%v", diagnostics)
	}
	return nomad.Job(loaded, o, "1.2.3")
}

// TestJob compares the whole output with what is kept, and has it read.
func TestJob(t *testing.T) {
	text, _, err := exported(t, "testdata/shop", options())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/shop.nomad.hcl", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/shop.nomad.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("run go test with -update where this is meant:\n%s", diff)
	}
	if strings.Contains(text, "t0p-secret-words") || strings.Contains(text, "$2y$") {
		t.Error("a secret stands in the output")
	}
	job := parsed(t, text)
	group, task := job.TaskGroups[0], job.TaskGroups[0].Tasks[0]
	if *task.KillTimeout != 55*time.Second || *group.ShutdownDelay != 10*time.Second || *group.Update.Canary != 1 {
		t.Errorf("kill_timeout is %v, shutdown_delay %v, canary %d", *task.KillTimeout, *group.ShutdownDelay, *group.Update.Canary)
	}
	ports := map[string]int{}
	for _, p := range group.Networks[0].DynamicPorts {
		ports[p.Label] = p.Value
	}
	if diff := cmp.Diff(map[string]int{"http": 80, "https": 443, "metrics": 9145}, ports); diff != "" {
		t.Error(diff)
	}
	at := slices.IndexFunc(task.Templates, func(t *api.Template) bool { return strings.HasSuffix(*t.DestPath, "words.txt") })
	source, err := os.ReadFile("testdata/shop/public/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	if words := task.Templates[at]; *words.EmbeddedTmpl != string(source) || *words.LeftDelim == "{{" {
		t.Errorf("a file with what looks like an action is %q between %q", *words.EmbeddedTmpl, *words.LeftDelim)
	}
}

func parsed(t *testing.T, text string) *api.Job {
	t.Helper()
	job, err := jobspec.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return job
}

// TestOptionsAreRead has a job of each kind read.
func TestOptionsAreRead(t *testing.T) {
	for name, change := range map[string]func(*nomad.Options){
		"a program": func(o *nomad.Options) { o.Driver = nomad.Exec },
		"an artifact": func(o *nomad.Options) {
			o.Driver, o.Artifact = nomad.Exec, "https://example.org/edgegen?checksum=sha256:00"
		},
		"a volume":      func(o *nomad.Options) { o.Volume = "edge-state" },
		"one by one":    func(o *nomad.Options) { o.Canary = 0 },
		"consul":        func(o *nomad.Options) { o.Provider = "consul" },
		"a place":       func(o *nomad.Options) { o.Namespace, o.Datacenter = "web", []string{"east", "west"} },
		"a single file": func(o *nomad.Options) { o.Argument = "site.hcl" },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			change(&o)
			text, _, err := exported(t, "testdata/shop", o)
			if err != nil {
				t.Fatal(err)
			}
			parsed(t, text)
		})
	}
}

// TestRefused holds what cannot run like that.
func TestRefused(t *testing.T) {
	const route = "  route \"/\" {\n    redirect { to = \"https://example.org/\" }\n  }\n"
	signed := "  tls { self_signed = true }\n"
	for name, c := range map[string]struct {
		edge, site string
		change     func(*nomad.Options)
		want       string
	}{
		"loopback":  {edge: "  https = [\"127.0.0.1:8443\"]\n", site: signed, want: "nobody can reach 127.0.0.1:8443"},
		"acme":      {site: "  tls { acme = true }\n", want: "a certificate of its own"},
		"binary":    {site: signed + "  route \"/files\" {\n    static { root = \"public\" }\n  }\n", want: "is no text"},
		"outside":   {site: signed + "  route \"/files\" {\n    static { root = \"/usr/share/doc\" }\n  }\n", want: "outside of the site's directory"},
		"log":       {edge: "  log { access = \"/usr/share/access.log\" }\n", site: signed, want: "where a task may write nothing"},
		"a name":    {site: signed, change: func(o *nomad.Options) { o.Name = "a\nb" }, want: "--name"},
		"a driver":  {site: signed, change: func(o *nomad.Options) { o.Driver = "qemu" }, want: "--driver"},
		"nobody":    {site: signed, change: func(o *nomad.Options) { o.Count = 0 }, want: "there has to be an edge"},
		"no image":  {site: signed, change: func(o *nomad.Options) { o.Image = "a b" }, want: "--image"},
		"a program": {site: signed, change: func(o *nomad.Options) { o.Driver, o.Program = nomad.Exec, "edgegen" }, want: "--program"},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			if err := os.Mkdir(filepath.Join(directory, "public"), 0o755); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"public/picture": "\xff\x00", "site.hcl": "edge {\n" + c.edge + "}\nsite \"a.example\" {\n" + c.site + route + "}\n"} {
				if err := os.WriteFile(filepath.Join(directory, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			o := options()
			if c.change != nil {
				c.change(&o)
			}
			_, _, err := exported(t, directory, o)
			if refused := (*config.Refused)(nil); err == nil || !strings.Contains(err.Error(), c.want) || c.change == nil && !errors.As(err, &refused) {
				t.Errorf("refused with %v, want %q", err, c.want)
			}
		})
	}
}
