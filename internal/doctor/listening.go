package doctor

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"edgegen/internal/tcptable"
)

// Listener is a TCP socket of this machine that takes connections.
type Listener struct {
	Address netip.AddrPort
	// Process names who has it, as "ruby (pid 7)", or else its user; "" where neither
	// is known.
	Process string
}

// Listeners are those of this network namespace, one for each port, the lowest
// first.
func Listeners() []Listener {
	table := tcptable.Sockets(tcptable.Listening)
	var found []Listener
	for _, s := range table {
		found = append(found, Listener{Address: netip.AddrPortFrom(s.Local.Addr().Unmap(), s.Local.Port())})
	}
	slices.SortFunc(found, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Address.Port(), b.Address.Port()), a.Address.Compare(b.Address))
	})
	found = slices.CompactFunc(found, func(a, b Listener) bool { return a.Address.Port() == b.Address.Port() })
	for i := range found {
		found[i].Process = holdersOf(table, found[i].Address).String()
	}
	return found
}

// CanListen reports whether an edge that this user starts could listen on a port.
func CanListen(port uint16) bool {
	err := tryAddress(netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	if err == nil {
		err = tryAddress(netip.AddrPortFrom(netip.IPv6Unspecified(), port))
	}
	return err == nil || errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) // a machine without IPv6
}
