// Package tcptable tells what TCP sockets there are: it asks the kernel for those
// that are wanted (sock_diag(7)), or reads its tables where it may not be asked
// (proc_net_tcp(5)).
package tcptable

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// State is what a socket does, by the kernel's number.
type State uint8

// The states that are asked for.
const (
	Established State = 1
	CloseWait   State = 8 // the other side has ended
	Listening   State = 10
)

// Socket is one of this network namespace.
type Socket struct {
	Local, Remote netip.AddrPort
	State         State
	Unsent        bool   // the other side has not taken all that was written
	UID           string // of the process that made it
	Inode         string
}

// Sockets are those in one of the states. A table that cannot be read has none.
func Sockets(states ...State) []Socket {
	var all []Socket
	for family, name := range map[uint8]string{unix.AF_INET: table4, unix.AF_INET6: table6} {
		found, err := dump(family, states)
		if err != nil {
			found = read(name)
		}
		all = append(all, found...)
	}
	return slices.DeleteFunc(all, func(s Socket) bool { return !slices.Contains(states, s.State) })
}

// Between finds the socket at one end of a connection. The addresses of IPv4 may be
// those of IPv6 that stand for them.
func Between(local, remote netip.AddrPort) (Socket, bool) {
	local, remote = unmapped(local), unmapped(remote)
	found, err := lookUp(local, remote)
	if err != nil {
		found = slices.Concat(read(table4), read(table6))
	}
	i := slices.IndexFunc(found, func(s Socket) bool { return unmapped(s.Local) == local && unmapped(s.Remote) == remote })
	if i < 0 {
		return Socket{}, false
	}
	return found[i], true
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

const table4, table6 = "/proc/net/tcp", "/proc/net/tcp6"

func read(name string) []Socket {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return parse(string(text))
}

func parse(text string) []Socket {
	var found []Socket
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 10 {
			continue
		}
		local, ok := parseAddress(fields[1])
		remote, too := parseAddress(fields[2])
		state, err := strconv.ParseUint(fields[3], 16, 8)
		if ok && too && err == nil {
			found = append(found, Socket{local, remote, State(state), !strings.HasPrefix(fields[4], "00000000:"), fields[7], fields[9]})
		}
	}
	return found
}

// parseAddress reads 0100007F:1F90: words of 32 bits in the machine's
// byte order, and a port.
func parseAddress(text string) (netip.AddrPort, bool) {
	digits, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	address, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(address, uint16(number)), ok
}
