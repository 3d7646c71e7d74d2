package generation

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

func noFindings() *config.Findings { return &config.Findings{Loaded: &config.Loaded{}} }

func at(address string) site.Listener {
	return site.Listener{Address: netip.MustParseAddrPort(address)}
}

// A port that the kernel chose is written into the model, so that what is
// rendered names it.
func TestListenWritesDownThePort(t *testing.T) {
	edge := &site.Edge{HTTP: []site.Listener{at("127.0.0.1:0")}, HTTPS: []site.Listener{at("127.0.0.1:0"), at("127.0.0.1:0")}}
	found := noFindings()
	sockets := (&Pool{}).listen(edge, found)
	defer CloseListeners(sockets.All())
	if err := found.Refusal(); err != nil {
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
	if len(ports) != 3 || ports[0] || len(sockets.HTTP) != 1 || len(sockets.HTTPS) != 2 {
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
	sockets := (&Pool{}).listen(edge, found)
	defer CloseListeners(sockets.All())
	if len(found.All) != 2 || len(sockets.HTTPS) != 1 || !strings.Contains(found.All[0].Summary, "another process") ||
		!strings.Contains(found.All[1].Summary, "does not have the address") {
		t.Errorf("%+v", found.All)
	}
}

// The IPv6 half of a wildcard is left out without a word where there is no
// IPv6; 192.0.2.1 stands for the address that cannot be had.
func TestListenLeavesOutOptional(t *testing.T) {
	optional := at("192.0.2.1:0")
	optional.Optional = true
	edge := &site.Edge{HTTPS: []site.Listener{at("127.0.0.1:0"), optional}}
	found := noFindings()
	sockets := (&Pool{}).listen(edge, found)
	defer CloseListeners(sockets.All())
	if len(found.All) != 0 || len(edge.HTTPS) != 1 || len(sockets.HTTPS) != 1 {
		t.Errorf("%+v, %v", found.All, edge.HTTPS)
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
		summary, remedy := ExplainListen(address, false, &net.OpError{Err: os.NewSyscallError("bind", c.err)})
		if !strings.Contains(summary, c.summary) || !strings.Contains(remedy, c.remedy) || !strings.Contains(summary, "127.0.0.1:443") {
			t.Errorf("%v: %q, %q", c.err, summary, remedy)
		}
	}
}

// A reload takes the listeners that are there, opens those that are new, and
// leaves those that are not wanted any more.
func TestPoolKeepsWhatIsOpen(t *testing.T) {
	first := &Pool{}
	was := first.listen(&site.Edge{HTTP: []site.Listener{at("127.0.0.1:0")}, HTTPS: []site.Listener{at("127.0.0.1:0")}}, noFindings())
	defer CloseListeners(first.Opened)
	second := &Pool{Open: was.All()}
	edge := &site.Edge{HTTPS: []site.Listener{at("127.0.0.1:0"), at("127.0.0.2:0")}}
	next := second.listen(edge, noFindings())
	defer CloseListeners(second.Opened)
	if next.HTTPS[0] != was.HTTP[0] || edge.HTTPS[0].Address != was.HTTP[0].Address {
		t.Error("the listener that was open is not used")
	}
	if len(second.Opened) != 1 || second.Opened[0] != next.HTTPS[1] {
		t.Errorf("opened %d", len(second.Opened))
	}
	if len(second.Open) != 1 || second.Open[0] != was.HTTPS[0] {
		t.Errorf("left %d", len(second.Open))
	}
}

// Where any port will do, the one that is open does, unless the site names it or a
// service manager has passed it.
func TestListenKeepsAnyPort(t *testing.T) {
	first := &site.Edge{HTTP: []site.Listener{at("127.0.0.1:0")}, HTTPS: []site.Listener{at("127.0.0.1:0"), at("127.0.0.1:0")}}
	sockets := (&Pool{}).listen(first, noFindings())
	defer CloseListeners(sockets.All())
	known := sockets.All()
	for _, l := range known {
		l.wanted = l.Address // as where the model of before is served again
	}
	known[2].passed = true
	next := &site.Edge{HTTP: []site.Listener{at("127.0.0.1:0")}, HTTPS: []site.Listener{at("127.0.0.1:0"), at(known[0].Address.String())}}
	pool := &Pool{Open: known}
	pool.listen(next, noFindings())
	defer CloseListeners(pool.Opened)
	if next.HTTP[0].Address != known[1].Address || next.HTTPS[1].Address != known[0].Address || len(pool.Opened) != 1 || pool.Opened[0].Address != next.HTTPS[0].Address {
		t.Errorf("%v %v from %v %v %v", next.HTTP, next.HTTPS, known[0].Address, known[1].Address, known[2].Address)
	}
}
