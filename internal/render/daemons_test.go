package render_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"edgegen/internal/certificate"
	"edgegen/internal/native"
	"edgegen/internal/render"
	"edgegen/internal/site"
	"edgegen/internal/supervise"
	"edgegen/test/quick"
)

// staged is a rendering where daemons can read it, with the sockets that they
// inherit. The public ones are of the loopback and of a free port.
type staged struct {
	setup      native.Setup
	out        *render.Output
	web, https []*os.File // what nginx and stunnel inherit
	pairs      []certificate.Pair
	mu         sync.Mutex
	said       strings.Builder
}

// stage renders a site as an edge that runs it does.
func stage(t *testing.T, edge *site.Edge) *staged {
	t.Helper()
	dir := shortDirectory(t)
	layout := render.Layout{Dir: filepath.Join(dir, "config"), Run: filepath.Join(dir, "run")}
	for _, directory := range append([]string{layout.Run}, layout.Directories()...) {
		if err := os.MkdirAll(directory, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s := &staged{pairs: pairs(t, edge)}
	s.web = append(s.web, openUnix(t, layout.WebSocket()), openUnix(t, layout.WebProbe()))
	var plain []*os.File
	edge.HTTP, plain = openLoopback(t, edge.HTTP)
	edge.HTTPS, s.https = openLoopback(t, edge.HTTPS)
	s.web = append(s.web, plain...)
	in := render.Input{Edge: edge, Layout: layout, Version: "1.2.3", Origin: "site.hcl"}
	for _, pair := range s.pairs {
		in.PEM = append(in.PEM, [][]byte{pair.PEM})
	}
	s.out = mustRender(t, in)
	if _, err := render.Install(layout.Dir, s.out.Files(), nil); err != nil {
		t.Fatal(err)
	}
	if len(s.out.Of(site.Stunnel).Files) == 0 {
		s.web = append(s.web, s.https...)
	}
	s.setup = native.Setup{Edge: edge, Layout: layout, Generation: s.out.Of(site.Nginx).Generation,
		Message: func(_ string, line []byte) { s.hear(line) }}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.heard())
		}
	})
	return s
}

func (s *staged) hear(line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said.WriteString(string(line) + "\n")
}

func (s *staged) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// pairs are the sites' own certificates, or those of an authority.
func pairs(t *testing.T, edge *site.Edge) []certificate.Pair {
	t.Helper()
	authority, err := certificate.OpenAuthority(filepath.Join(t.TempDir(), "ca"))
	if err != nil {
		t.Fatal(err)
	}
	var all []certificate.Pair
	for _, s := range edge.Sites {
		load := func() (certificate.Pair, error) { return certificate.Load(s.TLS.Certificates[0], s.TLS.Keys[0]) }
		if s.TLS.SelfSigned {
			load = func() (certificate.Pair, error) { return authority.Issue(append([]string{s.Host}, s.Aliases...)) }
		}
		pair, err := load()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pair)
	}
	return all
}

func openUnix(t *testing.T, path string) *os.File {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o777); err != nil { // the compiler of VCL has a user of its own
		t.Fatal(err)
	}
	return duplicate(t, listener)
}

// openLoopback opens a loopback address of the same family in place of each
// listener; without IPv6 the listeners that need it are left out.
func openLoopback(t *testing.T, wanted []site.Listener) (listeners []site.Listener, files []*os.File) {
	t.Helper()
	for _, listener := range wanted {
		network, host := "tcp4", "127.0.0.1:0"
		if listener.Address.Addr().Is6() {
			network, host = "tcp6", "[::1]:0"
		}
		opened, err := net.Listen(network, host)
		if errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		listener.Address = netip.MustParseAddrPort(opened.Addr().String())
		listeners = append(listeners, listener)
		files = append(files, duplicate(t, opened.(*net.TCPListener)))
	}
	return listeners, files
}

// duplicate returns the socket as a file that the test holds until its end.
func duplicate(t *testing.T, listener interface {
	File() (*os.File, error)
	Close() error
}) *os.File {
	t.Helper()
	file, err := listener.File()
	if err := errors.Join(err, listener.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() }) // nothing is written to a listener
	return file
}

// installed finds a daemon or skips the test; where CI is set a missing daemon
// is a failure.
func installed(t *testing.T, engine site.Engine) native.Daemon {
	t.Helper()
	daemon, err := native.Find(t.Context(), engine, native.Directories(os.Getenv("PATH")))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("not covered here: %v", err)
	}
	return daemon
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// accept runs a daemon's check of its file.
func (s *staged) accept(t *testing.T, check supervise.Process) {
	t.Helper()
	exit, err := supervise.Once(soon(t), check, nil)
	if err != nil {
		t.Fatal(err)
	}
	if exit.Code != 0 || exit.Signal != 0 {
		t.Errorf("%s ends with %+v", check.Name, exit)
	}
	if said := s.heard(); strings.Contains(said, "[warn]") && !strings.Contains(said, "limit") {
		t.Errorf("%s warns", check.Name)
	}
}

// acceptVCL runs varnishd's check of every file that can be looked at alone. A hasty
// one has them compiled quickly, unless they have C of their own.
func (s *staged) acceptVCL(t *testing.T, daemon native.Daemon, hasty bool) {
	t.Helper()
	for _, file := range s.out.Of(site.Varnish).VCLFiles() {
		if len(s.out.Of(site.Varnish).Parts) > 0 && file.Name == "default.vcl" {
			continue
		}
		check := native.VarnishCheck(daemon, s.setup, file.Name, s.hear)
		if tcc := quick.Compiler(); hasty && tcc != "" && !bytes.Contains(file.Data, []byte("C{")) {
			check.Args = append(check.Args, "-p", "cc_command=exec "+tcc+" -w -shared -o %o %s")
		}
		s.accept(t, check)
	}
}

// run starts a daemon, waits until it is ready, and stops it when the test ends.
func (s *staged) run(t *testing.T, process supervise.Process) {
	t.Helper()
	runner, err := supervise.NewRunner(process, supervise.Policy{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if err := runner.WaitReady(soon(t)); err != nil {
		t.Fatalf("start %s: %v", process.Name, err)
	}
}

func TestNginxAcceptsGoldens(t *testing.T) {
	daemon := installed(t, site.Nginx)
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			loaded, _ := g.load(t)
			s := stage(t, loaded.Edge)
			s.accept(t, native.NginxCheck(daemon, s.setup, s.web, s.hear))
		})
	}
}

// needs skips a site that leaves the daemon's tier out.
func (s *staged) needs(t *testing.T, engine site.Engine) {
	t.Helper()
	if len(s.out.Of(engine).Files) == 0 {
		t.Skipf("not covered: %s serves no tier of it", engine)
	}
}

func TestVarnishAcceptsGoldens(t *testing.T) {
	daemon := installed(t, site.Varnish)
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			loaded, _ := g.load(t)
			s := stage(t, loaded.Edge)
			s.needs(t, site.Varnish)
			s.acceptVCL(t, daemon, g.name != "article") // what varnishd makes of VCL differs little
		})
	}
}

// TestStunnelAcceptsGoldens starts stunnel, because it has no check, and asks
// every listener for every name.
func TestStunnelAcceptsGoldens(t *testing.T) {
	daemon := installed(t, site.Stunnel)
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			loaded, _ := g.load(t)
			s := stage(t, loaded.Edge)
			s.needs(t, site.Stunnel)
			s.run(t, native.StunnelProcess(daemon, s.setup, s.https, s.serves))
			for _, listener := range s.setup.Edge.HTTPS {
				s.checkVersions(t, listener.Address.String())
			}
		})
	}
}

// serves asks every listener for the certificate of every name, and for a name
// that nobody claims.
func (s *staged) serves(ctx context.Context) error {
	for _, listener := range s.setup.Edge.HTTPS {
		for i, one := range s.setup.Edge.Sites {
			for _, host := range append([]string{one.Host}, one.Aliases...) {
				if _, err := netip.ParseAddr(host); err == nil {
					continue // no client sends an address as a name
				}
				if err := native.ProbeTLS(ctx, listener.Address.String(), host, s.pairs[i].Leaf, nil); err != nil {
					return err
				}
			}
		}
		if err := native.ProbeTLS(ctx, listener.Address.String(), "nobody.test", s.pairs[s.setup.Edge.First].Leaf, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkVersions holds a listener to the site's min_version.
func (s *staged) checkVersions(t *testing.T, address string) {
	t.Helper()
	only12 := &tls.Config{MaxVersion: tls.VersionTLS12, ServerName: s.setup.Edge.Sites[0].Host,
		// Which certificate is served has been seen above.
		InsecureSkipVerify: true, VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { return nil }}
	connection, err := tls.Dial("tcp", address, only12)
	if err == nil {
		_ = connection.Close()
	}
	if refused := err != nil; refused != (s.setup.Edge.Sites[0].TLS.MinVersion == "1.3") {
		t.Errorf("min_version %s, and a TLS 1.2 handshake: %v", s.setup.Edge.Sites[0].TLS.MinVersion, err)
	}
}
