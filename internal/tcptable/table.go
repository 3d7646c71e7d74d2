// Package tcptable reads the kernel's tables of TCP sockets (proc_net_tcp(5)).
package tcptable

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// State is what a socket does, as the kernel writes it.
type State string

// The states that are asked for.
const (
	Established State = "01"
	CloseWait   State = "08" // the other side has ended
	Listening   State = "0A"
)

// Socket is one line of a table.
type Socket struct {
	Local  netip.AddrPort
	State  State
	Unsent bool   // the other side has not taken all that was written
	UID    string // of the process that made it
	Inode  string
}

// Sockets are those of this network namespace. A table that cannot be read has
// none.
func Sockets() []Socket {
	var all []Socket
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if text, err := os.ReadFile(name); err == nil {
			all = append(all, parse(string(text))...)
		}
	}
	return all
}

func parse(text string) []Socket {
	var found []Socket
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 10 {
			continue
		}
		if address, ok := parseAddress(fields[1]); ok {
			found = append(found, Socket{address, State(fields[3]), !strings.HasPrefix(fields[4], "00000000:"), fields[7], fields[9]})
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
