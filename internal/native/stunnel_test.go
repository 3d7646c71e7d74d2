package native

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
)

// tlsEdge is an edge whose TLS tier is a real stunnel on one loopback listener.
type tlsEdge struct {
	daemon    Daemon
	edge      *site.Edge
	layout    render.Layout
	listeners []*os.File
	pems      map[string][]byte // by host

	mu   sync.Mutex
	said []string
}

func newTLSEdge(t *testing.T) *tlsEdge {
	t.Helper()
	e := &tlsEdge{daemon: installed(t, site.Stunnel), pems: make(map[string][]byte)}
	run := publicDirectory(t)
	e.layout = render.Layout{Dir: filepath.Join(run, "config"), Run: run}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := listener.(*net.TCPListener).File()
	if err := errors.Join(err, listener.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	e.listeners = []*os.File{file}
	second := time.Second
	e.edge = &site.Edge{
		HTTPS:   []site.Listener{{Address: netip.MustParseAddrPort(listener.Addr().String())}},
		Timeout: site.Timeouts{Header: 10 * second, Idle: 10 * second, Connect: second, FirstByte: 10 * second, WebSocketIdle: time.Minute, Drain: second},
		Log:     site.Log{Level: "error"},
	}
	for _, host := range []string{"a.test", "b.test"} {
		e.edge.Sites = append(e.edge.Sites, site.Site{Host: host, TLS: site.TLS{MinVersion: "1.2"}})
		e.pems[host] = certificateOf(t, host)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(strings.Join(e.heard(), "\n"))
		}
	})
	return e
}

// ordinaryUser is whom root's daemons run as here, and whose their files are;
// anybody else's are their own.
func ordinaryUser() (*supervise.Credential, *render.Owner) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	const nobody = 65534
	return &supervise.Credential{UID: nobody, GID: nobody}, &render.Owner{UID: nobody, GID: nobody}
}

func certificateOf(t *testing.T, name string) []byte {
	t.Helper()
	text, err := probePEM(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (e *tlsEdge) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.said)
}

// render makes the edge's files for a directory and puts them there.
func (e *tlsEdge) render(t *testing.T, directory string) (Setup, *render.Output) {
	t.Helper()
	layout := e.layout
	layout.Dir = directory
	in := render.Input{Edge: e.edge, Layout: layout, Origin: "site.hcl", Standby: true, Tiers: site.Engines{Cache: site.Builtin, Web: site.Builtin}}
	for _, one := range e.edge.Sites {
		in.PEM = append(in.PEM, [][]byte{e.pems[one.Host]})
	}
	out, err := render.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	credential, owner := ordinaryUser()
	if _, err := render.Install(directory, out.Files(), owner); err != nil {
		t.Fatal(err)
	}
	return Setup{Edge: e.edge, Layout: layout, Generation: out.Of(site.Stunnel).Generation, Credential: credential, Message: func(_ string, line []byte) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.said = append(e.said, string(line))
	}}, out
}

// start runs a stunnel until the test ends.
func (e *tlsEdge) start(t *testing.T) (*Stunnel, *supervise.Runner) {
	t.Helper()
	setup, _ := e.render(t, e.layout.Dir)
	stunnel, err := NewStunnel(e.daemon, setup, e.listeners)
	if err != nil {
		t.Fatal(err)
	}
	runner := keepRunning(t, stunnel.Process())
	t.Cleanup(func() {
		if err := stunnel.Close(); err != nil {
			t.Error(err)
		}
	})
	return stunnel, runner
}

// keepRunning starts a process, waits until it is ready, and ends it when the
// test does, after what was put off to the end later.
func keepRunning(t *testing.T, process supervise.Process) *supervise.Runner {
	t.Helper()
	return keepRunningUntil(t, context.Background(), process)
}

// keepRunningUntil is keepRunning until ctx or the test ends.
func keepRunningUntil(t *testing.T, ctx context.Context, process supervise.Process) *supervise.Runner {
	t.Helper()
	runner, err := supervise.NewRunner(process, supervise.Policy{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := runner.WaitReady(soon(t)); err != nil {
		t.Fatal(err)
	}
	return runner
}

// echo answers every line on a socket with its own name and the line, without
// the PROXY header.
func echo(t *testing.T, socket, name string) (stop func()) {
	t.Helper()
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false) // a daemon that was killed leaves it
	if err := os.Chmod(socket, 0o777); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer connection.Close()
				lines := bufio.NewScanner(connection)
				for lines.Scan() {
					if !strings.HasPrefix(lines.Text(), "PROXY ") {
						_, _ = connection.Write([]byte(name + " " + lines.Text() + "\n"))
					}
				}
			})
		}
	})
	stopped := sync.OnceFunc(func() { _ = listener.Close() })
	t.Cleanup(func() { stopped(); all.Wait() })
	return stopped
}

// visitor is a client with an open connection.
type visitor struct {
	*tls.Conn
	lines *bufio.Reader
}

func (e *tlsEdge) visit(t *testing.T, host string) *visitor {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{ServerName: host, InsecureSkipVerify: true}}
	connection, err := dialer.DialContext(soon(t), "tcp", e.edge.HTTPS[0].Address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &visitor{connection.(*tls.Conn), bufio.NewReader(connection)}
}

func (v *visitor) says(t *testing.T, text, want string) {
	t.Helper()
	if _, err := v.Write([]byte(text + "\n")); err != nil {
		t.Fatal(err)
	}
	if got, err := v.lines.ReadString('\n'); err != nil || got != want+"\n" {
		t.Errorf("%q is answered with %q, %v", text, got, err)
	}
}

// serves makes sure that the listener has the certificate for the host.
func (e *tlsEdge) serves(t *testing.T, host string, text []byte) {
	t.Helper()
	block, _ := pem.Decode(text)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := ProbeTLS(soon(t), e.edge.HTTPS[0].Address.String(), host, leaf, nil); err != nil {
		t.Error(err)
	}
}

// P5: whoever takes no connections is passed over at once, and asked again as
// soon as it does.
func TestP5StunnelAsksTheStandby(t *testing.T) {
	e := newTLSEdge(t)
	e.start(t)
	echo(t, e.layout.StandbySocket(), "standby")
	e.visit(t, "a.test").says(t, "absent", "standby absent")
	stop := echo(t, e.layout.CacheSocket(), "cache")
	e.visit(t, "b.test").says(t, "there", "cache there")
	stop()
	e.visit(t, "b.test").says(t, "refuses", "standby refuses")
	if err := os.Remove(e.layout.CacheSocket()); err != nil {
		t.Fatal(err)
	}
	echo(t, e.layout.CacheSocket(), "cache")
	e.visit(t, "a.test").says(t, "again", "cache again")
}

// R1, R4, R5: a refused file changes nothing and is named; a good one is in
// force when Reload returns. Open connections go on through both.
func TestR1R4R5StunnelReload(t *testing.T) {
	e := newTLSEdge(t)
	stunnel, runner := e.start(t)
	echo(t, e.layout.CacheSocket(), "cache")
	open := e.visit(t, "b.test")
	open.says(t, "1", "cache 1")

	old := e.pems["b.test"]
	e.pems["b.test"] = certificateOf(t, "b.test renewed")
	next, out := e.render(t, e.layout.Dir)
	conf := filepath.Join(e.layout.Dir, "stunnel.conf")
	broken := bytes.Replace(out.Of(site.Stunnel).Main().Data, []byte("renegotiation = no"), []byte("renegotiation = maybe"), 1)
	if err := os.WriteFile(conf, broken, 0o644); err != nil {
		t.Fatal(err)
	}
	was := stunnel.current()
	stunnel.Adopt(next)
	var refusal *Refusal
	if err := stunnel.Reload(soon(t), runner.Signal); !errors.As(err, &refusal) {
		t.Fatalf("a broken file: %v", err)
	}
	places := LocateStunnel(strings.Join(refusal.Said, "\n"), "stunnel.conf")
	line := 1 + bytes.Count(broken[:bytes.Index(broken, []byte("renegotiation = maybe"))], []byte("\n"))
	if len(places) != 1 || places[0].Line != line {
		t.Errorf("the message names %v instead of line %d: %q", places, line, refusal.Said)
	}
	e.serves(t, "b.test", old)
	stunnel.Adopt(was)
	if err := stunnel.Probe(soon(t)); err != nil {
		t.Error(err)
	}

	if err := os.WriteFile(conf, out.Of(site.Stunnel).Main().Data, 0o644); err != nil {
		t.Fatal(err)
	}
	stunnel.Adopt(next)
	if err := stunnel.Reload(soon(t), runner.Signal); err != nil {
		t.Fatal(err)
	}
	e.serves(t, "b.test", e.pems["b.test"])
	open.says(t, "2", "cache 2")
	if restarts := runner.Status().Restarts; restarts != 0 {
		t.Errorf("%d restarts", restarts)
	}
}

// P5, R2: another stunnel takes over the listeners while the old one goes on
// with the connections that it has, and with nothing else.
func TestP5R2StunnelRetires(t *testing.T) {
	e := newTLSEdge(t)
	old, oldRunner := e.start(t)
	echo(t, e.layout.CacheSocket(), "cache")
	one, two := e.visit(t, "a.test"), e.visit(t, "b.test")
	one.says(t, "1", "cache 1")
	two.says(t, "1", "cache 1")
	pid := oldRunner.Status().PID
	before := e.pems["a.test"]
	e.pems["a.test"] = certificateOf(t, "a.test renewed")
	fresh, _ := e.start(t)
	if err := errors.Join(old.Probe(soon(t)), fresh.Probe(soon(t))); err != nil {
		t.Fatal("each answers for itself:", err)
	}
	if bytes.Equal(before, e.pems["a.test"]) {
		t.Fatal("not another certificate")
	}

	if err := old.Retire(soon(t), oldRunner.Signal); err != nil {
		t.Fatal(err)
	}
	defer old.said.begin()()
	for range 100 {
		e.serves(t, "a.test", e.pems["a.test"])
	}
	one.says(t, "2", "cache 2")
	two.says(t, "2", "cache 2")
	if left, err := old.Connections(pid); err != nil || left != 2 {
		t.Errorf("%d connections, %v", left, err)
	}
	if said := old.said.lines(); len(said) > 0 {
		t.Errorf("the old one is busy: %q", said)
	}
	if oldRunner.Status().PID != pid {
		t.Error("the old one was started again")
	}
	_, _ = one.Close(), two.Close()
	if err := until(soon(t), func() error {
		left, err := old.Connections(pid)
		if err == nil && left > 0 {
			err = errors.New("connections are left")
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if err := old.prepare(soon(t)); err == nil {
		t.Error("a retired stunnel may be started again")
	}
}

func TestStunnelConnectionsOfNobody(t *testing.T) {
	if left, err := new(Stunnel).Connections(1 << 30); left != 0 || err != nil {
		t.Errorf("%d, %v", left, err)
	}
}

func TestStunnelOwnThreads(t *testing.T) {
	for version, want := range map[string]int{"5.60": 2, "5.68": 2, "5.69": 3, "5.72": 3, "5.73": 4, "5.74": 4, "6.0": 4} {
		if got := ownThreads(version); got != want {
			t.Errorf("stunnel %s has %d threads of its own, want %d", version, got, want)
		}
	}
}

// R1: what stunnel would refuse is found before anything is touched.
func TestR1CheckStunnel(t *testing.T) {
	e := newTLSEdge(t)
	staged := filepath.Join(e.layout.Run, "staged")
	setup, out := e.render(t, staged)
	if said, err := CheckStunnel(soon(t), e.daemon, setup, out, nil); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	pem := filepath.Join(staged, "pem", "b.test.pem")
	if err := os.WriteFile(pem, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := CheckStunnel(soon(t), e.daemon, setup, out, nil)
	var refusal *Refusal
	if !errors.As(err, &refusal) || !strings.Contains(said, "[https-1 b.test]") || strings.Contains(said, "No trusted") {
		t.Errorf("%v: %s", err, said)
	}
	left, err := filepath.Glob(filepath.Join(e.layout.Run, "t*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left %q, %v", left, err)
	}
}

func TestStunnelChange(t *testing.T) {
	text := "pid =\ndebug = warning\nsocket = l:TCP_NODELAY=1\n[https-1]\naccept = 127.0.0.1:443\ncert = /a.pem\n"
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"nothing":               {"", "", nil},
		"comments":              {"pid =", "; accept = 1\npid =", nil},
		"log level":             {"debug = warning", "debug = info", nil},
		"socket options":        {"l:TCP_NODELAY", "r:TCP_NODELAY", nil},
		"certificate":           {"/a.pem", "/b.pem", nil},
		"another listener":      {"accept = 127.0.0.1:443", "accept = 127.0.0.1:443\naccept = ::1:443", []string{"the TLS listeners"}},
		"the listener's port":   {":443", ":8443", []string{"the TLS listeners"}},
		"what a reload ignores": {"pid =", "pid = /x", []string{`stunnel's option "pid"`}},
	} {
		t.Run(name, func(t *testing.T) {
			output := func(text string) *render.Output {
				return &render.Output{Daemons: []render.Rendered{{Engine: site.Stunnel, Files: []render.File{{Data: []byte(text)}}}}}
			}
			got := StunnelChange(output(text), output(strings.Replace(text, c.old, c.new, 1)))
			if !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}
