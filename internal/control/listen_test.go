package control

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

func noFindings() *findings { return &findings{loaded: &config.Loaded{}} }

func at(address string) site.Listener {
	return site.Listener{Address: netip.MustParseAddrPort(address)}
}

// A port that the kernel chose is written into the model, so that what is
// rendered names it.
func TestListenWritesDownThePort(t *testing.T) {
	edge := &site.Edge{HTTP: []site.Listener{at("127.0.0.1:0")}, HTTPS: []site.Listener{at("127.0.0.1:0"), at("127.0.0.1:0")}}
	found := noFindings()
	sockets := (&pool{}).listen(edge, found)
	defer closeListeners(sockets.all())
	if err := found.refusal(); err != nil {
		t.Fatal(err)
	}
	ports := make(map[uint16]bool)
	for _, l := range append(edge.HTTP, edge.HTTPS...) {
		ports[l.Address.Port()] = true
		connection, err := net.Dial("tcp", l.Address.String())
		if err != nil {
			t.Fatal(err)
		}
		_ = connection.Close()
	}
	if len(ports) != 3 || ports[0] || len(sockets.http) != 1 || len(sockets.https) != 2 {
		t.Errorf("ports %v", ports)
	}
}

// Every address that cannot be had is reported, and what was opened is kept
// for the caller to close.
func TestListenReportsEveryAddress(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	edge := &site.Edge{
		HTTP:  []site.Listener{at(taken.Addr().String())},
		HTTPS: []site.Listener{at("192.0.2.1:0"), at("127.0.0.1:0")},
	}
	found := noFindings()
	sockets := (&pool{}).listen(edge, found)
	defer closeListeners(sockets.all())
	if len(found.all) != 2 || len(sockets.https) != 1 || !strings.Contains(found.all[0].Summary, "another process") ||
		!strings.Contains(found.all[1].Summary, "does not have the address") {
		t.Errorf("%+v", found.all)
	}
}

// The IPv6 half of a wildcard is left out without a word where there is no
// IPv6; 192.0.2.1 stands for the address that cannot be had.
func TestListenLeavesOutOptional(t *testing.T) {
	optional := at("192.0.2.1:0")
	optional.Optional = true
	edge := &site.Edge{HTTPS: []site.Listener{at("127.0.0.1:0"), optional}}
	found := noFindings()
	sockets := (&pool{}).listen(edge, found)
	defer closeListeners(sockets.all())
	if len(found.all) != 0 || len(edge.HTTPS) != 1 || len(sockets.https) != 1 {
		t.Errorf("%+v, %v", found.all, edge.HTTPS)
	}
}

func TestExplainListen(t *testing.T) {
	address := netip.MustParseAddrPort("127.0.0.1:443")
	for _, c := range []struct {
		err             error
		summary, remedy string
	}{
		{syscall.EADDRINUSE, "another process", "sport = :443"},
		{syscall.EACCES, "for root", ":8443"},
		{syscall.EADDRNOTAVAIL, "does not have", "none"},
		{errors.New("odd"), "odd", ""},
	} {
		summary, remedy := explainListen(address, &net.OpError{Err: os.NewSyscallError("bind", c.err)})
		if !strings.Contains(summary, c.summary) || !strings.Contains(remedy, c.remedy) || !strings.Contains(summary, "127.0.0.1:443") {
			t.Errorf("%v: %q, %q", c.err, summary, remedy)
		}
	}
}

// X2: nobody but the daemons' user gets to a socket between the tiers.
func TestX2UnixSocketMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	file, err := openUnix(path, os.Geteuid(), os.Getegid())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("%v, %v", info, err)
	}
	connection, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
}

// A reload takes the listeners that are there, opens those that are new, and
// leaves those that are not wanted any more.
func TestPoolKeepsWhatIsOpen(t *testing.T) {
	first := &pool{}
	was := first.listen(&site.Edge{HTTP: []site.Listener{at("127.0.0.1:0")}, HTTPS: []site.Listener{at("127.0.0.1:0")}}, noFindings())
	defer closeListeners(first.opened)
	second := &pool{open: was.all()}
	edge := &site.Edge{HTTPS: []site.Listener{at("127.0.0.1:0"), at("127.0.0.2:0")}}
	next := second.listen(edge, noFindings())
	defer closeListeners(second.opened)
	if next.https[0] != was.http[0] || edge.HTTPS[0].Address != was.http[0].address {
		t.Error("the listener that was open is not used")
	}
	if len(second.opened) != 1 || second.opened[0] != next.https[1] {
		t.Errorf("opened %d", len(second.opened))
	}
	if len(second.open) != 1 || second.open[0] != was.https[0] {
		t.Errorf("left %d", len(second.open))
	}
}

// Whoever connects meets the old socket or the new one, and at no moment none.
func TestP5PublishLeavesNoGap(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "cache.sock")
	var paths []string
	for _, base := range []string{"a.sock", "b.sock"} {
		path := filepath.Join(dir, base)
		file, err := openUnix(path, os.Geteuid(), os.Getegid())
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		listeners, err := fileListeners([]*os.File{file})
		if err != nil {
			t.Fatal(err)
		}
		defer listeners[0].Close()
		go func() {
			for {
				connection, err := listeners[0].Accept()
				if err != nil {
					return
				}
				_ = connection.Close()
			}
		}()
		paths = append(paths, path)
	}
	if err := publish(paths[0], name); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			connection, err := net.Dial("unix", name)
			if err != nil {
				stopped <- err
				return
			}
			_ = connection.Close()
		}
	}()
	for i := range 400 {
		if err := publish(paths[i/2%2], name); err != nil { // each twice: again is no error
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
