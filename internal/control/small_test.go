package control

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"edgegen/internal/config"
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
		"": "", "localhost": "127.0.0.1", "192.0.2.1": "192.0.2.1", "2001:DB8::0:1": "2001:db8::1", "::1": "::1",
	} {
		if got, err := addressOf(t.Context(), host); err != nil || got != want {
			t.Errorf("%q is at %q, %v", host, got, err)
		}
	}
}

// A whole line is written at once, whoever else writes.
func TestAccessLogLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(file, []byte("earlier\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := openAccessLog(site.Log{Access: file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			line := []byte("a line and more")[:6]
			for range 100 {
				log.line(line)
			}
		})
	}
	writers.Wait()
	if err := log.close(); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(file)
	if want := "earlier\n" + strings.Repeat("a line\n", 800); err != nil || string(got) != want {
		t.Errorf("%d bytes instead of %d, %v", len(got), len(want), err)
	}
}

func TestAccessLogPlaces(t *testing.T) {
	var stdout bytes.Buffer
	log, err := openAccessLog(site.Log{Access: "stdout"}, &stdout)
	if err != nil {
		t.Fatal(err)
	}
	log.line([]byte("x"))
	if err := log.close(); err != nil || stdout.String() != "x\n" {
		t.Errorf("%q, %v", stdout.String(), err)
	}
	if log, err := openAccessLog(site.Log{Access: "off"}, &stdout); err != nil || log.writer != nil || log.close() != nil {
		t.Errorf("%+v, %v", log, err)
	}
	if _, err := openAccessLog(site.Log{Access: t.TempDir()}, nil); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("a directory: %v", err)
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
