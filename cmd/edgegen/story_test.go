package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestV4Story is somebody who knows nothing of edgegen: a first site by init, three
// mistakes on the way, and each mended by what its message says and nothing else.
func TestV4Story(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	if err := os.Mkdir("public", 0o755); err != nil {
		t.Fatal(err)
	}
	if code, _, problems := runVerb(t, "init", "--host", "shop.test", "--app", "5000"); code != exitDone {
		t.Fatalf("init: %s", problems)
	}
	for _, mistake := range []struct{ right, wrong string }{
		{`backend = "app"`, `backend = "aap"`},
		{"static {", "statik {"},
		{`servers = ["127.0.0.1:5000"]`, `servers = ["http://127.0.0.1:5000"]`},
		{"self_signed = true", `self_signed = "true"`},
	} {
		text := readFile(t, "site.hcl")
		if !strings.Contains(text, mistake.right) {
			t.Fatalf("there is no %s in\n%s", mistake.right, text)
		}
		wrong := strings.Replace(text, mistake.right, mistake.wrong, 1)
		if err := os.WriteFile("site.hcl", []byte(wrong), 0o644); err != nil {
			t.Fatal(err)
		}
		mend(t)
		if code, _, problems := runVerb(t, "validate"); code != exitDone || problems != "" {
			t.Errorf("%s: the message does not mend it: %s", mistake.wrong, problems)
		}
		if err := os.WriteFile("site.hcl", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, problems := runVerb(t, "render", "-o", "edge"); code != exitDone {
		t.Errorf("render: %s", problems)
	}
	if code, out, _ := runVerb(t, "explain", "GET", "shop.test/", "--engine", "builtin"); code != exitDone || !strings.Contains(out, "app (127.0.0.1:5000)") {
		t.Errorf("explain: %s", out)
	}
}

// mend does what the first message says: it puts what it quotes in the place of what
// it points at.
func mend(t *testing.T) {
	t.Helper()
	_, out, _ := runVerb(t, "validate", "--json")
	var report struct {
		Diagnostics []struct {
			Summary, Detail string
			Range           struct{ Start, End struct{ Byte int } }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.Diagnostics) == 0 {
		t.Fatalf("%v: %s", err, out)
	}
	first := report.Diagnostics[0]
	said := regexp.MustCompile(`"([^"]+)"\??$|write (\w+), without`).FindStringSubmatch(first.Detail)
	if said == nil {
		t.Fatalf("%s: %q says nothing that can be written", first.Summary, first.Detail)
	}
	text := readFile(t, "site.hcl")
	from, to := first.Range.Start.Byte, first.Range.End.Byte
	instead := said[1] + said[2]
	if text[from] == '"' && said[1] != "" {
		instead = `"` + instead + `"`
	}
	if err := os.WriteFile("site.hcl", []byte(text[:from]+instead+text[to:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
