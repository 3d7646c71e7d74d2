package native

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/accesslog"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

func testSetup() Setup {
	return Setup{
		Edge:       &site.Edge{Timeout: site.Timeouts{Drain: 7 * time.Second}},
		Layout:     render.Layout{Dir: "/etc/edgegen", Run: "/run/edgegen"},
		Generation: "cafe",
		Credential: &supervise.Credential{UID: 33, GID: 33},
		Message:    func(string, []byte) {},
		Access:     func(*accesslog.Record) {},
	}
}

func variable(env []string, name string) string {
	for _, one := range env {
		if value, found := strings.CutPrefix(one, name+"="); found {
			return value
		}
	}
	return ""
}

// Sockets are handed over by number, from 3 up, in the order of the files.
func TestProcessesInheritSockets(t *testing.T) {
	files := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	daemon := Daemon{Path: "/usr/sbin/daemon"}
	for _, c := range []struct {
		process        supervise.Process
		variable, want string
	}{
		{NginxProcess(daemon, testSetup(), files), "NGINX", "3;4;5;"},
		{NginxCheck(daemon, testSetup(), files, nil), "NGINX", "3;4;5;"},
		{NginxProcess(daemon, testSetup(), nil), "NGINX", ""},
		{StunnelProcess(daemon, testSetup(), files, nil), "LISTEN_FDS", "3"},
	} {
		if got := variable(c.process.Env, c.variable); got != c.want {
			t.Errorf("%s: %s=%q", c.process.Name, c.variable, got)
		}
		if c.want != "" && !slices.Equal(c.process.ExtraFiles, files) {
			t.Errorf("%s inherits %v", c.process.Name, c.process.ExtraFiles)
		}
	}
}

// X3: every process runs as whom the setup names; nothing of the caller's
// environment reaches a daemon.
func TestX3ProcessesRunAsTheUser(t *testing.T) {
	t.Setenv("EDGEGEN_TEST_SECRET", "secret")
	setup, daemon := testSetup(), Daemon{Path: "/usr/sbin/daemon"}
	varnish := &Varnish{CLI: listen(t), daemon: daemon, setup: setup, current: vclSet{arguments: render.Arguments{{Option: "-a", Value: "x"}}}, secret: secretFile{path: "/run/edgegen/varnish.secret"}}
	for _, process := range []supervise.Process{
		NginxProcess(daemon, setup, nil), NginxCheck(daemon, setup, nil, nil), StunnelProcess(daemon, setup, nil, nil),
		varnish.Process(func() int { return 0 }), VarnishCheck(daemon, setup, "default.vcl", nil),
	} {
		if process.Credential != setup.Credential {
			t.Errorf("%s runs as %v", process.Name, process.Credential)
		}
		if process.Dir != "/run/edgegen" || variable(process.Env, "TZ") != "UTC" || strings.Contains(strings.Join(process.Env, " "), "secret") {
			t.Errorf("%s runs in %q with %q", process.Name, process.Dir, process.Env)
		}
	}
	if nginx := NginxProcess(daemon, setup, nil); nginx.StopSignal != syscall.SIGQUIT || nginx.StopTimeout != 7*time.Second || !nginx.StopLeader {
		t.Errorf("nginx is stopped by %v within %v", nginx.StopSignal, nginx.StopTimeout)
	}
}

// X2: varnish's secret is readable by its owner alone.
func TestX2VarnishSecret(t *testing.T) {
	setup := testSetup()
	setup.Layout.Run, setup.Credential = t.TempDir(), nil
	varnish, err := NewVarnish(Daemon{}, setup, &render.Output{}, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer varnish.Close()
	info, err := os.Stat(filepath.Join(setup.Layout.Run, "varnish.secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	arguments := varnish.Process(func() int { return 0 }).Args
	if strings.Contains(strings.Join(arguments, " "), "secret\n") || !slices.Contains(arguments, varnish.secret.path) {
		t.Errorf("arguments %q", arguments)
	}
}

// A varnishd that was killed leaves sockets, which the next one needs gone;
// what nginx listens on stays. The secret is put back where it is missing.
func TestVarnishPrepareRemovesItsSockets(t *testing.T) {
	setup := testSetup()
	setup.Layout.Run = t.TempDir()
	listens := render.Arguments{{Option: "-a", Name: "edge", Value: setup.Layout.CacheSocket() + ",PROXY,mode=0600"}, {Option: "-a", Name: "plain", Value: setup.Layout.PlainSocket() + ",mode=0666"}}
	varnish := &Varnish{CLI: listen(t), setup: setup, current: vclSet{arguments: listens},
		secret: secretFile{filepath.Join(setup.Layout.Run, "varnish.secret"), []byte("secret")}}
	for _, path := range []string{setup.Layout.CacheSocket(), setup.Layout.PlainSocket(), setup.Layout.WebSocket()} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := varnish.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(setup.Layout.Run)
	if err != nil || len(left) != 2 || left[0].Name() != "varnish.secret" || left[1].Name() != "web.sock" {
		t.Errorf("left %v, %v", left, err)
	}
}

// unixServer answers on a socket.
func unixServer(t *testing.T, handler http.HandlerFunc) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "web-probe.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return socket
}

// readyNginx is nginx's Ready, for an edge whose web tier answers on the socket.
func readyNginx(ctx context.Context, socket, generation string) error {
	setup := testSetup()
	setup.Layout.Run, setup.Generation = filepath.Dir(socket), generation
	return NginxProcess(Daemon{}, setup, nil).Ready(ctx)
}

// R5: a tier is ready when it serves this generation, not when it serves.
func TestR5ProbeWaitsForTheGeneration(t *testing.T) {
	for name, probe := range map[string]func(context.Context, string, string) error{"nginx": readyNginx, "varnish": probeVarnish} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			socket := unixServer(t, func(w http.ResponseWriter, _ *http.Request) {
				generation := "new"
				if asked.Add(1) < 3 {
					generation = "old"
				}
				w.Header().Set("X-Edge-Generation", generation)
				if name == "nginx" {
					_, _ = w.Write([]byte(generation + "\n"))
				}
			})
			if err := probe(soon(t), socket, "new"); err != nil || asked.Load() != 3 {
				t.Errorf("%v after %d questions", err, asked.Load())
			}
			impatient := func() context.Context {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				t.Cleanup(cancel)
				return ctx
			}
			if err := probe(impatient(), socket, "newer"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"newer"`) {
				t.Errorf("a generation that does not come: %v", err)
			}
			if err := probe(impatient(), filepath.Join(t.TempDir(), "web-probe.sock"), "new"); !errors.Is(err, syscall.ENOENT) {
				t.Errorf("no socket: %v", err)
			}
		})
	}
}

// R4: the probe tells one certificate from another.
func TestR4ProbeTLSComparesTheCertificate(t *testing.T) {
	one := httptest.NewUnstartedServer(http.NotFoundHandler())
	one.Config.ErrorLog = log.New(io.Discard, "", 0) // the probe hangs up after the handshake
	one.StartTLS()
	defer one.Close()
	address := one.Listener.Addr().String()
	if err := ProbeTLS(soon(t), address, "example.com", one.Certificate(), nil); err != nil {
		t.Error(err)
	}
	other := *one.Certificate()
	other.Raw = []byte("another")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := ProbeTLS(ctx, address, "example.com", &other, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("another certificate: %v", err)
	}
}

// probeVarnish waits until the cache tier serves the generation.
func probeVarnish(ctx context.Context, socket, generation string) error {
	return until(ctx, func() error {
		_, header, err := get(ctx, socket, "/")
		if err != nil {
			return err
		}
		return expect(generation, header.Get("X-Edge-Generation"))
	})
}

// R1: a varnishd that starts in the middle of a change does not load another
// generation's VCL under the name of its own.
func TestR1FilesOfTheGeneration(t *testing.T) {
	run := t.TempDir()
	link := filepath.Join(run, "config")
	for _, generation := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(run, generation), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(run, generation, "default.vcl"), []byte(`"`+generation+`"`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	v := &Varnish{setup: Setup{Layout: render.Layout{Dir: link, Run: run}}}
	for _, c := range []struct{ name, dir, link, want string }{
		{"its own directory", "one", "two", "one"},
		{"cleared away, the same VCL", "gone", "one", "one"},
		{"cleared away, another VCL", "gone", "two", ""},
		{"cleared away, no files", "gone", "nothing", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_ = os.Remove(link) // the case before made it
			if err := os.Symlink(c.link, link); err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want != "" {
				want = filepath.Join(run, want)
			}
			got, err := v.filesOf(vclSet{generation: "one", dir: filepath.Join(run, c.dir)})
			if got != want || (err == nil) != (want != "") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
