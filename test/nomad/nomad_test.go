// Package nomad gives what edgegen exports for Nomad to Nomad's own parser, of the last
// version whose licence is open. It is a module of its own, so that edgegen is not linked
// with the versions which that parser wants.
package nomad

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"
	"github.com/hashicorp/nomad/jobspec2"
)

// shop is a site with a password file, secrets, and a file that looks like a template.
const shop = "../../internal/nomad/testdata/shop"

// TestParses has Nomad read a job of each kind: every argument of the command at least once.
func TestParses(t *testing.T) {
	for name, arguments := range map[string][]string{
		"docker":        {},
		"an image":      {"--image", "registry.example/edgegen:1.2.3"},
		"a program":     {"--driver", "exec", "--program", "/opt/edgegen"},
		"an artifact":   {"--driver", "exec", "--artifact", "https://example.org/edgegen?checksum=sha256:00"},
		"a volume":      {"--volume", "edge-state"},
		"one by one":    {"--canary", "0"},
		"consul":        {"--provider", "consul"},
		"a place":       {"--namespace", "web", "--datacenter", "east,west"},
		"a name":        {"--name", "front"},
		"several edges": {"--count", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			job := parse(t, exported(t, append([]string{shop}, arguments...)...))
			if len(job.TaskGroups) != 1 || len(job.TaskGroups[0].Tasks) != 1 {
				t.Fatalf("there are %d groups", len(job.TaskGroups))
			}
			group, task := job.TaskGroups[0], job.TaskGroups[0].Tasks[0]
			if *task.KillTimeout != 55*time.Second || task.KillSignal != "SIGTERM" {
				t.Errorf("Nomad ends the task by %s, and after %v", task.KillSignal, *task.KillTimeout)
			}
			if checks := checksOf(group); checks != 2 {
				t.Errorf("Nomad makes %d checks, want 2", checks)
			}
			verbatim(t, task)
		})
	}
}

// verbatim looks at a file that holds what Nomad's templates would carry out.
func verbatim(t *testing.T, task *api.Task) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(shop, "public", "words.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range task.Templates {
		if !strings.HasSuffix(*one.DestPath, "words.txt") {
			continue
		}
		if *one.EmbeddedTmpl != string(want) || *one.LeftDelim == "{{" {
			t.Errorf("Nomad reads the file as %q, with actions that begin with %q", *one.EmbeddedTmpl, *one.LeftDelim)
		}
		return
	}
	t.Error("the job lacks words.txt")
}

func checksOf(group *api.TaskGroup) (checks int) {
	for _, service := range group.Services {
		checks += len(service.Checks)
	}
	return checks
}

// TestParsesWhatIsKept reads the job that stands in edgegen's own tests.
func TestParsesWhatIsKept(t *testing.T) {
	text, err := os.ReadFile(shop + ".nomad.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if job := parse(t, text); *job.ID != "shop" {
		t.Errorf("the job is %q", *job.ID)
	}
}

// TestIsStrict shows that Nomad's parser refuses a word that it does not know, so that the
// tests above can fail.
func TestIsStrict(t *testing.T) {
	text := exported(t, shop)
	for from, to := range map[string]string{"kill_timeout =": "kill_time =", "template {": "templates {", "count =": "counts ="} {
		wrong := bytes.Replace(text, []byte(from), []byte(to), 1)
		if bytes.Equal(wrong, text) {
			t.Fatalf("the job has no %q", from)
		}
		if _, err := jobspec2.Parse("job.nomad.hcl", bytes.NewReader(wrong)); err == nil {
			t.Errorf("Nomad takes %q for a word of its own", to)
		}
	}
}

func exported(t *testing.T, arguments ...string) []byte {
	t.Helper()
	program := os.Getenv("EDGEGEN_UNDER_TEST")
	if program == "" {
		t.Fatal("EDGEGEN_UNDER_TEST names no edgegen; make nomad sets it")
	}
	text, err := exec.CommandContext(t.Context(), program, append([]string{"export", "nomad"}, arguments...)...).Output()
	if err != nil {
		t.Fatalf("edgegen export nomad: %v", err)
	}
	return text
}

func parse(t *testing.T, text []byte) *api.Job {
	t.Helper()
	job, err := jobspec2.Parse("job.nomad.hcl", bytes.NewReader(text))
	if err != nil {
		t.Fatalf("Nomad refuses it: %v\n%s", err, text)
	}
	return job
}
