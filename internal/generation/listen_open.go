package generation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func WithoutIPv6(err error) bool {
	return errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// openTCP opens one address. An IPv6 one takes IPv6 alone.
func openTCP(address netip.AddrPort) (*os.File, netip.AddrPort, error) {
	network := "tcp4"
	if address.Addr().Is6() {
		network = "tcp6"
	}
	var config net.ListenConfig
	// An MPTCP socket, which Go makes where it can, takes no packet filter: see
	// refuse. No daemon asks for one.
	config.SetMultipathTCP(false)
	opened, err := config.Listen(context.Background(), network, address.String())
	if err != nil {
		return nil, address, err
	}
	defer opened.Close() // the file is a second descriptor of the same socket
	file, err := opened.(*net.TCPListener).File()
	if err != nil {
		return nil, address, err
	}
	port := opened.Addr().(*net.TCPAddr).Port
	return file, netip.AddrPortFrom(address.Addr(), uint16(port)), nil
}

// openUDP opens one for HTTP/3 likewise.
func openUDP(address netip.AddrPort) (*os.File, netip.AddrPort, error) {
	network := "udp4"
	if address.Addr().Is6() {
		network = "udp6"
	}
	opened, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil, address, err
	}
	defer opened.Close() // as above
	file, err := opened.File()
	return file, address, err
}

// ExplainListen says why an address cannot be listened on, and what to do about it.
func ExplainListen(address netip.AddrPort, udp bool, err error) (summary, remedy string) {
	kind, flag := "", "-ltnp"
	if udp {
		kind, flag = "UDP ", "-lunp"
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("cannot listen on %s%s: another process does already", kind, address),
			fmt.Sprintf("name another address, or end the process that `ss %s 'sport = :%d'` shows", flag, address.Port())
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("cannot listen on %s%s: ports below 1024 are for root", kind, address),
			"start edgegen as root, or name a higher port such as :8443"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("cannot listen on %s%s: this machine does not have the address", kind, address),
			"name an address of this machine, or none as in \":443\" for all of them"
	}
	return fmt.Sprintf("cannot listen on %s%s: %v", kind, address, err), ""
}

// RefuseNew keeps new connections out while those that are open go on: a filter
// that lets nothing through drops the packets that would begin one, without a
// word to the process that serves the listener. Where the kernel will not have
// it, new connections go on being served until the process ends.
func RefuseNew(listeners []*Listener) {
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	program := unix.SockFprog{Len: 1, Filter: &nothing}
	for _, l := range listeners {
		if l.passed {
			continue // the filter would outlive the edge as well
		}
		raw, err := l.file.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
		})
	}
}
