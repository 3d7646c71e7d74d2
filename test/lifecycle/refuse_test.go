package lifecycle

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"edgegen/test/edge"
)

// site texts of the tests below: an edge block, and what a site needs.
const (
	anyPort    = "edge {\n  http  = [\"127.0.0.1:0\"]\n  https = [\"127.0.0.1:0\"]\n}\n"
	selfSigned = "  tls { self_signed = true }\n"
	elsewhere  = "  backend \"app\" { servers = [\"127.0.0.1:1\"] }\n  route \"/\" { backend = \"app\" }\n"
	plainSite  = "site \"edge.test\" {\n" + selfSigned + elsewhere + "}\n"
)

// refusal is a site that up must refuse.
type refusal struct {
	name string
	site string // its text
	says string // an expression that what is printed matches
	put  func(h *home)
	args []string // more arguments of up
}

// TestRefuse holds, for each kind of bad input, one clear message with its
// place, exit code 1, nothing started and nothing left.
func TestRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range append(refusedTexts(), refusedApps()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, edge.Native)
			h.Write("site.hcl", c.site)
			if c.put != nil {
				c.put(h)
			}
			h.refused(c.says, 1, c.args...)
		})
	}
}

// refused runs up and holds that it fails with one error and leaves nothing.
func (h *home) refused(says string, code int, args ...string) {
	h.t.Helper()
	h.refusedTo(func(c *exec.Cmd) { c.Args = append(c.Args, args...) }, says, code)
}

func (h *home) refusedTo(option func(*exec.Cmd), says string, code int) {
	h.t.Helper()
	e := h.up(option)
	if got := e.Ends(); got != code {
		h.t.Errorf("exit code %d, want %d", got, code)
	}
	h.Settled(0)
	said := strings.ReplaceAll(e.Err.Text(), h.Dir, "HOME")
	if !regexp.MustCompile(says).MatchString(said) {
		h.t.Errorf("it does not say %q:\n%s", says, said)
	}
	if n := len(regexp.MustCompile(`(?m)^error: |^edgegen: |: error: |warning: `).FindAllString(said, -1)); n != 1 {
		h.t.Errorf("there are %d messages:\n%s", n, said)
	}
	if e.Out.Text() != "" {
		h.t.Errorf("stdout holds %q", e.Out.Text())
	}
	h.clean("no.crt", "server.crt", "server.key", "app.sh")
}

// rawSite is one with raw text, of which the last line is the 11th of the file.
func rawSite(daemon, text string) string {
	return anyPort + "site \"edge.test\" {\n" + selfSigned + "  raw {\n    " + daemon + " = <<-EOT\n      # one\n      # two\n      " + text + "\n    EOT\n  }\n" + elsewhere + "}\n"
}

func refusedTexts() []refusal {
	withTLS := anyPort + "site \"edge.test\" {\n  tls {\n    certificate = \"server.crt\"\n    key         = \"server.key\"\n  }\n" + elsewhere + "}\n"
	return []refusal{
		{name: "missing certificate", site: withTLS, says: `^error: certificate "server\.crt" does not exist\n --> HOME/site\.hcl:7:`,
			put: func(h *home) {
				h.certificate("other", edge.Valid)
				h.rename("other.key", "server.key")
				h.rename("other.crt", "no.crt")
			}},
		{name: "key of another certificate", site: withTLS, says: `^error: key "server\.key" does not match certificate "server\.crt"\n --> HOME/site\.hcl:8:`,
			put: func(h *home) {
				h.certificate("other", edge.Valid)
				h.certificate("server", edge.Valid)
				h.rename("other.key", "server.key")
				h.rename("other.crt", "no.crt")
			}},
		{name: "backend misspelt", site: anyPort + "site \"edge.test\" {\n" + selfSigned + "  backend \"app\" { servers = [\"127.0.0.1:1\"] }\n  route \"/\" { backend = \"ap\" }\n}\n",
			says: `^error: no backend is called "ap"\n --> HOME/site\.hcl:8:25\n(.*\n)*.*= did you mean "app"\?\n$`},
		{name: "root missing", site: anyPort + "site \"edge.test\" {\n" + selfSigned + "  route \"/\" {\n    static { root = \"publik\" }\n  }\n}\n",
			says: `^error: root "publik" does not exist\n --> HOME/site\.hcl:8:`},
		{name: "empty file", site: "", says: `^error: no site block: there is nothing to serve\n --> HOME/site\.hcl\n`},
		{name: "binary file", site: "\x7fELF\x02\x01\x01\x00\x00\x00", says: `^error: the file is binary`},
		{name: "not UTF-8", site: "site \"\xff\" {}\n", says: `^error: .*\n --> HOME/site\.hcl`},
		{name: "no such user", site: strings.Replace(anyPort, "{", "{\n  user = \"nobody-of-that-name\"", 1) + plainSite,
			says: `error: there is no user "nobody-of-that-name" on this machine\n --> HOME/site\.hcl:2:`, put: asRoot},
		{name: "lowest TLS versions differ", site: anyPort + plainSite + "site \"other.test\" {\n  tls {\n    self_signed = true\n    min_version = \"1.3\"\n  }\n" + elsewhere + "}\n",
			says: `error: stunnel cannot have min_version "1\.3" for other\.test and "1\.2" for edge\.test on one listener\n  --> HOME/site\.hcl:\d+:`, args: []string{"--engine", "native"}},
		{name: "PROXY headers for stunnel", site: strings.Replace(anyPort, "{", "{\n  proxy_protocol = [\"10.0.0.0/8\"]\n  engine { tls = \"stunnel\" }", 1) + plainSite,
			says: `error: stunnel cannot take the PROXY headers that proxy_protocol asks for\n --> HOME/site\.hcl:2:`, args: []string{"--engine", "native"}},
		{name: "address of another machine", site: strings.Replace(anyPort, `https = ["127.0.0.1:0"]`, `https = ["192.0.2.1:8443"]`, 1) + plainSite,
			says: `error: cannot listen on 192\.0\.2\.1:8443: this machine does not have the address\n --> HOME/site\.hcl:3:`},
		{name: "access log nowhere", site: strings.Replace(anyPort, "{", "{\n  log { access = \"nowhere/access.log\" }", 1) + plainSite,
			says: `^error: the directory of access "nowhere/access\.log" does not exist\n --> HOME/site\.hcl:2:`},
		{name: "newline in a header", site: headerSite(`"a\nEvil: b"`), says: `^error: .*\n  ?--> HOME/site\.hcl:10:`},
		{name: "interpolation", site: headerSite(`"${host}"`), says: `^error: .*\n  ?--> HOME/site\.hcl:10:`},
		// L6: what a daemon refuses without naming a line of it.
		{name: "a variable that nginx does not know", site: rawSite("nginx", "return 200 $other;"), says: `(?m)^error: nginx refuses this raw text: unknown "other" variable\n  ?--> HOME/site\.hcl:11:`},
		{name: "a zone of nginx that is not there", site: rawSite("nginx", "proxy_cache other;"), says: `(?m)^error: nginx refuses this raw text: "proxy_cache" zone "other" is unknown\n  ?--> HOME/site\.hcl:11:`},
		{name: "an option of stunnel", site: rawSite("stunnel", "nonsense = 1"), says: `(?m)^error: stunnel refuses this raw text: "nonsense = 1": .*\n  ?--> HOME/site\.hcl:11:`},
		{name: "ciphers that OpenSSL does not know", site: rawSite("stunnel", "ciphers = NOPE"), says: `(?m)^error: stunnel refuses this raw text: .*cipher.*\n  ?--> HOME/site\.hcl:11:`},
		{name: "a vcl_init that fails", site: strings.Replace(anyPort, "edge {\n", "edge {\n  raw {\n    varnish {\n      top = <<-EOT\n        import std;\n        sub vcl_init { if (std.integer(\"x\", 0) == 0) { return (fail(\"not today\")); } }\n      EOT\n    }\n  }\n", 1) + plainSite,
			says: `(?m)^error: varnish refuses this raw text: vcl_init fails: not today\n --> HOME/site\.hcl:6:`},
		{name: "semicolon in a path", site: anyPort + "site \"edge.test\" {\n" + selfSigned + "  route \"/a; evil\" {\n    static { root = \"public\" }\n  }\n}\n", says: `^error: .*\n --> HOME/site\.hcl:7:`},
	}
}

// asRoot skips what only root can get wrong.
func asRoot(h *home) { needRoot(h.t) }

// headerSite sets a response header.
func headerSite(value string) string {
	return anyPort + "site \"edge.test\" {\n" + selfSigned + "  route \"/\" {\n    static { root = \"public\" }\n    response_headers {\n      set = { \"X-Odd\" = " + value + " }\n    }\n  }\n}\n"
}

func refusedApps() []refusal {
	with := func(command string) string {
		return anyPort + "site \"edge.test\" {\n" + selfSigned + "  backend \"app\" {\n    servers = [\"unix:sock/app\"]\n    command = [" + command + "]\n  }\n  route \"/\" { backend = \"app\" }\n}\n"
	}
	const place = `\n --> HOME/site\.hcl:[78]:3\n`
	return []refusal{
		{name: "app not found", site: with(`"no-such-program"`), says: `error: the app app does not come up: .*"no-such-program".*` + place},
		{name: "app file missing", site: with(`"/no/such/program"`), says: `error: the app app does not come up: .*/no/such/program.*` + place},
		{name: "app exits at once", site: with(`"sh", "-c", "echo the reason; exit 3"`), says: `error: the app app does not come up: .*exited with status 3 after .*: the reason` + place},
		{name: "app never listens", site: with(fmt.Sprintf("%q, %q, %q", app(), "-stubborn", "-offspring")),
			says: `error: the app app does not come up: app did not get ready within 300ms: .*` + place, args: []string{"--app-timeout", "300ms"},
			put: func(h *home) { h.Replace("edge {\n", "edge {\n  timeouts { drain = \"1s\" }\n") }},
	}
}

// TestRefuseDirectory is about what SITE names.
func TestRefuseDirectory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, site, says string }{
		{"directory without hcl", "public", `^error: the directory has no \.hcl or \.hcl\.json file\n --> HOME/public\n`},
		{"nothing", "nothing.hcl", `^error: there is no such file or directory\n --> HOME/nothing\.hcl\n`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, edge.Native)
			h.File = h.Path(c.site)
			h.refused(c.says, 1)
		})
	}
}

// TestRefuseMissingDaemon hides varnishd from edgegen alone.
func TestRefuseMissingDaemon(t *testing.T) {
	t.Parallel()
	needRoot(t)
	varnishd, err := exec.LookPath("varnishd")
	if err != nil {
		t.Skip("varnishd is not in PATH, so that it cannot be hidden")
	}
	hide := []string{"unshare", "--mount", "sh", "-c", `mount --bind /dev/null "$0" && exec "$@"`, varnishd}
	if output, err := exec.Command(hide[0], append(hide[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("there are no mount namespaces here: %v: %s", err, output)
	}
	h := newHome(t, edge.Native)
	h.CompileAsUsers()
	h.Write("site.hcl", anyPort+plainSite)
	command := h.Command("up", "--engine", "native", "--state-dir", h.State, h.File)
	command.Args = append(append([]string{}, hide...), command.Args...)
	if command.Path, err = exec.LookPath(hide[0]); err != nil {
		t.Fatal(err)
	}
	output, err := command.CombinedOutput()
	if code := command.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, %v", code, err)
	}
	const want = "edgegen: cache tier: varnish is not installed: no varnishd or vinyld in PATH or the sbin directories; install the package varnish\n"
	if !strings.HasSuffix(string(output), want) {
		t.Errorf("it says %q, want %q", output, want)
	}
	h.Settled(0)
	h.clean()
}

func (h *home) rename(from, to string) {
	h.t.Helper()
	if err := os.Rename(h.Path(from), h.Path(to)); err != nil {
		h.t.Fatal(err)
	}
}
