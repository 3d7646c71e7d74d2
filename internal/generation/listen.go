package generation

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"

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
// public ones, those of HTTP/3 on the ports of HTTPS, those where edgegen itself tells of
// metrics, and those where other members of the cluster ask.
type Sockets struct{ HTTP, HTTPS, QUIC, Metrics, Members []*Listener }

// Clients are those that clients of the sites connect to by TCP.
func (s *Sockets) Clients() []*Listener { return slices.Concat(s.HTTP, s.HTTPS) }

func (s *Sockets) All() []*Listener {
	return slices.Concat(s.HTTP, s.HTTPS, s.QUIC, s.Metrics, s.Members)
}

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
	if c := edge.Cluster; c != nil {
		c.Listen = p.take(c.Listen, &s.Members, false, found)
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
