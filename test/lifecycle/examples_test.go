package lifecycle

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/test/edge"
	"edgegen/test/port"
)

// checkout copies what a fresh clone has of the examples, and what it takes to
// build their apps: neither what is ignored nor what was never added.
func checkout(t *testing.T, to string) {
	t.Helper()
	command := exec.Command("git", "ls-files", "-z", "go.mod", "go.sum", "examples")
	command.Dir = "../.."
	listed, err := command.Output()
	if err != nil {
		edge.Skip(t, "this is no clone: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, mustFile(t, filepath.Join("../..", name)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExamples runs every example as a fresh clone has it, but for its ports.
func TestExamples(t *testing.T) {
	sites, err := filepath.Glob("../../examples/*/site.hcl")
	presets, failed := filepath.Glob("../../examples/presets/*/site.hcl")
	if err := errors.Join(err, failed); err != nil {
		t.Fatal(err)
	}
	// What each answers, by host and path: of a file, and of the app where there
	// is one.
	answers := map[string]map[string]int{
		"behind-a-proxy":           {"example.com/": 200, "example.com/app": 502, "www.example.com/": 301},
		"article":                  {"vzine.us/robots.txt": 200, "vzine.us/login": 200, "www.vzine.us/a?b": 301},
		"chat":                     {"localhost/robots.txt": 200, "localhost/login": 200, "localhost/about": 200},
		"monitoring":               {"localhost/": 503},
		"php":                      {"localhost/robots.txt": 200, "localhost/hello.php/world": 200, "localhost/any/path": 200, "localhost/uploads/readme.txt": 200, "localhost/uploads/index.php": 404},
		"presets/cors":             {"localhost/fonts/readme.txt": 200, "localhost/api": 502},
		"presets/crawlers":         {"localhost/robots.txt": 200, "localhost/any/path": 200, "localhost/search": 200},
		"presets/security-headers": {"localhost/": 200, "localhost/widget": 200, "localhost/any": 404},
		"presets/shop":             {"localhost/bag.html": 200, "localhost/static/version1/a.css": 200, "localhost/media/a.jpg": 200, "localhost/get.php": 403},
		"presets/wordpress":        {"localhost/any/path": 200, "localhost/wp-login.php": 200, "localhost/wp-includes/style.css": 200, "localhost/xmlrpc.php": 403},
		"systemd":                  {"example.com/": 200, "example.com/app": 502, "www.example.com/": 301},
	}
	if there := len(sites) + len(presets); there != len(answers) {
		t.Errorf("there are %d examples, and %d are run", there, len(answers))
	}
	for name, answers := range answers {
		t.Run(name, func(t *testing.T) {
			site := mustFile(t, filepath.Join("../../examples", name, "site.hcl"))
			if _, err := exec.LookPath("php-fpm8.2"); err != nil && strings.Contains(string(site), "php-fpm8.2") {
				edge.Skip(t, "there is no php-fpm8.2")
			}
			runExample(t, edge.BuiltIn, name, answers)
		})
	}
	t.Run("article with daemons", func(t *testing.T) { runExample(t, edge.Native, "article", answers["article"]) })
}

func runExample(t *testing.T, c edge.Combination, name string, answers map[string]int) {
	h := newHome(t, c)
	checkout(t, h.Dir)
	h.File = h.Path("examples/" + name + "/site.hcl")
	for _, verb := range []string{"validate", "render"} {
		command := h.Command(verb, h.File)
		var complaint strings.Builder
		command.Stderr = &complaint
		// Some files name a socket that only a running edge has.
		if err := command.Run(); err != nil || complaint.String() != "" && !strings.HasPrefix(complaint.String(), "warning: edgegen itself ") {
			t.Errorf("%s: %v, %s", verb, err, complaint.String())
		}
	}
	text := string(mustFile(t, h.File))
	for _, old := range []string{`":80"`, `":443"`, `"localhost:8080"`, `"localhost:8443"`, `"127.0.0.1:9145"`} {
		text = strings.ReplaceAll(text, old, `"127.0.0.1:0"`)
	}
	text = strings.ReplaceAll(text, `127.0.0.1:5000`, port.Free(t))
	h.Overwrite(strings.TrimPrefix(h.File, h.Dir+"/"), text)

	e := h.up(func(c *exec.Cmd) { c.Args = append(c.Args, "--engine", h.Argument()) })
	e.Ready()
	client := e.client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	scheme := "https://"
	if strings.Contains(text, `tls = "off"`) {
		scheme = "http://"
	}
	for target, want := range answers {
		response, err := client.Get(scheme + target)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // it has been read
		if err != nil || response.StatusCode != want {
			t.Errorf("%s: %d, want %d, %v; %.60q", target, response.StatusCode, want, err, body)
		}
	}
	if name == "article" && c == edge.BuiltIn {
		runHelpExamples(t, h)
	}
	e.Stop()
}

// runHelpExamples runs the examples of the help texts that need an edge, and holds
// that up takes the flags of its own.
func runHelpExamples(t *testing.T, h *home) {
	for _, verb := range []string{"up", "status", "top", "plan", "reload", "purge", "drain", "explain"} {
		help, err := h.Command(verb, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		_, examples, _ := strings.Cut(string(help), "Examples:\n")
		examples, _, _ = strings.Cut(examples, "\n\n")
		tried := 0
		for line := range strings.Lines(examples) {
			arguments := strings.Fields(line)[1:]
			if verb == "explain" && !strings.Contains(line, "--live") {
				continue
			}
			want, says := 0, ""
			switch {
			case verb == "up": // a state directory is one edge's
				want, says, arguments = 1, "is in use by process", append(arguments, h.File)
			case strings.Contains(line, "--tag"):
				want, says = 1, "no site has tags"
			}
			if got := h.Verb(verb, arguments[1:]...); got.Code != want || !strings.Contains(got.Err, says) {
				t.Errorf("%s: exit code %d\n%s%s", strings.TrimSpace(line), got.Code, got.Out, got.Err)
			}
			tried++
		}
		if tried == 0 {
			t.Errorf("%s --help has no example", verb)
		}
	}
}

func mustFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
