package supervise

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Holder returns the process that holds the lock of a state directory, 0 where
// none does. Unlike AcquireLock it disturbs nobody: it reads the kernel's table
// of locks. The answer may be out of date at once.
func Holder(directory string) (pid int, err error) {
	file, err := os.Open(filepath.Join(directory, "lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the lock: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("look at the lock: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, errors.New("look at the lock: the system does not number its files")
	}
	table, err := os.ReadFile("/proc/locks")
	if err != nil {
		return 0, fmt.Errorf("look at the lock: %w", err)
	}
	if written := holderIn(file); isLocked(string(table), stat.Ino, written) {
		return written, nil
	}
	return 0, nil
}

// AwaitEnd waits until the process that Holder has named no longer holds the lock of the
// state directory and, unless it is the caller, has ended. Whoever takes the lock then
// finds nothing in the way. The error is that of ctx where it ends before, or says why
// the lock cannot be looked at.
func AwaitEnd(ctx context.Context, directory string, pid int) error {
	pause := time.NewTicker(endPause)
	defer pause.Stop()
	for {
		holder, err := Holder(directory)
		if err != nil {
			return err
		}
		if info, err := inspect(pid); holder != pid && (err != nil || info.isDead() || pid == os.Getpid()) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// endPause is between two looks at a process that is about to end.
const endPause = 5 * time.Millisecond

// isLocked looks for a lock of the process on the file. The table's device
// number is not that of stat(2) on every file system, so it is not compared.
func isLocked(table string, inode uint64, pid int) bool {
	for line := range strings.Lines(table) {
		// 1: FLOCK ADVISORY WRITE 1932 fe:00:9979681 0 EOF
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || fields[4] != strconv.Itoa(pid) {
			continue
		}
		if strings.HasSuffix(fields[5], ":"+strconv.FormatUint(inode, 10)) {
			return true
		}
	}
	return false
}
