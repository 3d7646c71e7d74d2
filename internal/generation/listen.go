package generation

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

// Listener is a public address that edgegen listens on, for whichever process
// serves it.
type Listener struct {
	wanted  netip.AddrPort // as the site says; port 0 lets the kernel choose
	Address netip.AddrPort
	file    *os.File
	udp     bool // for HTTP/3; else TCP
	passed  bool // by a service manager, for which it outlives the edge
}

// File is the socket. It stays the Listener's.
func (l *Listener) File() *os.File { return l.file }

// String is the address, as the status tells it.
func (l *Listener) String() string {
	if l.udp {
		return "udp:" + l.Address.String()
	}
	return l.Address.String()
}

// Sockets are the listeners of one configuration, in the order of the edge's: the
// public ones, those of HTTP/3 on the ports of HTTPS, and those where edgegen itself tells
// of metrics.
type Sockets struct{ HTTP, HTTPS, QUIC, Metrics []*Listener }

// Clients are those that clients of the sites connect to by TCP.
func (s *Sockets) Clients() []*Listener { return slices.Concat(s.HTTP, s.HTTPS) }

func (s *Sockets) All() []*Listener { return slices.Concat(s.HTTP, s.HTTPS, s.QUIC, s.Metrics) }

func Files(listeners []*Listener) []*os.File {
	var result []*os.File
	for _, l := range listeners {
		result = append(result, l.file)
	}
	return result
}

// Pool is what a configuration may take listeners from.
type Pool struct {
	Open   []*Listener // those that are there already
	Opened []*Listener // those that had to be opened

	named []site.Listener // by the configuration
}

// listen takes the public listeners from the pool, opens those that it lacks,
// and writes the ports that the kernel chose for port 0 into the edge. Every
// address that cannot be had is reported.
func (p *Pool) listen(edge *site.Edge, found *config.Findings) *Sockets {
	s := &Sockets{}
	p.named = slices.Concat(edge.HTTP, edge.HTTPS)
	edge.HTTP = p.take(edge.HTTP, &s.HTTP, false, found)
	edge.HTTPS = p.take(edge.HTTPS, &s.HTTPS, false, found)
	if edge.Protocols.HTTP3 {
		p.take(edge.HTTPS, &s.QUIC, true, found)
	}
	if m := edge.Metrics; m != nil {
		m.Listen = p.take(m.Listen, &s.Metrics, false, found)
	}
	return s
}

func (p *Pool) take(wanted []site.Listener, taken *[]*Listener, udp bool, found *config.Findings) []site.Listener {
	var result []site.Listener
	for _, w := range wanted {
		l, err := p.one(w.Address, udp)
		switch {
		case err == nil:
			w.Address, w.Chosen = l.Address, w.Address.Port() == 0
			result = append(result, w)
			*taken = append(*taken, l)
		case w.Optional && WithoutIPv6(err):
			// A wildcard's other half; the IPv4 one is there.
		default:
			summary, remedy := ExplainListen(w.Address, udp, err)
			found.Add(w.Source, config.Error, summary, remedy)
		}
	}
	return result
}

func (p *Pool) one(wanted netip.AddrPort, udp bool) (*Listener, error) {
	at := slices.IndexFunc(p.Open, func(l *Listener) bool { return l.udp == udp && l.wanted == wanted })
	if at < 0 && wanted.Port() == 0 {
		at = slices.IndexFunc(p.Open, func(l *Listener) bool { return p.anyPort(l, wanted.Addr()) })
	}
	if at >= 0 {
		l := p.Open[at]
		p.Open = slices.Delete(slices.Clone(p.Open), at, at+1) // nobody else in this configuration gets it
		return l, nil
	}
	open := openTCP
	if udp {
		open = openUDP
	}
	file, address, err := open(wanted)
	if err != nil {
		return nil, err
	}
	l := &Listener{wanted: wanted, Address: address, file: file, udp: udp}
	p.Opened = append(p.Opened, l)
	return l, nil
}

// anyPort reports whether a listener does where any port will: the kernel may have
// chosen this one for an earlier run, which is known by its number alone now.
func (p *Pool) anyPort(l *Listener, of netip.Addr) bool {
	return !l.passed && !l.udp && l.Address.Addr() == of &&
		!slices.ContainsFunc(p.named, func(n site.Listener) bool { return n.Address == l.wanted })
}

// CloseListeners closes listeners here; a process that inherited one keeps it.
func CloseListeners(listeners []*Listener) {
	for _, l := range listeners {
		_ = l.file.Close() // nothing is written to a listener
	}
}

// DropListeners closes listeners for everybody: a process that still has one
// open, because it goes on with the connections that it took, lets no more in,
// and the address is free. Those that a service manager passed are returned: it
// keeps them open, and a later configuration may name them.
func DropListeners(listeners []*Listener) (kept []*Listener) {
	for _, l := range listeners {
		if l.passed {
			kept = append(kept, l)
			continue
		}
		if raw, err := l.file.SyscallConn(); err == nil && !l.udp {
			_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
		}
		_ = l.file.Close() // nothing is written to a listener
	}
	return kept
}

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

// Passed are listeners that a service manager opened.
func Passed(passed []systemd.Listener) []*Listener {
	var result []*Listener
	for _, p := range passed {
		result = append(result, &Listener{wanted: p.Address, Address: p.Address, file: p.File, udp: p.Datagram, passed: true})
	}
	return result
}

// Reachable is where a listener is reached from this machine.
func Reachable(l site.Listener) string {
	if !l.Address.Addr().IsUnspecified() {
		return l.Address.String()
	}
	loopback := "127.0.0.1"
	if l.Address.Addr().Is6() {
		loopback = "::1"
	}
	return net.JoinHostPort(loopback, fmt.Sprint(l.Address.Port()))
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
