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

// KeepMemoryOffDisk has the kernel write no core file of this process, nor of
// what it starts, unless that asks for one itself. A limit of 1 byte is too little
// for any file, and the kernel's word for handing nothing to a collector either,
// which a limit of 0 does not keep it from (core(5)).
func KeepMemoryOffDisk() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return fmt.Errorf("read the limit of core files: %w", err)
	}
	limit.Cur = min(1, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return fmt.Errorf("lower the limit of core files: %w", err)
	}
	return nil
}
