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

// dialledBy returns nil where the process holds the other end of a connection
// within this machine. Where we may not look into the process
// (varnishd with a jail changes its user, and root in a container may not look
// at that), it is enough that the other end belongs to a user it runs as.
func dialledBy(connection net.Conn, pid int) error {
	user, inode, err := otherEnd(connection)
	if err != nil {
		return fmt.Errorf("identify dialer: %w", err)
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

// otherEnd finds the other socket of a connection within this machine.
func otherEnd(connection net.Conn) (user, inode string, err error) {
	remote, err := netip.ParseAddrPort(connection.RemoteAddr().String())
	if err != nil {
		return "", "", err
	}
	local, err := netip.ParseAddrPort(connection.LocalAddr().String())
	if err != nil {
		return "", "", err
	}
	file := "/proc/net/tcp"
	if !remote.Addr().Unmap().Is4() {
		file = "/proc/net/tcp6"
	}
	table, err := os.ReadFile(file)
	if err != nil {
		return "", "", err
	}
	// Seen from there our remote address is its local one.
	user, inode, found := socketOwner(string(table), remote, local)
	if !found {
		return "", "", errors.New("it has closed its connection")
	}
	return user, inode, nil
}

// socketOwner finds the socket between the two addresses in the kernel's table
// of sockets.
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

// kernelAddress writes an address as /proc/net/tcp and tcp6 do: the words as they
// lie in memory, read in the machine's byte order.
func kernelAddress(address netip.AddrPort) string {
	var text strings.Builder
	for word := range slices.Chunk(address.Addr().Unmap().AsSlice(), 4) {
		fmt.Fprintf(&text, "%08X", binary.NativeEndian.Uint32(word))
	}
	return fmt.Sprintf("%s:%04X", &text, address.Port())
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
