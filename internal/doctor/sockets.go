package doctor

import (
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/tcptable"
)

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

// holders are the processes that keep others from an address.
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

// holdersOf finds the listening processes that keep others from the address.
func holdersOf(table []tcptable.Socket, address netip.AddrPort) holders {
	var h holders
	inodes := make(map[string]bool)
	for _, s := range table {
		if !keepsFrom(s.Local, address) {
			continue
		}
		inodes["socket:["+s.Inode+"]"] = true
		name := s.UID
		if account, err := user.LookupId(s.UID); err == nil {
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
