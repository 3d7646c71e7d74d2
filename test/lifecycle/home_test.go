package lifecycle

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// home is where one edge of a test lives: its site, its state, its temporary
// files. The daemons may enter it whoever they run as.
type home struct {
	t                *testing.T
	dir, state, file string
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, dir: t.TempDir()}
	for _, dir := range []string{filepath.Dir(h.dir), h.dir} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.state, h.file = filepath.Join(h.dir, "state"), filepath.Join(h.dir, "site.hcl")
	for _, dir := range []string{"public", "tmp", "sock"} {
		if err := os.Mkdir(filepath.Join(h.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.write("public/hello.txt", "hello\n")
	return h
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

func (h *home) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(h.path(name), []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
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
	quoted := []string{fmt.Sprintf("%q", programs.app), `"-listen"`, fmt.Sprintf("%q", "unix:"+h.path("sock/app"))}
	for _, argument := range p.app {
		quoted = append(quoted, fmt.Sprintf("%q", argument))
	}
	h.write("site.hcl", fmt.Sprintf(`edge {
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

// clean holds that a run has left nothing but the local authority and what the
// test itself has put there.
func (h *home) clean(allowed ...string) {
	h.t.Helper()
	expected := map[string]bool{".": true, "state": true, "state/ca": true, "site.hcl": true, "public": true, "public/hello.txt": true, "tmp": true, "sock": true}
	for _, name := range allowed {
		expected[name] = true
	}
	err := filepath.WalkDir(h.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(h.dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSocket != 0 && name != "sock/app" { // the app's own
			h.t.Errorf("the socket %s is left over", name)
		} else if !expected[name] && !strings.HasPrefix(name, "state/ca/") && !strings.Contains("/"+name+"/", "/last-good/") && name != "sock/app" {
			h.t.Errorf("%s is left over", name)
		}
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
}

// replace changes the site file.
func (h *home) replace(old, new string) {
	h.t.Helper()
	text, err := os.ReadFile(h.file)
	if err != nil {
		h.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		h.t.Fatalf("%q is not in the site", old)
	}
	h.write("site.hcl", strings.ReplaceAll(string(text), old, new))
}

// awaitFile waits until a file is there.
func (h *home) awaitFile(name string) {
	h.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Lstat(h.path(name)); err == nil {
			return
		}
	}
	h.t.Fatalf("%s never appears", name)
}
