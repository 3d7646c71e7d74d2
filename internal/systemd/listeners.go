package systemd

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/coreos/go-systemd/v22/activation"
	"golang.org/x/sys/unix"
)

// Listener is one listening socket that the service manager opened.
type Listener struct {
	// File is the socket: it does not block, and is closed in children that are not given
	// it on purpose. The one that takes the Listener closes it. The socket itself is the
	// manager's and outlives this process, with all that is set on it; a packet filter
	// that an earlier run left is taken off.
	File *os.File
	// Address is where it listens. An IPv6 one takes no IPv4.
	Address netip.AddrPort
	// Datagram says that it takes packets (UDP) and no connections (TCP).
	Datagram bool
}

// Listeners returns the sockets that were passed to this process (LISTEN_FDS),
// in the order of the socket unit, and none where there are none or where they
// were meant for another process. It takes the variables out of the
// environment, so it returns them once; call it before anything is started and
// before other files are opened.
//
// The error names every socket that cannot be one of an edge's listeners, and
// then all are closed.
func Listeners() ([]Listener, error) {
	var listeners []Listener
	var errs []error
	for _, file := range activation.Files(true) {
		address, datagram, err := addressOf(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("socket %q of the service manager: %w", file.Name(), err))
		}
		listeners = append(listeners, Listener{file, address, datagram})
	}
	if len(errs) == 0 {
		return listeners, nil
	}
	for _, l := range listeners {
		_ = l.File.Close() // nothing is written to a listener
	}
	return nil, errors.Join(errs...)
}

// addressOf returns where a socket listens, and whether for packets.
func addressOf(file *os.File) (address netip.AddrPort, datagram bool, err error) {
	none := netip.AddrPort{}
	fd := int(file.Fd())
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return none, false, err
	}
	datagram = kind == unix.SOCK_DGRAM
	switch listening, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); {
	case datagram:
	case err != nil:
		return none, false, err
	case listening == 0:
		return none, false, errors.New("nobody can connect to it: the unit needs ListenStream=, without Accept=yes")
	}
	// It fails where there is none, which is the rule.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
	at, err := localOf(file, datagram)
	if err != nil {
		return none, datagram, err
	}
	if at.Addr().Is6() && at.Addr().IsUnspecified() {
		switch only, err := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY); {
		case err != nil:
			return none, datagram, err
		case only == 0:
			return none, datagram, fmt.Errorf("%s takes IPv4 as well: the unit needs BindIPv6Only=ipv6-only and a line for each", at)
		}
	}
	return at, datagram, nil
}

// localOf returns the address of a socket. The manager passes sockets that block unless it
// is told otherwise. Those that edgegen opens itself do not; from here on this one does not
// either.
func localOf(file *os.File, datagram bool) (netip.AddrPort, error) {
	none := netip.AddrPort{}
	if datagram {
		packets, err := net.FilePacketConn(file)
		if err != nil {
			return none, err
		}
		defer packets.Close() // a second descriptor of the same socket
		udp, ok := packets.LocalAddr().(*net.UDPAddr)
		if !ok {
			return none, fmt.Errorf("%s is no UDP address", packets.LocalAddr())
		}
		return unmapped(udp.AddrPort()), nil
	}
	listener, err := net.FileListener(file)
	if err != nil {
		return none, err
	}
	defer listener.Close() // likewise
	tcp, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return none, fmt.Errorf("%s is no TCP address", listener.Addr())
	}
	return unmapped(tcp.AddrPort()), nil
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
