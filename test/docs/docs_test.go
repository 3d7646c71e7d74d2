// Package docs checks what the documents promise: their examples load, the
// output they show is what edgegen prints, and the commands they name exist.
package docs

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/edgetest"
	"edgegen/test/party"
)

const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// blocks returns the fenced blocks of a language; "" is that of none.
func blocks(document, language string) []string {
	var found []string
	open, wanted := false, false
	for line := range strings.Lines(document) {
		name, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && !open:
			if open, wanted = true, name == language; wanted {
				found = append(found, "")
			}
		case fence:
			open = false
		case open && wanted:
			found[len(found)-1] += line
		}
	}
	return found
}

func TestExamplesInTheReadmeLoad(t *testing.T) {
	examples := blocks(read(t, "README.md"), "hcl")
	ofCluster := blocks(read(t, "docs/cluster.md"), "hcl")
	if len(examples) < 4 || len(ofCluster) == 0 {
		t.Fatalf("found %d examples in the README, and %d in docs/cluster.md", len(examples), len(ofCluster))
	}
	examples = append(examples, ofCluster...)
	clients := (*party.Party)(nil).Signs(t, 1, party.Authority("clients"))
	revoked := clients.Revokes(t)
	for _, example := range examples {
		dir := t.TempDir()
		file := filepath.Join(dir, "site.hcl")
		if strings.HasPrefix(example, "test ") { // of a site, beside it
			file = filepath.Join(dir, "site"+edgetest.Ending)
		}
		failed := errors.Join(os.Mkdir(filepath.Join(dir, "public"), 0o755), os.WriteFile(filepath.Join(dir, "htpasswd"), nil, 0o600))
		for _, page := range []string{"404.html", "busy.html", "5xx.html", "413.html"} { // that examples name
			failed = errors.Join(failed, os.WriteFile(filepath.Join(dir, "public", page), nil, 0o644))
		}
		failed = errors.Join(failed, os.WriteFile(filepath.Join(dir, "clients.pem"), []byte(clients.Chain), 0o644),
			os.WriteFile(filepath.Join(dir, "revoked.pem"), []byte(revoked), 0o644))
		if err := errors.Join(failed, os.WriteFile(file, []byte(example), 0o644)); err != nil {
			t.Fatal(err)
		}
		var diagnostics config.Diagnostics
		if strings.HasSuffix(file, edgetest.Ending) {
			_, diagnostics = edgetest.Read(dir)
		} else {
			_, diagnostics = config.Load(file)
		}
		if len(diagnostics) > 0 {
			t.Errorf("%s\n%s", example, text(t, diagnostics))
		}
		formatted, _ := config.Format(file, []byte(example))
		if string(formatted) != example {
			t.Errorf("not in canonical layout, which is:\n%s", formatted)
		}
	}
}

func text(t *testing.T, diagnostics config.Diagnostics) string {
	t.Helper()
	var out bytes.Buffer
	if err := diagnostics.WriteText(&out, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDiagnosticInTheReadmeIsPrinted(t *testing.T) {
	var shown string
	for _, block := range blocks(read(t, "README.md"), "") {
		if strings.HasPrefix(block, "error: ") {
			shown = block
		}
	}
	if shown == "" {
		t.Fatal("the README shows no diagnostic")
	}
	t.Chdir(t.TempDir())
	site := "site \"example.com\" {\n  tls { self_signed = true }\n  backend \"app\" { servers = [\"127.0.0.1:5000\"] }\n  route \"/\" { backend = \"ap\" }\n}\n"
	if err := os.WriteFile("site.hcl", []byte(site), 0o644); err != nil {
		t.Fatal(err)
	}
	_, diagnostics := config.Load("site.hcl")
	if printed := text(t, diagnostics); strings.TrimSpace(printed) != strings.TrimSpace(shown) {
		t.Errorf("the README shows\n%s\nedgegen prints\n%s", shown, printed)
	}
}

func TestFirstCommandsOfTheReadme(t *testing.T) {
	first := strings.Fields(blocks(read(t, "README.md"), "sh")[0])
	if got, want := strings.Join(first, " "), "go run ./cmd/edgegen up examples/chat/site.hcl make test"; got != want {
		t.Errorf("the first commands are %q, not %q", got, want)
	}
	if !strings.Contains(read(t, "Makefile"), "$(LONG) \\\n\t\t$$(go list ./... | grep -vxF \"$$(printf 'edgegen/%s\\n' test/chaos $(LONG:./%=%))\")\n") {
		t.Error("make test does not run all packages but test/chaos")
	}
}

func TestVerbsOfTheReadmeExist(t *testing.T) {
	binary := os.Getenv("EDGEGEN_UNDER_TEST") // where it has been built
	if binary == "" {
		binary = filepath.Join(t.TempDir(), "edgegen")
		if out, err := exec.Command("go", "build", "-o", binary, "edgegen/cmd/edgegen").CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	document := read(t, "README.md")
	help, err := exec.Command(binary, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(help), "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		verb := strings.Fields(line)[0]
		if verb != "help" && !strings.Contains(document, "`edgegen "+verb) {
			t.Errorf("the README does not tell of %q", verb)
		}
	}
	for _, match := range regexp.MustCompile("`edgegen ([a-z]+)").FindAllStringSubmatch(document, -1) {
		if !strings.Contains(list, "  "+match[1]+" ") {
			t.Errorf("the README tells of %q, which --help does not list", match[1])
		}
	}
	for _, code := range []string{"0 done", "1 failed", "2 wrong usage"} {
		if !strings.Contains(string(help), code) || !strings.Contains(document, code) {
			t.Errorf("%q is not in both --help and the README", code)
		}
	}
}

// TestRoomsOfTheArchitecture holds that the table of rooms names each directory
// with code, and that each has rules for what it may import.
func TestRoomsOfTheArchitecture(t *testing.T) {
	document, rules := read(t, "ARCHITECTURE.md"), read(t, ".golangci.yml")
	out, err := exec.Command("go", "list", "edgegen/cmd/...", "edgegen/internal/...", "edgegen/templates").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(document, "| room | what it holds |")
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(string(out)) {
		room := strings.TrimPrefix(strings.TrimSpace(line), "edgegen/")
		if !strings.Contains(table, "`"+strings.TrimPrefix(room, "internal/")+"`") {
			t.Errorf("the table of rooms does not name %s", room)
		}
		if !strings.HasPrefix(room, "internal/") {
			continue
		}
		inner := strings.HasPrefix(room, "internal/dataplane/") && strings.Contains(rules, "**/internal/dataplane/**/*.go")
		if !inner && !strings.Contains(rules, "**/"+room+"/*.go") {
			t.Errorf("no rule of .golangci.yml says what %s may import", room)
		}
	}
}
