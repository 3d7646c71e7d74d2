package doctor

import (
	"net"
	"net/netip"
	"os"
	"testing"

	"edgegen/internal/tcptable"

	"edgegen/test/port"
)

func TestHolders(t *testing.T) {
	tests := []struct {
		name string
		who  holders
		want string
	}{
		{"nobody is known", holders{}, ""},
		{"another user's", holders{users: []string{"root", "www-data"}}, "a process of the user root or www-data"},
		{"one", holders{processes: []process{{7, "nginx"}}, users: []string{"root"}}, "nginx (pid 7)"},
		{"several", holders{processes: []process{{7, "nginx"}, {8, "nginx"}, {9, "nginx"}}}, "nginx (pid 7) and 2 more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.who.String(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestKeepsFrom(t *testing.T) {
	tests := []struct {
		held, wanted string
		want         bool
	}{
		{"127.0.0.1:80", "127.0.0.1:80", true},
		{"127.0.0.1:80", "127.0.0.1:81", false},
		{"127.0.0.1:80", "127.0.0.2:80", false},
		{"0.0.0.0:80", "127.0.0.1:80", true},
		{"127.0.0.1:80", "0.0.0.0:80", true},
		{"[::]:80", "127.0.0.1:80", true},
		{"[::1]:80", "127.0.0.1:80", false},
		{"0.0.0.0:80", "[::]:80", false},
		{"[::1]:80", "[::]:80", true},
	}
	for _, test := range tests {
		t.Run(test.held+" from "+test.wanted, func(t *testing.T) {
			if got := keepsFrom(netip.MustParseAddrPort(test.held), netip.MustParseAddrPort(test.wanted)); got != test.want {
				t.Errorf("keepsFrom = %v", got)
			}
		})
	}
}

func TestTryAddress(t *testing.T) {
	four := port.Free(t)
	for network, at := range map[string]string{"tcp4": four, "tcp6": port.Other(t, four)} {
		t.Run(network, func(t *testing.T) {
			listener, err := net.Listen(network, at)
			if err != nil {
				t.Skipf("not covered here: %v", err)
			}
			address := listener.Addr().(*net.TCPAddr).AddrPort()
			if err := tryAddress(address); err == nil {
				t.Error("an address in use is free")
			}
			found := holdersOf(tcptable.Sockets(tcptable.Listening), address)
			if len(found.processes) != 1 || found.processes[0].pid != os.Getpid() {
				t.Errorf("held by %+v, want process %d", found, os.Getpid())
			}
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
			if err := tryAddress(address); err != nil {
				t.Errorf("an address that was given back: %v", err)
			}
		})
	}
}
