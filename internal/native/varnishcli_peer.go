package native

import (
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

	"edgegen/internal/tcptable"
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
	// Seen from there our remote address is its local one.
	socket, found := tcptable.Between(remote, local)
	if !found {
		return "", "", errors.New("it has closed its connection")
	}
	return socket.UID, socket.Inode, nil
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
