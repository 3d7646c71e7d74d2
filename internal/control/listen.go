package control

import (
	"context"
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
	"edgegen/internal/systemd"
)

// listener is a public address that edgegen listens on, for whichever process
// serves it.
type listener struct {
	wanted  netip.AddrPort // as the site says; port 0 lets the kernel choose
	address netip.AddrPort
	file    *os.File
	passed  bool // by a service manager, for which it outlives the edge
}

// sockets are the public listeners of one configuration, in the order of the
// edge's.
type sockets struct{ http, https []*listener }

func (s *sockets) all() []*listener { return slices.Concat(s.http, s.https) }

func files(listeners []*listener) []*os.File {
	var result []*os.File
	for _, l := range listeners {
		result = append(result, l.file)
	}
	return result
}

// pool is what a configuration may take listeners from.
type pool struct {
	open   []*listener // those that are there already
	opened []*listener // those that had to be opened
}

// listen takes the public listeners from the pool, opens those that it lacks,
// and writes the ports that the kernel chose for port 0 into the edge. Every
// address that cannot be had is reported.
func (p *pool) listen(edge *site.Edge, found *findings) *sockets {
	s := &sockets{}
	edge.HTTP = p.take(edge.HTTP, &s.http, found)
	edge.HTTPS = p.take(edge.HTTPS, &s.https, found)
	return s
}

func (p *pool) take(wanted []site.Listener, taken *[]*listener, found *findings) []site.Listener {
	var result []site.Listener
	for _, w := range wanted {
		l, err := p.one(w.Address)
		switch {
		case err == nil:
			w.Address = l.address
			result = append(result, w)
			*taken = append(*taken, l)
		case w.Optional && withoutIPv6(err):
			// A wildcard's other half; the IPv4 one is there.
		default:
			summary, remedy := explainListen(w.Address, err)
			found.all = append(found.all, found.loaded.Diagnose(w.Source, config.Error, summary, remedy))
		}
	}
	return result
}

func (p *pool) one(wanted netip.AddrPort) (*listener, error) {
	at := slices.IndexFunc(p.open, func(l *listener) bool { return l.wanted == wanted })
	if at >= 0 {
		l := p.open[at]
		p.open = slices.Delete(slices.Clone(p.open), at, at+1) // nobody else in this configuration gets it
		return l, nil
	}
	file, address, err := openTCP(wanted)
	if err != nil {
		return nil, err
	}
	l := &listener{wanted: wanted, address: address, file: file}
	p.opened = append(p.opened, l)
	return l, nil
}

// closeListeners closes listeners here; a process that inherited one keeps it.
func closeListeners(listeners []*listener) {
	for _, l := range listeners {
		_ = l.file.Close() // nothing is written to a listener
	}
}

// dropListeners closes listeners for everybody: a process that still has one
// open, because it goes on with the connections that it took, lets no more in,
// and the address is free. Those that a service manager passed are returned: it
// keeps them open, and a later configuration may name them.
func dropListeners(listeners []*listener) (kept []*listener) {
	for _, l := range listeners {
		if l.passed {
			kept = append(kept, l)
			continue
		}
		if raw, err := l.file.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
		}
		_ = l.file.Close() // nothing is written to a listener
	}
	return kept
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

// given are listeners that a service manager opened.
func given(passed []systemd.Listener) []*listener {
	var result []*listener
	for _, p := range passed {
		result = append(result, &listener{wanted: p.Address, address: p.Address, file: p.File, passed: true})
	}
	return result
}

// reachable is where a listener is reached from this machine.
func reachable(l site.Listener) string {
	if !l.Address.Addr().IsUnspecified() {
		return l.Address.String()
	}
	loopback := "127.0.0.1"
	if l.Address.Addr().Is6() {
		loopback = "::1"
	}
	return net.JoinHostPort(loopback, fmt.Sprint(l.Address.Port()))
}
