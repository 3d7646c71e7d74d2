package supervise

import (
	"fmt"
	"syscall"
)

// RaiseDescriptors lets this process and its children open n files at once,
// where they may not already. Above the hard limit only root gets more; got is
// the limit that holds now, less than n where more was not allowed. It is not
// an error to get less.
func RaiseDescriptors(n uint64) (got uint64, err error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	wanted := syscall.Rlimit{Cur: max(n, limit.Cur), Max: max(n, limit.Max)}
	// Setting it, even to what it is, makes children inherit it: Go raises the
	// soft limit for itself alone and gives children the original one.
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &wanted) == nil {
		return wanted.Cur, nil
	}
	wanted = syscall.Rlimit{Cur: min(wanted.Cur, limit.Max), Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &wanted); err != nil {
		return limit.Cur, fmt.Errorf("raise the limit of open files to %d: %w", wanted.Cur, err)
	}
	return wanted.Cur, nil
}
