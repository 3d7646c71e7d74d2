package native

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// reloaded is a varnishd under a Runner, as the cache tier.
type reloaded struct {
	*Varnish
	runner *supervise.Runner
	layout render.Layout
	died   chan error
	number int // of generations written
}

// echoApp answers every connection's request with 101 and then echoes.
func echoApp(t *testing.T) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				reader := bufio.NewReader(connection)
				if _, err := http.ReadRequest(reader); err != nil {
					return
				}
				_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
				_, _ = io.Copy(connection, reader)
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

// sites is an edge of n sites, whose WebSockets go to the app.
func sites(n int, app netip.AddrPort) *site.Edge {
	edge := &site.Edge{
		HTTPS:   []site.Listener{{Address: netip.MustParseAddrPort("127.0.0.1:443")}},
		Storage: site.Storage{Type: "memory", Size: 1 << 20},
		Limits:  site.Limits{Connections: 100, WebSockets: 50, HeaderSize: 16 << 10, BodySize: 1 << 20},
		Timeout: site.Timeouts{Header: 10 * time.Second, Idle: time.Minute, Connect: time.Second, FirstByte: time.Minute, WebSocketIdle: time.Hour},
	}
	for i := range n {
		at := site.Source{File: "site.hcl", Line: 10*i + 1}
		server := site.Server{Host: app.Addr().String(), Port: app.Port(), Source: at}
		edge.Sites = append(edge.Sites, site.Site{
			Host: fmt.Sprintf("site-%05d.example.com", i), Source: at, Cache: site.Cache{Grace: time.Second, Source: at},
			Backends: []site.Backend{{Name: "app", Servers: []site.Server{server}, Source: at}},
			Routes: []site.Route{
				{Path: "/socket", Backend: "app", WebSocket: true, Source: at},
				{Path: "/", Backend: "app", Source: at, ResponseHeaders: site.HeaderRules{Set: []site.Header{{Name: "X-Value", Value: "0", Source: at}}}},
			},
		})
	}
	return edge
}

// startVarnish starts the cache tier for the edge.
func startVarnish(t *testing.T, edge *site.Edge) *reloaded {
	t.Helper()
	return startVarnishIn(t, publicDirectory(t), quickVarnish(t), edge, func(*Setup) {})
}

// quickVarnish is a varnishd whose compiler makes haste, where there is such a one.
func quickVarnish(t *testing.T) Daemon {
	t.Helper()
	daemon := installed(t, site.Varnish)
	compiler, err := FindCompiler(daemon.Path)
	if err != nil {
		t.Fatal(err)
	}
	return compiledBy(t, daemon, compiler, hasty())
}

// compiledBy is a varnishd that has a shell do something before the compiler is called.
func compiledBy(t *testing.T, daemon Daemon, compiler Compiler, before string) Daemon {
	t.Helper()
	bin := publicDirectory(t)
	fakeProgram(t, filepath.Join(bin, "cc"), compiler.Program, before+"\nexec "+compiler.Path+` "$@"`+"\n")
	fakeProgram(t, bin, "varnishd", "PATH="+bin+"/cc:$PATH\nexport PATH\nexec "+daemon.Path+` "$@"`+"\n")
	daemon.Path = filepath.Join(bin, "varnishd")
	return daemon
}

// startVarnishIn starts a varnishd in the directory, which another may have had, with
// more said of its processes.
func startVarnishIn(t *testing.T, dir string, daemon Daemon, edge *site.Edge, more func(*Setup)) *reloaded {
	t.Helper()
	r := &reloaded{layout: render.Layout{Dir: filepath.Join(dir, "config"), Run: dir}, died: make(chan error, 10)}
	for _, directory := range append(r.layout.Directories(), r.layout.Dir) {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	web, err := net.Listen("unix", r.layout.WebSocket())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { web.Close() })
	out := r.render(t, edge)
	r.write(t, out, r.layout.Dir)
	setup := Setup{Edge: edge, Layout: r.layout, Generation: out.Of(site.Varnish).Generation,
		Message: func(_ string, line []byte) { t.Logf("varnishd: %s", line) }}
	more(&setup)
	if r.Varnish, err = NewVarnish(daemon, setup, out, []byte(testSecret)); err != nil {
		t.Fatal(err)
	}
	r.OnChildDied = func(_ int, err error) {
		select {
		case r.died <- err:
		default: // it is told twice
		}
	}
	process := r.Process(func() int { return r.runner.Status().PID })
	if r.runner, err = supervise.NewRunner(process, supervise.Policy{}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.runner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := r.runner.WaitReady(soon(t)); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *reloaded) render(t *testing.T, edge *site.Edge) *render.Output {
	t.Helper()
	out, err := render.Render(render.Input{Edge: edge, Layout: r.layout, Version: "1", Origin: "site.hcl", Standby: true,
		Tiers: site.Engines{TLS: site.Builtin, Web: site.Builtin}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *reloaded) write(t *testing.T, out *render.Output, dir string) {
	t.Helper()
	if _, err := render.Install(dir, out.Files(), nil); err != nil {
		t.Fatal(err)
	}
}

// stage renders the edge into a directory of its own and stages that.
func (r *reloaded) stage(t *testing.T, edge *site.Edge) (*StagedVCL, error) {
	t.Helper()
	r.number++
	dir := filepath.Join(r.layout.Run, "generations", fmt.Sprint(r.number))
	out := r.render(t, edge)
	r.write(t, out, dir)
	return r.Stage(soon(t), out, dir)
}

// reload goes all the way.
func (r *reloaded) reload(t *testing.T, edge *site.Edge) {
	t.Helper()
	staged, err := r.stage(t, edge)
	if err != nil {
		t.Fatal(err)
	}
	if err := staged.Use(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.Probe(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := r.Tidy(soon(t)); err != nil {
		t.Fatal(err)
	}
}

// value is the header that the site's answer has.
func (r *reloaded) value(t *testing.T, host string) string {
	t.Helper()
	connection := r.dial(t)
	defer connection.Close()
	fmt.Fprintf(connection, "GET /socket HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n", host)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d%s", response.StatusCode, response.Header.Get("X-Value"))
}

func (r *reloaded) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := net.DialTimeout("unix", r.layout.VarnishSocket(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(connection, "PROXY TCP4 192.0.2.1 192.0.2.2 1000 443\r\n")
	return connection
}

// pipe opens a WebSocket and returns what sends a message through it and back.
func (r *reloaded) pipe(t *testing.T, host string) (check func()) {
	t.Helper()
	connection := r.dial(t)
	t.Cleanup(func() { connection.Close() })
	fmt.Fprintf(connection, "GET /socket HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", host)
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("open a WebSocket: %+v, %v", response, err)
	}
	return func() {
		t.Helper()
		if _, err := io.WriteString(connection, "ping\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := reader.ReadString('\n'); line != "ping\n" {
			t.Fatalf("a WebSocket echoes %q, %v", line, err)
		}
	}
}

// loaded are the VCLs that are not only waiting for a pipe to end.
func (r *reloaded) loaded(t *testing.T) (names []string) {
	t.Helper()
	all, err := r.CLI.List(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, vcl := range all {
		if vcl.Status != vclDiscarded {
			names = append(names, vcl.Name)
		}
	}
	return names
}

func setValue(edge *site.Edge, site int, value string) {
	edge.Sites[site].Routes[0].ResponseHeaders = edge.Sites[site].Routes[1].ResponseHeaders
	edge.Sites[site].Routes[0].ResponseHeaders.Set[0].Value = value
}

// R2, W2: pipes outlive reloads, and what is loaded does not grow.
func TestR2PipesOutliveReloads(t *testing.T) {
	for _, c := range []struct {
		name                   string
		sites, reloads, atMost int
	}{{"one file", 2, 6, 3}, {"parts", 120, 5, 3 * (8*2 + 1)}} {
		t.Run(c.name, func(t *testing.T) {
			edge := sites(c.sites, echoApp(t))
			r := startVarnish(t, edge)
			host := edge.Sites[1].Host
			checks := []func(){r.pipe(t, host)}
			for i := range c.reloads {
				value := fmt.Sprint(i)
				setValue(edge, 1, value)
				r.reload(t, edge)
				if got := r.value(t, host); got != "400"+value {
					t.Fatalf("after reload %d: %s", i, got)
				}
				if i < 5 {
					checks = append(checks, r.pipe(t, host))
				}
				for _, check := range checks {
					check()
				}
			}
			if names := r.loaded(t); len(names) > c.atMost {
				t.Errorf("loaded: %v", names)
			}
			if got := r.value(t, "nobody.example.com"); !strings.HasPrefix(got, "421") {
				t.Errorf("a host of nobody's: %s", got)
			}
		})
	}
}

// R3: where nothing changed, nothing is said to varnishd.
func TestR3NoCommandWithoutAChange(t *testing.T) {
	edge := sites(1, echoApp(t))
	r := startVarnish(t, edge)
	edge.Sites[0].Source.Line++ // a comment
	r.CLI.turn <- struct{}{}    // whoever has a command to send waits from now on
	staged, err := r.stage(t, edge)
	if err != nil {
		t.Fatal(err)
	}
	if staged.Changed() {
		t.Error("something has changed")
	}
	if err := errors.Join(staged.Use(soon(t)), staged.Abandon(soon(t))); err != nil {
		t.Error(err)
	}
	<-r.CLI.turn
}

// R1: a VCL that varnishd refuses leaves nothing behind; what is taken back is
// as it was.
func TestR1RefusedAndRestored(t *testing.T) {
	edge := sites(1, echoApp(t))
	r := startVarnish(t, edge)
	before := r.loaded(t)
	setValue(edge, 0, "1")
	out, dir := r.render(t, edge), filepath.Join(r.layout.Run, "bad")
	vcl := out.Of(site.Varnish).Files
	vcl[0].Data = append(vcl[0].Data, "sub vcl_recv { set req.nonsense = 1; }\n"...)
	r.write(t, out, dir)
	var refusal *VarnishError
	if _, err := r.Stage(soon(t), out, dir); !errors.As(err, &refusal) || len(LocateVCC(refusal.Message, "default.vcl")) == 0 {
		t.Fatalf("a bad VCL: %v", err)
	}
	staged, err := r.stage(t, edge)
	if err != nil {
		t.Fatal(err)
	}
	if err := staged.Use(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Probe(soon(t)), staged.Restore(soon(t)), r.Probe(soon(t)), staged.Abandon(soon(t))); err != nil {
		t.Fatal(err)
	}
	if after := r.loaded(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("loaded: %v, before: %v", after, before)
	}
}

// Parameters are set without a restart, and back.
func TestReloadSetsParameters(t *testing.T) {
	edge := sites(1, echoApp(t))
	r := startVarnish(t, edge)
	check := r.pipe(t, edge.Sites[0].Host)
	edge.Timeout.WebSocketIdle, edge.Limits.HeaderSize = 2*time.Hour, 32<<10
	staged, err := r.stage(t, edge)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		step          func(context.Context) error
		timeout, size string
	}{
		{staged.Use, "7200", "32768"}, {staged.Restore, "3600", "16384"},
	} {
		if err := want.step(soon(t)); err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"pipe_timeout": want.timeout, "http_req_size": want.size} {
			got, err := r.CLI.ShowParameter(soon(t), name)
			if err != nil || strings.TrimSuffix(got, ".000") != value {
				t.Errorf("%s is %q, %v, want %s", name, got, err, value)
			}
		}
	}
	check()
}

// Every parameter that is rendered can be set while varnishd runs.
func TestParametersAtRunTime(t *testing.T) {
	edge := sites(1, echoApp(t))
	r := startVarnish(t, edge)
	for i, one := range r.inUse().arguments {
		if one.Option != "-p" {
			continue
		}
		name, next := one.Name, slices.Clone(r.inUse().arguments)
		next[i].Value = "1" + one.Value
		changed, restart := r.Change(next)
		if len(changed) != 1 || len(restart) != 0 {
			t.Errorf("%s: %v, %v", name, changed, restart)
		}
		reply, err := r.CLI.Command(soon(t), "param.show", name)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(strings.Fields(reply.Body), " ")
		if reply.Status != cliOK || strings.Contains(said, "until the child process") || strings.Contains(said, "until the VCL programs") {
			t.Errorf("%s: %s", name, said)
		}
		if err := r.CLI.SetParameter(soon(t), name, one.Value); err != nil {
			t.Error(err)
		}
	}
}

// A child that is killed is reported and not replaced; the next varnishd gets
// what is in use by then.
func TestChildDies(t *testing.T) {
	edge := sites(1, echoApp(t))
	r := startVarnish(t, edge)
	setValue(edge, 0, "2")
	r.write(t, r.render(t, edge), r.layout.Dir)
	r.reload(t, edge)
	manager := r.runner.Status().PID
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", manager, manager))
	if err != nil {
		t.Fatal(err)
	}
	var child int
	if _, err := fmt.Sscan(string(children), &child); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case reason := <-r.died:
		if err := r.runner.Abort(soon(t), reason); err != nil {
			t.Fatal(err)
		}
	case <-soon(t).Done():
		t.Fatal("nobody was told")
	}
	again := func() error {
		if status := r.runner.Status(); status.State != supervise.Running || status.PID == manager {
			return fmt.Errorf("%v, process %d", status.State, status.PID)
		}
		return nil
	}
	if err := until(soon(t), again); err != nil {
		t.Fatal(err)
	}
	if got := r.value(t, edge.Sites[0].Host); got != "4002" {
		t.Errorf("after the restart: %s", got)
	}
}

// varnishd killed while something is staged: the one that follows it has what
// is in use.
func TestKilledWhileStaging(t *testing.T) {
	edge := sites(120, echoApp(t))
	r := startVarnish(t, edge)
	first := r.runner.Status().PID
	for i := range edge.Sites {
		setValue(edge, i, "3")
	}
	killed := make(chan error, 1)
	go func() {
		time.Sleep(100 * time.Millisecond) // somewhere in the middle of it; anywhere will do
		killed <- syscall.Kill(first, syscall.SIGKILL)
	}()
	staged, err := r.stage(t, edge)
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	want := "400"
	if err == nil {
		// It was killed early enough for all to be staged in the next one.
		want = "4003"
		if err := staged.Use(soon(t)); err != nil {
			want = "400"
			_ = staged.Restore(soon(t)) // what can be: the next one starts with it
		}
	}
	// The child of the one that was killed may answer for a moment yet.
	if err := until(soon(t), func() error {
		if now := r.runner.Status(); now.PID == first || now.State != supervise.Running {
			return fmt.Errorf("the next varnishd is %v", now.State)
		}
		return r.Probe(t.Context())
	}); err != nil {
		t.Error(err)
	}
	if got := r.value(t, edge.Sites[0].Host); got != want {
		t.Errorf("after the restart: %s, want %s", got, want)
	}
}

func TestChangeInWords(t *testing.T) {
	const running = "-n=/a;-a edge=/s,PROXY;-s main=malloc,268435456;-p pipe_timeout=60;-p odd=1"
	arguments := func(text string) (all render.Arguments) {
		for one := range strings.SplitSeq(text, ";") {
			name, value, _ := strings.Cut(one, "=")
			option, name, _ := strings.Cut(name, " ")
			all = append(all, render.Argument{Option: option, Name: name, Value: value})
		}
		return all
	}
	for _, c := range []struct{ name, from, to, parameters, restart string }{
		{"nothing", "", "", "[]", "[]"},
		{"parameter", "pipe_timeout=60", "pipe_timeout=70", "[{pipe_timeout 70 60}]", "[]"},
		{"size", "268435456", "536870912", "[]", "[storage size 256 MiB -> 512 MiB]"},
		{"odd size", "268435456", "5", "[]", "[storage size 256 MiB -> 5 bytes]"},
		{"type", "malloc,268435456", "file,/x,268435456", "[]", "[storage memory -> file]"},
		{"address", "/s,", "/t,", "[]", "[listening address edge /s,PROXY -> /t,PROXY]"},
		{"unknown parameter", "odd=1", "odd=2", "[]", "[parameter odd 1 -> 2]"},
		{"parameter that goes", "odd=1", "pipe_timeout=60", "[]", "[parameter odd 1 -> none]"},
		{"directory", "/a", "/b", "[]", "[working directory /a -> /b]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &Varnish{current: vclSet{arguments: arguments(running)}}
			parameters, restart := v.Change(arguments(strings.Replace(running, c.from, c.to, 1)))
			if fmt.Sprint(parameters) != c.parameters || fmt.Sprint(restart) != c.restart {
				t.Errorf("%v, %v", parameters, restart)
			}
		})
	}
}

// A drain ends connections after their answer, and idle ones, and leaves
// WebSockets.
func TestDrain(t *testing.T) {
	edge := sites(1, echoApp(t))
	r := startVarnish(t, edge)
	check := r.pipe(t, edge.Sites[0].Host)
	open := func() (connection net.Conn, ask func() (ends bool)) {
		t.Helper()
		connection = r.dial(t)
		t.Cleanup(func() { connection.Close() })
		reader := bufio.NewReader(connection)
		return connection, func() bool {
			t.Helper()
			fmt.Fprintf(connection, "GET /%%2e%%2e/ HTTP/1.1\r\nHost: %s\r\n\r\n", edge.Sites[0].Host)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				t.Fatal(err)
			}
			return response.Close
		}
	}
	idle, ask := open()
	_, busy := open()
	if ask() || busy() {
		t.Fatal("a connection ends before it is to")
	}
	if err := r.CLI.SetHealth(soon(t), flagBackend, "sick"); err != nil {
		t.Fatal(err)
	}
	if !busy() {
		t.Error("a connection goes on")
	}
	if err := r.Drain(soon(t)); err != nil {
		t.Fatal(err)
	}
	if n, err := idle.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("an idle connection: %d bytes, %v", n, err)
	}
	check()
	if err := r.Resume(soon(t)); err != nil {
		t.Fatal(err)
	}
	if _, ask := open(); ask() {
		t.Error("a connection ends after the draining")
	}
}

// The files of many sites can be run by hand, as varnishd.args says.
func TestManySitesByHand(t *testing.T) {
	daemon := installed(t, site.Varnish)
	dir := publicDirectory(t)
	layout := render.Layout{Dir: filepath.Join(dir, "config"), Run: dir}
	for _, directory := range layout.Directories() {
		if err := os.Mkdir(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	web, err := net.Listen("unix", layout.WebSocket())
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	out, err := render.Render(render.Input{Edge: sites(100, echoApp(t)), Layout: layout, Version: "1", Origin: "site.hcl",
		Tiers: site.Engines{TLS: site.Builtin, Web: site.Builtin}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := render.Install(layout.Dir, out.Files(), nil); err != nil {
		t.Fatal(err)
	}
	arguments := append([]string{"-F", "-f", layout.Dir + "/default.vcl", "-p", quickCompiler}, out.Of(site.Varnish).Arguments.Words()...)
	command := exec.Command(daemon.Path, arguments...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer end(t, command)
	if err := probeVarnish(soon(t), layout.CacheProbe(), out.Of(site.Varnish).Generation); err != nil {
		t.Error(err)
	}
}
