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

func listener(address string) site.Listener {
	return site.Listener{Address: netip.MustParseAddrPort(address)}
}

// A port that the kernel chose is written into the model, so that what is
// rendered names it.
func TestListenWritesDownThePort(t *testing.T) {
	edge := &site.Edge{HTTP: []site.Listener{listener("127.0.0.1:0")}, HTTPS: []site.Listener{listener("127.0.0.1:0"), listener("127.0.0.1:0")}}
	found := noFindings()
	sockets := listen(edge, found)
	defer sockets.close()
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
		HTTP:  []site.Listener{listener(taken.Addr().String())},
		HTTPS: []site.Listener{listener("192.0.2.1:0"), listener("127.0.0.1:0")},
	}
	found := noFindings()
	sockets := listen(edge, found)
	defer sockets.close()
	if len(found.all) != 2 || len(sockets.https) != 1 || !strings.Contains(found.all[0].Summary, "another process") ||
		!strings.Contains(found.all[1].Summary, "does not have the address") {
		t.Errorf("%+v", found.all)
	}
}

// The IPv6 half of a wildcard is left out without a word where there is no
// IPv6; 192.0.2.1 stands for the address that cannot be had.
func TestListenLeavesOutOptional(t *testing.T) {
	optional := listener("192.0.2.1:0")
	optional.Optional = true
	edge := &site.Edge{HTTPS: []site.Listener{listener("127.0.0.1:0"), optional}}
	found := noFindings()
	sockets := listen(edge, found)
	defer sockets.close()
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
	if _, err := openUnix(path, os.Geteuid(), os.Getegid()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second socket: %v", err)
	}
}
