package control

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// socket is a listening TCP socket, as the kernel's tables show it.
type socket struct {
	address netip.AddrPort
	uid     string // of the process that made it
	inode   string
}

// listeningSockets are those of this network namespace. A table that cannot be
// read has none.
func listeningSockets() []socket {
	var all []socket
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		all = append(all, parseSockets(string(text))...)
	}
	return all
}

// parseSockets reads /proc/net/tcp or tcp6 (proc_net_tcp(5)).
func parseSockets(text string) []socket {
	const listening = "0A"
	var found []socket
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != listening {
			continue
		}
		if address, ok := parseSocketAddress(fields[1]); ok {
			found = append(found, socket{address, fields[7], fields[9]})
		}
	}
	return found
}

// parseSocketAddress reads 0100007F:1F90: words of 32 bits in the machine's
// byte order, and a port.
func parseSocketAddress(text string) (netip.AddrPort, bool) {
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

// keepsFrom reports whether a socket that listens on held keeps another from
// wanted. One on [::] may take IPv4 as well.
func keepsFrom(held, wanted netip.AddrPort) bool {
	if held.Port() != wanted.Port() {
		return false
	}
	if held.Addr().Is4() == wanted.Addr().Is4() {
		return held.Addr() == wanted.Addr() || held.Addr().IsUnspecified() || wanted.Addr().IsUnspecified()
	}
	return held.Addr() == netip.IPv6Unspecified()
}

// process is a process that has a socket.
type process struct {
	pid  int
	name string
}

// holders are who keeps others from an address.
type holders struct {
	processes []process // by pid; those of other users are seen by root alone
	users     []string  // who made the sockets
}

// String names the first process, or else the users; "" where neither is known.
func (h holders) String() string {
	switch {
	case len(h.processes) == 1:
		return fmt.Sprintf("%s (pid %d)", h.processes[0].name, h.processes[0].pid)
	case len(h.processes) > 1:
		return fmt.Sprintf("%s (pid %d) and %d more", h.processes[0].name, h.processes[0].pid, len(h.processes)-1)
	case len(h.users) > 0:
		return "a process of the user " + strings.Join(h.users, " or ")
	}
	return ""
}

// holdersOf finds who keeps others from the address.
func holdersOf(table []socket, address netip.AddrPort) holders {
	var h holders
	inodes := make(map[string]bool)
	for _, s := range table {
		if !keepsFrom(s.address, address) {
			continue
		}
		inodes["socket:["+s.inode+"]"] = true
		name := s.uid
		if account, err := user.LookupId(s.uid); err == nil {
			name = account.Username
		}
		if !slices.Contains(h.users, name) {
			h.users = append(h.users, name)
		}
	}
	if len(inodes) > 0 {
		h.processes = processesWith(inodes)
	}
	return h
}

// processesWith returns the processes that have one of the files open, as far
// as they may be looked at.
func processesWith(files map[string]bool) []process {
	directories, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var found []process
	for _, directory := range directories {
		pid, err := strconv.Atoi(filepath.Base(directory))
		if err != nil || !hasOpen(filepath.Join(directory, "fd"), files) {
			continue
		}
		name, _ := os.ReadFile(filepath.Join(directory, "comm")) // it may have ended
		found = append(found, process{pid, strings.TrimSpace(string(name))})
	}
	slices.SortFunc(found, func(a, b process) int { return a.pid - b.pid })
	return found
}

func hasOpen(directory string, files map[string]bool) bool {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false // another user's, or it ended
	}
	return slices.ContainsFunc(entries, func(entry os.DirEntry) bool {
		target, err := os.Readlink(filepath.Join(directory, entry.Name()))
		return err == nil && files[target]
	})
}
