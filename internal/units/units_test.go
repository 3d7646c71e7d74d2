package units_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/config"
	"edgegen/internal/site"
	"edgegen/internal/units"
)

var update = flag.Bool("update", false, "write the example's units anew")

const example = "../../examples/systemd"

func options() units.Options {
	return units.Options{Name: "edgegen", User: "edgegen", Site: "/etc/edgegen/site.hcl", Program: "/usr/local/bin/edgegen"}
}

// load reads a site from text.
func load(t *testing.T, text string) *site.Edge {
	t.Helper()
	file := filepath.Join(t.TempDir(), "site.hcl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return loadFile(t, file)
}

func loadFile(t *testing.T, file string) *site.Edge {
	t.Helper()
	loaded, diagnostics := config.Load(file)
	if loaded.Edge == nil {
		t.Fatal(diagnostics)
	}
	return loaded.Edge
}

// TestExample holds that the units of the example are what is exported for its site.
func TestExample(t *testing.T) {
	o := options()
	var err error
	if o.Root, err = filepath.Abs(example); err != nil {
		t.Fatal(err)
	}
	all, err := units.Units(loadFile(t, filepath.Join(example, "site.hcl")), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		file := filepath.Join(example, u.Name)
		if *update {
			if err := os.WriteFile(file, []byte(u.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(have), u.Text); diff != "" {
			t.Errorf("%s is not what is exported; go test ./internal/units -update writes it\n%s", u.Name, diff)
		}
	}
}

// TestUnitsFollowTheSite holds that a unit allows what the site needs.
func TestUnitsFollowTheSite(t *testing.T) {
	const rest = `
site "example.com" {
  tls { self_signed = true }
  %s
  route "/" { %s }
}`
	text := func(edge, inSite, inRoute string) string {
		return "edge {\n" + edge + "\n}" + strings.Replace(strings.Replace(rest, "%s", inSite, 1), "%s", inRoute, 1)
	}
	redirect := `redirect { to = "https://example.org/" }`
	with := func(edge, inSite, inRoute string) *site.Edge { return load(t, text(edge, inSite, inRoute)) }
	// Directories that no machine of a test has are put into the model.
	logged := func(file string) *site.Edge {
		edge := with("", "", redirect)
		edge.Log.Access = file
		return edge
	}
	served := func(root string) *site.Edge {
		edge := with("", "", redirect)
		edge.Sites[0].Routes[0].Static = &site.Static{Root: root}
		return edge
	}
	for name, c := range map[string]struct {
		edge *site.Edge
		unit string
		has  []string
		not  []string
	}{
		"listeners":          {with(`http = ["127.0.0.1:80"]`+"\n"+`https = ["127.0.0.1:443"]`, "", redirect), "edgegen.socket", []string{"ListenStream=127.0.0.1:80\n", "ListenStream=127.0.0.1:443\n"}, []string{"ListenDatagram"}},
		"HTTP/3":             {with(`https = ["127.0.0.1:443"]`+"\n"+`protocols = ["h1", "h2", "h3"]`, "", redirect), "edgegen.socket", []string{"ListenDatagram=127.0.0.1:443\n"}, nil},
		"a port of chance":   {with(`https = ["127.0.0.1:0"]`, "", redirect), "edgegen.socket", nil, []string{"127.0.0.1:0"}},
		"a long drain":       {with(`timeouts { drain = "5m" }`, "", redirect), "edgegen.service", []string{"TimeoutStopSec=310s\n"}, nil},
		"a log of its own":   {logged("/var/log/shop/access.log"), "edgegen.service", []string{"LogsDirectory=shop\n"}, []string{"ReadWritePaths"}},
		"a log elsewhere":    {logged("/srv/logs/access.log"), "edgegen.service", []string{"ReadWritePaths=/srv/logs\n"}, []string{"LogsDirectory"}},
		"files in a home":    {served("/home/shop/public"), "edgegen.service", []string{"ProtectHome=read-only\n"}, nil},
		"nothing in a home":  {with("", "", redirect), "edgegen.service", []string{"ProtectHome=yes\n", "MemoryDenyWriteExecute=yes\n"}, nil},
		"an app that is run": {with("", `backend "app" { servers = ["127.0.0.1:5000"]`+"\n"+`command = ["/usr/bin/app"] }`, `backend = "app"`), "edgegen.service", nil, []string{"\nMemoryDenyWriteExecute=yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := units.Units(c.edge, options())
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(all, func(u units.Unit) bool { return u.Name == c.unit })
			if at < 0 {
				t.Fatalf("there is no %s", c.unit)
			}
			for _, want := range c.has {
				if !strings.Contains(all[at].Text, want) {
					t.Errorf("it lacks %q:\n%s", want, all[at].Text)
				}
			}
			for _, not := range c.not {
				if strings.Contains(all[at].Text, not) {
					t.Errorf("it has %q:\n%s", not, all[at].Text)
				}
			}
		})
	}
}

// TestRefused holds that nothing gets into a unit that means something else there (X1).
func TestRefused(t *testing.T) {
	plain := "site \"example.com\" {\n  tls { self_signed = true }\n  route \"/\" { redirect { to = \"https://example.org/\" } }\n}\n"
	for name, c := range map[string]struct {
		site   string
		change func(*units.Options)
		says   string
	}{
		"a name with a line":  {plain, func(o *units.Options) { o.Name = "edge\nExecStart=/bin/sh" }, "letters, digits"},
		"a user with a space": {plain, func(o *units.Options) { o.User = "a b" }, "letters, digits"},
		"a site with a space": {plain, func(o *units.Options) { o.Site = "/etc/my site.hcl" }, "move it"},
		"a specifier":         {plain, func(o *units.Options) { o.Site = "/etc/%h/site.hcl" }, "move it"},
		"a relative program":  {plain, func(o *units.Options) { o.Program = "edgegen" }, "move it"},
		"a log with a quote":  {"edge {\n  log { access = \"/var/log/it's.log\" }\n}\n" + plain, func(*units.Options) {}, "move it"},
		"a builtin tier":      {"edge {\n  engine { cache = \"builtin\" }\n}\n" + plain, func(o *units.Options) { o.Daemons = true }, "leave --daemons out"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			c.change(&o)
			if _, err := units.Units(load(t, c.site), o); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
		})
	}
}

// TestDaemonsVerify asks systemd what it thinks of the daemons' units.
func TestDaemonsVerify(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("systemd-analyze is not installed")
		}
		t.Skip("systemd-analyze is not installed: the daemons' units are not verified")
	}
	o := options()
	o.Daemons = true
	if o.Program, err = os.Executable(); err != nil { // one that is there
		t.Fatal(err)
	}
	all, err := units.Units(loadFile(t, filepath.Join(example, "site.hcl")), o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	arguments := []string{"verify", "--man=no", "--recursive-errors=no"}
	for _, u := range all {
		file := filepath.Join(dir, u.Name)
		// Where they are not installed, another program stands for them.
		text := strings.NewReplacer("=nginx ", "=/bin/sh ", "=stunnel ", "=/bin/sh ").Replace(u.Text)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		arguments = append(arguments, file)
	}
	out, err := exec.CommandContext(t.Context(), tool, arguments...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "edgegen") {
		t.Errorf("%v\n%s", err, out)
	}
}
