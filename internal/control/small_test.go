package control

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/render"
	"edgegen/internal/site"
)

func TestParseSelection(t *testing.T) {
	all := func(engine site.Engine) map[string]site.Engine {
		return map[string]site.Engine{RoleTLS: engine, RoleCache: engine, RoleWeb: engine}
	}
	for _, c := range []struct {
		text   string
		native bool
		roles  map[string]site.Engine // nil where the text is refused
	}{
		{"", false, map[string]site.Engine{}},
		{"native", true, map[string]site.Engine{}},
		{"auto", false, all(site.Auto)},
		{"builtin", false, all(site.Builtin)},
		{"tls=builtin", false, map[string]site.Engine{RoleTLS: site.Builtin}},
		{"tls=stunnel, cache=varnish,web=nginx", false, map[string]site.Engine{RoleTLS: site.Stunnel, RoleCache: site.Varnish, RoleWeb: site.Nginx}},
		{"web=auto", false, map[string]site.Engine{RoleWeb: site.Auto}},
		{"tls=nginx", false, nil},
		{"tls", false, nil},
		{"tls=", false, nil},
		{"=builtin", false, nil},
		{"proxy=builtin", false, nil},
		{"tls=builtin,", false, nil},
		{"Native", false, nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := ParseSelection(c.text)
			if (err != nil) != (c.roles == nil) {
				t.Fatal(err)
			}
			if got.Native != c.native || len(got.Roles) != len(c.roles) {
				t.Errorf("%+v", got)
			}
			for role, engine := range c.roles {
				if got.Roles[role] != engine {
					t.Errorf("%s is %q", role, got.Roles[role])
				}
			}
		})
	}
}

func TestAddressOf(t *testing.T) {
	for host, want := range map[string]string{
		"": "", "192.0.2.1": "192.0.2.1", "2001:DB8::0:1": "2001:db8::1", "::1": "::1",
	} {
		if got, err := addressOf(t.Context(), host); err != nil || got != want {
			t.Errorf("%q is at %q, %v", host, got, err)
		}
	}
	// It depends on the machine whether varnishd can try both.
	if got, err := addressOf(t.Context(), "localhost"); err != nil || got != "localhost" && got != "127.0.0.1" {
		t.Errorf("localhost is at %q, %v", got, err)
	}
}

// The error of a refused site shows its first error, not a warning before it.
func TestRefused(t *testing.T) {
	found := noFindings()
	found.all = config.Diagnostics{{Severity: config.Warning, Summary: "old", File: "a.hcl", Line: 1}}
	if err := found.refusal(); err != nil {
		t.Error(err)
	}
	found.all = append(found.all, config.Diagnostic{Severity: config.Error, Summary: "wrong", File: "a.hcl", Line: 7})
	if err := found.refusal(); err == nil || err.Error() != "a.hcl:7: wrong" {
		t.Error(err)
	}
}

// A state directory may be deeper than a socket's address holds.
func TestControlSocketOfADeepDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := controlSocket(dir)
	if len(path) <= maxSocketPath {
		t.Fatalf("%s is not long", path)
	}
	opened, err := listenShort(dir, path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"state":"ready","generation":3,"version":%q}`, r.Method+r.URL.Path)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(opened) }()
	defer func() {
		_ = server.Close()
		<-served
	}()
	client, err := NewClient(dir)
	if err != nil {
		t.Fatal(err)
	}
	status, err := client.Status(t.Context())
	if err != nil || status.State != "ready" || status.Generation != 3 || status.Version != "GET/status" {
		t.Errorf("%+v, %v", status, err)
	}
	if err := client.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestClientWithoutAnEdge(t *testing.T) {
	dir := t.TempDir()
	client, err := NewClient(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Status(t.Context()); !errors.Is(err, ErrNoEdge) {
		t.Errorf("no socket: %v", err)
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: controlSocket(dir), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	if err := client.Stop(t.Context()); !errors.Is(err, ErrNoEdge) {
		t.Errorf("a socket that a killed edge left: %v", err)
	}
}

// A socket that a crash left is no obstacle; what somebody else put there is.
func TestClearSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control.sock")
	if err := clearSocket(path); err != nil {
		t.Errorf("nothing there: %v", err)
	}
	leave := func() {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := clearSocket(path); err != nil {
		t.Errorf("our own: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("it is still there")
	}
	if os.Geteuid() != 0 {
		t.Skip("not covered here: only root can give a file to somebody else")
	}
	leave()
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if err := clearSocket(path); err == nil || !strings.Contains(err.Error(), "12345") {
		t.Errorf("somebody else's: %v", err)
	}
}

// P6: a message about a line of a rendered file names the line of the HCL too.
func TestP6MessageNamesTheHCL(t *testing.T) {
	rendered := []byte("http {\n    # site.hcl:12: backend app\n    upstream app {\n        server 127.0.0.1:1;    # site.hcl:13\n    }\n}\n")
	g := &generation{output: &render.Output{Daemons: []render.Rendered{{Engine: site.Nginx, Files: []render.File{{Name: "nginx.conf", Data: rendered}}}}}}
	for _, c := range []struct {
		name, says string
		line       int // 0 for none
	}{
		{"nginx", `2026/11/23 04:52:35 [emerg] 9#9: host not found in upstream "app" in /run/edgegen/config/nginx.conf:4`, 13},
		{"nginx", `2026/11/23 04:52:35 [emerg] 9#9: unknown directive "x" in /run/edgegen/config/nginx.conf:3`, 12},
		{"nginx", "2026/11/23 04:52:35 [notice] 9#9: signal process started", 0},
		{"varnishd", "2026/11/23 04:52:35 [emerg] 9#9: x in /run/edgegen/config/nginx.conf:4", 0},
	} {
		at, ok := g.place(c.name, c.says)
		if ok != (c.line > 0) || at.Line != c.line {
			t.Errorf("%s %q: %v, %v", c.name, c.says, at, ok)
		}
	}
}
