package lifecycle

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// home is where one edge of a test lives.
type home struct {
	*edge.Home
	t *testing.T
}

// newHome makes a home with a page and a place for the app's socket. The test is
// skipped where one of the combination's daemons is missing.
func newHome(t *testing.T, c edge.Combination) *home {
	t.Helper()
	h := &home{edge.NewHome(t, c), t}
	if err := os.Mkdir(h.Path("sock"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.Write("public/hello.txt", "hello\n")
	return h
}

// plan is what differs between the sites of the tests.
type plan struct {
	edge string   // what else stands in the edge block
	app  []string // the app's arguments after its address
	site string   // what else stands in the site block
}

// site writes a site of one app that edgegen runs.
func (h *home) site(p plan) {
	h.t.Helper()
	quoted := []string{fmt.Sprintf("%q", app()), `"-listen"`, fmt.Sprintf("%q", "unix:"+h.Path("sock/app"))}
	for _, argument := range p.app {
		quoted = append(quoted, fmt.Sprintf("%q", argument))
	}
	h.Write("site.hcl", fmt.Sprintf(`edge {
  http  = ["127.0.0.1:0"]
  https = ["127.0.0.1:0"]
  %s
}

site "edge.test" {
  tls { self_signed = true }

  backend "app" {
    servers = ["unix:sock/app"]
    command = [%s]
  }

  %s

  route "/" {
    static { root = "public" }
    backend = "app"
  }
}
`, p.edge, strings.Join(quoted, ", "), p.site))
}

// clean holds that a run has left nothing but the local authority, what it has served,
// and what the test itself has put there.
func (h *home) clean(allowed ...string) {
	h.t.Helper()
	expected := map[string]bool{".": true, "state": true, "state/ca": true, "site.hcl": true, "public": true, "public/hello.txt": true, "tmp": true, "sock": true}
	for _, name := range allowed {
		expected[name] = true
	}
	err := filepath.WalkDir(h.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(h.Dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSocket != 0 && name != "sock/app" { // the app's own
			h.t.Errorf("the socket %s is left over", name)
		} else if !expected[name] && !strings.HasPrefix(name, "state/ca/") && !strings.Contains("/"+name+"/", "/last-good/") && !strings.Contains("/"+name+"/", "/compiled/") && !strings.Contains("/"+name+"/", "/history/") && name != "sock/app" {
			h.t.Errorf("%s is left over", name)
		}
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
}

// change replaces a text in a file.
func (h *home) change(name, old, new string) {
	h.t.Helper()
	text, err := os.ReadFile(h.Path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		h.t.Fatalf("%q is not in %s", old, name)
	}
	h.Write(name, strings.Replace(string(text), old, new, 1))
}
