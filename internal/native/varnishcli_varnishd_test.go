package native

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgegen/internal/site"
)

// varnishd starts a real varnishd without a VCL, which listens on a socket in
// the directory and dials cli.
func varnishd(t *testing.T, cli *VarnishCLI, directory string) *exec.Cmd {
	t.Helper()
	daemon := installed(t, site.Varnish)
	secret := filepath.Join(directory, "secret")
	if err := os.WriteFile(secret, []byte(testSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	command := exec.Command(daemon.Path, "-F", "-n", filepath.Join(directory, "work"), "-f", "",
		"-a", filepath.Join(directory, "varnish.sock"), "-M", cli.Address(), "-S", secret,
		"-p", "thread_pool_min=5", "-p", "thread_pool_max=10", "-s", "default,1m")
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if command.ProcessState == nil {
			end(t, command)
		}
		if t.Failed() {
			t.Logf("varnishd said:\n%s", output.String())
		}
	})
	return command
}

// end terminates varnishd and waits for it; its child ends with it.
func end(t *testing.T, command *exec.Cmd) {
	t.Helper()
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer kill.Stop()
	if err := command.Wait(); err != nil {
		t.Errorf("varnishd: %v", err)
	}
}

// backend answers on a Unix socket in the directory.
func backend(t *testing.T, directory, text string) (socket string) {
	t.Helper()
	socket = filepath.Join(directory, "backend.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o777); err != nil { // varnishd's child has a user of its own
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, text)
	}))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return socket
}

func TestVarnishd(t *testing.T) {
	ctx := soon(t)
	cli, directory := listen(t), publicDirectory(t)
	command := varnishd(t, cli, directory)
	cli.Expect(command.Process.Pid)
	write := func(name, text string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(cli.Ping(ctx))

	// Without a VCL there is nothing to start.
	var refusal *VarnishError
	if err := cli.Start(ctx); !errors.As(err, &refusal) || refusal.Status != 300 {
		t.Errorf("start without a VCL: %v, want status 300", err)
	}
	quick, err := cli.FastCompiler(ctx)
	must(err)
	compiler, err := cli.ShowParameter(ctx, "cc_command")
	must(err)
	if compiler != quick || !strings.Contains(compiler, " -O0 ") {
		t.Errorf("compiler %q, told as %q, want -O0", compiler, quick)
	}

	bad := write("bad one.vcl", "vcl 4.1;\n# site.hcl:7\nbackend default none;\nsub vcl_recv { set req.nonsense = 1; }\n")
	_, err = cli.Load(ctx, "bad", bad)
	if !errors.As(err, &refusal) || refusal.Status != 106 {
		t.Fatalf("load of a bad VCL: %v, want status 106", err)
	}
	want := []Position{{File: bad, Line: 4, Text: "Symbol not found: 'req.nonsense'"}}
	if diff := cmp.Diff(want, LocateVCC(refusal.Message, bad)); diff != "" {
		t.Error(diff)
	}

	good := write("good.vcl", "vcl 4.1;\nbackend default { .path = \""+backend(t, directory, "hello")+"\"; }\n")
	start := time.Now()
	message, err := cli.Load(ctx, "good", good)
	must(err)
	t.Logf("vcl.load without optimization took %v", time.Since(start).Round(time.Millisecond))
	if positions := LocateVCC(message, good); len(positions) != 0 {
		t.Errorf("warnings %v about a good VCL", positions)
	}
	must(cli.Use(ctx, "good"))
	must(cli.Start(ctx))
	if running, err := cli.Running(ctx); !running || err != nil {
		t.Errorf("running %t, %v after start", running, err)
	}
	if text := fetch(t, filepath.Join(directory, "varnish.sock")); text != "hello" {
		t.Errorf("got %q through varnish, want hello", text)
	}

	_, err = cli.Load(ctx, "other", good)
	must(err)
	vcls, err := cli.List(ctx)
	must(err)
	statuses := map[string]string{}
	for _, vcl := range vcls {
		statuses[vcl.Name] = vcl.Status
	}
	if diff := cmp.Diff(map[string]string{"good": "active", "other": "available"}, statuses); diff != "" {
		t.Error(diff)
	}
	must(cli.Discard(ctx, "other"))
	if err := cli.Discard(ctx, "good"); !errors.As(err, &refusal) {
		t.Errorf("discard of the active VCL: %v, want it refused", err)
	}
	end(t, command)
}

// fetch gets "/" over a Unix socket.
func fetch(t *testing.T, socket string) string {
	t.Helper()
	transport := &http.Transport{}
	transport.DisableKeepAlives = true
	var dialer net.Dialer
	client := http.Client{Transport: transport, Timeout: time.Minute}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socket)
	}
	response, err := client.Get("http://edge.example/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestVarnishdParameters(t *testing.T) {
	ctx := soon(t)
	cli := listen(t)
	command := varnishd(t, cli, publicDirectory(t))
	cli.Expect(command.Process.Pid)
	for _, test := range []struct{ name, parameter, value, want string }{
		{"seconds", "pipe_timeout", "86400", "86400"},
		{"bytes", "thread_pool_stack", "80k", "81920"},
		{"number", "http_max_hdr", "128", "128"},
		{"every kind of byte", "cc_command", "exec \"a b\"\t'c' \\ \\101 \\n é #<<\x01 %s", "exec \"a b\"\t'c' \\ \\101 \\n é #<<\x01 %s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := cli.SetParameter(ctx, test.parameter, test.value); err != nil {
				t.Fatal(err)
			}
			got, err := cli.ShowParameter(ctx, test.parameter)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSuffix(got, ".000") != test.want {
				t.Errorf("value %q, want %q", got, test.want)
			}
		})
	}
	var refusal *VarnishError
	if err := cli.SetParameter(ctx, "nonsense", "1"); !errors.As(err, &refusal) || refusal.Status != 106 {
		t.Errorf("set of an unknown parameter: %v, want status 106", err)
	}
	if _, err := cli.ShowParameter(ctx, "nonsense"); !errors.As(err, &refusal) {
		t.Errorf("show of an unknown parameter: %v, want it refused", err)
	}
	// A compiler that is no command with -O in it stays.
	if _, err := cli.FastCompiler(ctx); err != nil {
		t.Error(err)
	}
}

// varnishd dials again when its connection is lost, and the next varnishd takes
// the place of one that has ended.
func TestVarnishdDialsAgain(t *testing.T) {
	ctx := soon(t)
	cli := listen(t)
	first := varnishd(t, cli, publicDirectory(t))
	cli.Expect(first.Process.Pid)
	if err := cli.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	reply, err := cli.Command(ctx, "quit")
	if err != nil || reply.Status != 500 {
		t.Fatalf("quit: %+v, %v", reply, err)
	}
	waitUntilConnectedAgain(t, cli)
	end(t, first)

	second := varnishd(t, cli, publicDirectory(t))
	cli.Expect(second.Process.Pid)
	if err := cli.Ping(ctx); err != nil {
		t.Error(err)
	}
}

// waitUntilConnectedAgain pings until it is answered: the end of the old
// connection may be noticed only by the command that meets it.
func waitUntilConnectedAgain(t *testing.T, cli *VarnishCLI) {
	t.Helper()
	ctx := soon(t)
	for {
		err := cli.Ping(ctx)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}
