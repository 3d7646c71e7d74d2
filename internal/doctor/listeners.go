package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"edgegen/internal/tcptable"

	"golang.org/x/sys/unix"

	"edgegen/internal/generation"
	"edgegen/internal/site"
)

// examineListeners tells whether the site's addresses can be had.
func (x *examination) examineListeners() []Line {
	if !x.hasSite {
		return nil
	}
	var lines []Line
	table := tcptable.Sockets(tcptable.Listening)
	for _, l := range x.edge.HTTP {
		lines = append(lines, x.examineListener("http", l, table)...)
	}
	for _, l := range x.edge.HTTPS {
		lines = append(lines, x.examineListener("https", l, table)...)
	}
	if x.edge.Protocols.HTTP3 {
		lines = append(lines, x.examineQUIC()...)
	}
	if m := x.edge.Metrics; m != nil {
		for _, l := range m.Listen {
			lines = append(lines, x.examineListener("metrics", l, table)...)
		}
	}
	return lines
}

func (x *examination) examineListener(kind string, l site.Listener, table []tcptable.Socket) []Line {
	address := l.Address.String()
	if l.Address.Port() == 0 {
		return []Line{{LevelOK, kind, address + ": the kernel chooses a port", ""}}
	}
	err := tryAddress(l.Address)
	switch {
	case err == nil:
		return []Line{{LevelOK, kind, address + " is free", ""}}
	case l.Optional && generation.WithoutIPv6(err):
		return []Line{{LevelNote, kind, address + " is left out: this machine has no IPv6", ""}}
	case errors.Is(err, syscall.EADDRINUSE):
		return []Line{x.occupied(kind, l.Address, holdersOf(table, l.Address))}
	}
	summary, remedy := generation.ExplainListen(l.Address, false, err)
	return []Line{{LevelProblem, kind, summary, remedy}}
}

// occupied tells who has an address.
func (x *examination) occupied(kind string, address netip.AddrPort, who holders) Line {
	if x.running != nil && slices.ContainsFunc(who.processes, func(p process) bool { return p.pid == x.running.PID }) {
		return Line{LevelOK, kind, fmt.Sprintf("%s is held by the running edge (pid %d)", address, x.running.PID), ""}
	}
	summary, remedy := generation.ExplainListen(address, false, syscall.EADDRINUSE)
	line := Line{LevelProblem, kind, summary, remedy}
	if text := who.String(); text != "" {
		line.Text = fmt.Sprintf("%s is in use by %s", address, text)
	}
	if len(who.processes) > 0 {
		line.Remedy = "name another address, or end that process"
	}
	return line
}

// tryAddress binds as the edge would and does not listen: no client can come
// in, and nobody who wants to listen there meanwhile is kept from it.
func tryAddress(address netip.AddrPort) error {
	family, v6 := unix.AF_INET, address.Addr().Is6()
	if v6 {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // nothing is written to it
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if !v6 {
		return unix.Bind(fd, &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()})
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()})
}
