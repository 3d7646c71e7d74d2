package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Fade has varnishd end every connection after its next answer, as Drain does, and waits
// for none. It is for a varnishd to which nothing leads any more and whose directory has
// gone, so that its counters cannot be read. Clients tells when it has nothing left to
// do.
func (v *Varnish) Fade(ctx context.Context) error {
	if err := v.CLI.SetHealth(ctx, flagBackend, "sick"); err != nil {
		return err
	}
	return v.CLI.SetParameter(ctx, "timeout_idle", drainIdle)
}

// Clients counts the connections that varnishd's child has from the TLS tier,
// WebSockets among them, as the kernel knows them. There are none where there is
// no child.
func (v *Varnish) Clients() (int, error) {
	open, err := socketsOf(int(v.serving.Load()))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count varnishd's connections: %w", err)
	}
	table, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		return 0, fmt.Errorf("count varnishd's connections: %w", err)
	}
	return countConnected(string(table), v.setup.Layout.VarnishSocket(), open), nil
}

// countConnected counts the connections of a table as in /proc/net/unix
// (proc_net(5)) that were taken at the path and are among the sockets, by inode.
func countConnected(table, path string, sockets map[string]bool) (count int) {
	const connected = "03"
	for line := range strings.Lines(table) {
		// Num RefCount Protocol Flags Type St Inode Path
		f := strings.Fields(line)
		if len(f) == 8 && f[5] == connected && f[7] == path && sockets[f[6]] {
			count++
		}
	}
	return count
}

// socketsOf are the inodes of the sockets that a process has open.
func socketsOf(pid int) (map[string]bool, error) {
	directory := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	sockets := make(map[string]bool)
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(directory, entry.Name()))
		if errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		// Any other error is a descriptor that has been closed meanwhile.
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return sockets, nil
}
