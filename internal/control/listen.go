package control

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"edgegen/internal/config"
	"edgegen/internal/site"
)

// sockets are the public listeners, which edgegen opens, keeps and hands to
// whichever process serves them.
type sockets struct {
	http, https []*os.File // in the order of the edge's listeners
}

// listen opens the public listeners and writes the ports that the kernel chose
// for port 0 into the edge. Every address that cannot be had is reported.
func listen(edge *site.Edge, found *findings) *sockets {
	s := &sockets{}
	edge.HTTP = openListeners(edge.HTTP, &s.http, found)
	edge.HTTPS = openListeners(edge.HTTPS, &s.https, found)
	return s
}

func openListeners(wanted []site.Listener, files *[]*os.File, found *findings) []site.Listener {
	var opened []site.Listener
	for _, listener := range wanted {
		file, address, err := openTCP(listener.Address)
		switch {
		case err == nil:
			listener.Address = address
			opened = append(opened, listener)
			*files = append(*files, file)
		case listener.Optional && withoutIPv6(err):
			// A wildcard's other half; the IPv4 one is there.
		default:
			summary, remedy := explainListen(listener.Address, err)
			found.all = append(found.all, found.loaded.Diagnose(listener.Source, config.Error, summary, remedy))
		}
	}
	return opened
}

func withoutIPv6(err error) bool {
	return errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// openTCP opens one address. An IPv6 one takes IPv6 alone.
func openTCP(address netip.AddrPort) (*os.File, netip.AddrPort, error) {
	network := "tcp4"
	if address.Addr().Is6() {
		network = "tcp6"
	}
	listener, err := net.ListenTCP(network, net.TCPAddrFromAddrPort(address))
	if err != nil {
		return nil, address, err
	}
	defer listener.Close() // the file is a second descriptor of the same socket
	file, err := listener.File()
	if err != nil {
		return nil, address, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return file, netip.AddrPortFrom(address.Addr(), uint16(port)), nil
}

func explainListen(address netip.AddrPort, err error) (summary, remedy string) {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("cannot listen on %s: another process does already", address),
			fmt.Sprintf("name another address, or end the process that `ss -ltnp 'sport = :%d'` shows", address.Port())
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("cannot listen on %s: ports below 1024 are for root", address),
			"start edgegen as root, or name a higher port such as :8443"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("cannot listen on %s: this machine does not have the address", address),
			"name an address of this machine, or none as in \":443\" for all of them"
	}
	return fmt.Sprintf("cannot listen on %s: %v", address, err), ""
}

// openUnix opens a Unix socket for the tiers' use and gives it to the owner.
func openUnix(path string, uid, gid int) (*os.File, error) {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open socket %s: %w", path, err)
	}
	listener.SetUnlinkOnClose(false)
	defer listener.Close()
	if err := os.Chown(path, uid, gid); err != nil {
		return nil, fmt.Errorf("give away socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("protect socket %s: %w", path, err)
	}
	return listener.File()
}

// close closes the listeners here; a process that inherited them keeps them.
func (s *sockets) close() {
	for _, file := range append(slices.Clone(s.http), s.https...) {
		_ = file.Close() // nothing is written to a listener
	}
}

// refuse keeps new connections out while those that are open go on: a filter
// that lets nothing through drops the packets that would begin one, without a
// word to the process that serves the listener. Where the kernel will not have
// it, new connections go on being served until the process ends.
func (s *sockets) refuse() {
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	program := unix.SockFprog{Len: 1, Filter: &nothing}
	for _, file := range append(slices.Clone(s.http), s.https...) {
		raw, err := file.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
		})
	}
}
