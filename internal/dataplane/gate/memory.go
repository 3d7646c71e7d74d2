package gate

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// makeTable makes the table in memory that can be shared. Where the kernel has none to
// share, the table is edgegen's alone, and file nil.
func makeTable() (t *table, file *os.File, err error) {
	var key [16]byte
	rand.Read(key[:]) // never fails
	secret := [2]uint64{binary.NativeEndian.Uint64(key[:]), binary.NativeEndian.Uint64(key[8:])}
	file, memory, err := sharedMemory()
	if err != nil {
		return newTable(make([]byte, tableSize), secret), nil, err
	}
	t = newTable(memory, secret)
	runtime.AddCleanup(t, func(memory []byte) { _ = unix.Munmap(memory) }, memory)
	return t, file, nil
}

// sharedMemory is as long as a table. It is sealed against being made shorter, which
// would kill every process that looks at it by a signal.
func sharedMemory() (file *os.File, memory []byte, err error) {
	fd, err := unix.MemfdCreate("edgegen-limits", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("make memory to share: %w", err)
	}
	file = os.NewFile(uintptr(fd), "edgegen-limits")
	defer func() {
		if err != nil {
			_, file = file.Close(), nil
		}
	}()
	if err := file.Truncate(int64(tableSize)); err != nil {
		return nil, nil, fmt.Errorf("make memory to share: %w", err)
	}
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		return nil, nil, fmt.Errorf("seal memory to share: %w", err)
	}
	memory, err = unix.Mmap(fd, 0, tableSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map memory to share: %w", err)
	}
	return file, memory, nil
}

// giveBack returns the memory of a level, which is empty from then on.
func giveBack(file *os.File, level int) error {
	offset, size := place(level)
	if err := unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, offset, size); err != nil {
		return fmt.Errorf("give memory back: %w", err)
	}
	return nil
}

// Share hands the memory of the table to the process at the other end of a Unix socket,
// which counts in it from then on.
func (k *Keeper) Share(to *net.UnixConn) error {
	_, file := k.counts()
	if file == nil {
		return nil // it sees the connection close, and asks as before
	}
	_, _, err := to.WriteMsgUnix([]byte{1}, unix.UnixRights(int(file.Fd())), nil)
	if err != nil {
		return fmt.Errorf("share what is counted: %w", err)
	}
	return nil
}
