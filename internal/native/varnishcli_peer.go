package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// dialledBy returns nil where the process holds the other end of an IPv4
// connection on the loopback interface. Where we may not look into the process
// (varnishd with a jail changes its user, and root in a container may not look
// at that), it is enough that the other end belongs to a user it runs as.
func dialledBy(connection net.Conn, pid int) error {
	remote, err := netip.ParseAddrPort(connection.RemoteAddr().String())
	if err != nil {
		return fmt.Errorf("identify dialer: %w", err)
	}
	local, err := netip.ParseAddrPort(connection.LocalAddr().String())
	if err != nil {
		return fmt.Errorf("identify dialer: %w", err)
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return fmt.Errorf("identify dialer: %w", err)
	}
	// Seen from the dialer our remote address is its local one.
	user, inode, found := socketOwner(string(table), remote, local)
	if !found {
		return errors.New("identify dialer: it has closed its connection")
	}
	holds, err := holdsSocket(pid, inode)
	if errors.Is(err, fs.ErrPermission) {
		holds, err = runsAs(pid, user)
	}
	if err != nil {
		return fmt.Errorf("identify dialer: %w", err)
	}
	if !holds {
		return fmt.Errorf("the dialer is not process %d", pid)
	}
	return nil
}

// socketOwner finds the socket between the two addresses in the kernel's table
// of IPv4 sockets.
func socketOwner(table string, local, remote netip.AddrPort) (user, inode string, found bool) {
	const localField, remoteField, userField, inodeField = 1, 2, 7, 9
	localText, remoteText := kernelAddress(local), kernelAddress(remote)
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) > inodeField && fields[localField] == localText && fields[remoteField] == remoteText {
			return fields[userField], fields[inodeField], true
		}
	}
	return "", "", false
}

// kernelAddress writes an IPv4 address as /proc/net/tcp does: the word as it
// lies in memory, read in the machine's byte order.
func kernelAddress(address netip.AddrPort) string {
	bytes := address.Addr().Unmap().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(bytes[:]), address.Port())
}

// holdsSocket reports whether a descriptor of the process is that socket.
func holdsSocket(pid int, inode string) (bool, error) {
	directory := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false, err
	}
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(directory, entry.Name()))
		if errors.Is(err, fs.ErrPermission) {
			return false, err
		}
		// Any other error is a descriptor that has been closed meanwhile.
		if target == "socket:["+inode+"]" {
			return true, nil
		}
	}
	return false, nil
}

// runsAs reports whether one of the process's user IDs is that user.
func runsAs(pid int, user string) (bool, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(status)) {
		if users, found := strings.CutPrefix(line, "Uid:"); found {
			return slices.Contains(strings.Fields(users), user), nil
		}
	}
	return false, nil
}
