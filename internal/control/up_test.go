package control

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgegen/internal/config"
	"edgegen/internal/generation"
	"edgegen/internal/site"
	"edgegen/internal/systemd"
)

// manager holds listeners as a service manager does.
type manager struct {
	t         *testing.T
	listeners []*net.TCPListener
}

func newManager(t *testing.T, n int) *manager {
	t.Helper()
	m := &manager{t: t}
	for range n {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		m.listeners = append(m.listeners, listener.(*net.TCPListener))
	}
	return m
}

// passed are descriptors of the listeners for one run.
func (m *manager) passed() []systemd.Listener {
	m.t.Helper()
	var passed []systemd.Listener
	for _, listener := range m.listeners {
		file, err := listener.File()
		if err != nil {
			m.t.Fatal(err)
		}
		passed = append(passed, systemd.Listener{File: file, Address: netip.MustParseAddrPort(listener.Addr().String())})
	}
	return passed
}

// lastGoodUp runs the edge until it serves and the function has returned.
func lastGoodUp(t *testing.T, o Options, serves func()) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Ready = func([]string) {
		serves()
		cancel()
	}
	return Up(ctx, t.Context(), o)
}

// --last-good serves on the service manager's sockets also where the site is
// refused late: after a first attempt has had them.
func TestLastGoodOnPassedListeners(t *testing.T) {
	for _, c := range []struct{ name, edge, backend string }{
		{"the file cannot be parsed", "}", ""},
		{"the access log", `log { access = "/proc/none.log" }`, ""},
		{"an app", "", `backend "app" {
				servers = ["unix:app.sock"]
				command = ["/bin/sleep", "600"]
			}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, open := range []string{filepath.Dir(dir), dir} {
				if err := os.Chmod(open, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			m := newManager(t, 3) // the site does not name the third
			write := func(name, text string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			describe := func(edge, backend string) {
				t.Helper()
				write("site.hcl", fmt.Sprintf(`edge {
  http  = [%q]
  https = [%q]
  %s
}
site "edge.test" {
  tls { self_signed = true }
  %s
  route "/" { static { root = "." } }
}
`, m.listeners[0].Addr(), m.listeners[1].Addr(), edge, backend))
			}
			write("hello.txt", "hello\n")
			gets := func() {
				client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
					DisableKeepAlives: true,
					TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, ServerName: "edge.test"},
				}}
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+m.listeners[1].Addr().String()+"/hello.txt", nil)
				if err != nil {
					t.Error(err)
					return
				}
				request.Host = "edge.test"
				answer, err := client.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				defer answer.Body.Close()
				if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "hello\n" {
					t.Errorf("%s: %q, %v", answer.Status, body, err)
				}
			}
			o := Options{
				Site:     filepath.Join(dir, "site.hcl"),
				StateDir: filepath.Join(dir, "state"),
				Select:   generation.Selection{Roles: map[string]site.Engine{site.TLSTier: site.Builtin, site.CacheTier: site.Builtin, site.WebTier: site.Builtin}},
				LastGood: true,
				Guardian: []string{"guardian"},
				AppStart: time.Second,
				Log:      slog.New(slog.DiscardHandler),
				Access:   io.Discard,
				SetLevel: func(string) {},
				Warn:     func(config.Diagnostics) {},
			}
			for _, refused := range []bool{false, true} {
				describe("", "")
				if refused {
					describe(c.edge, c.backend)
				}
				o.Listeners = m.passed()
				served := false
				if err := lastGoodUp(t, o, func() { served = true; gets() }); err != nil || !served {
					t.Fatalf("refused %t: served %t, %v", refused, served, err)
				}
				for _, l := range o.Listeners {
					if l.File.Close() == nil {
						t.Errorf("refused %t: %s was left open", refused, l.Address)
					}
				}
			}
		})
	}
}

// What cannot be read in a ledger may name something that is left behind, so a
// person is told.
func TestP4UnreadableLedgerIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ledger"), []byte("what is this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	s, err := openState(t.Context(), Options{StateDir: dir, Guardian: []string{"guardian"}, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.close(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(said.String(), "level=WARN") || !strings.Contains(said.String(), "what is this") {
		t.Errorf("said %q", said.String())
	}
}
