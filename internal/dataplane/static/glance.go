package static

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fresh is how long it counts that the kernel has a file in its memory which was asked for.
const fresh = time.Second

// glance asks the file system without telling the scheduler, which would look after the
// thread while it waits (package socket says what that costs). So it asks only where nobody
// waits: for a file of a disk of this machine that was asked for a moment ago. ok is false
// where stat has to be asked.
func (f *Files) glance(path string) (st stamp, ok bool) {
	f.mu.RLock()
	k := f.kept[path]
	f.mu.RUnlock()
	if k == nil || !k.local {
		return stamp{}, false
	}
	now := f.age()
	if now-time.Duration(k.asked.Swap(int64(now))) > fresh {
		return stamp{}, false
	}
	return statNow(path)
}

// statNow is stat of a regular file; false where it is anything else.
func statNow(path string) (stamp, bool) {
	name, ok := terminated(path, "")
	if !ok {
		return stamp{}, false
	}
	var st unix.Statx_t
	if errno := statxNow(&name, 0, unix.STATX_BASIC_STATS, &st); errno != 0 || st.Mask&unix.STATX_BASIC_STATS != unix.STATX_BASIC_STATS || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return stamp{}, false
	}
	nano := func(t unix.StatxTimestamp) int64 { return t.Sec*int64(time.Second) + int64(t.Nsec) }
	return stamp{device: unix.Mkdev(st.Dev_major, st.Dev_minor), inode: st.Ino, size: int64(st.Size), modified: nano(st.Mtime), changed: nano(st.Ctime)}, true
}

// here has relative names begin in the working directory.
const here = ^uintptr(99) // AT_FDCWD

// statxNow is statx of a path, without telling the scheduler.
func statxNow(path *[longest]byte, flags, mask uintptr, st *unix.Statx_t) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_STATX, here, uintptr(unsafe.Pointer(path)), flags, mask, uintptr(unsafe.Pointer(st)), 0)
	return errno
}

// longest is how long a path may be, with its end, to be asked for so.
const longest = 512

// terminated is a path of two parts as the kernel reads it; false for one that is too long.
func terminated(beginning, rest string) (name [longest]byte, ok bool) {
	if len(beginning)+len(rest) >= len(name) {
		return name, false
	}
	copy(name[copy(name[:], beginning):], rest)
	return name, true
}

// onDisk reports whether a file is on a disk of this machine, or in its memory: to ask for
// one of another machine may take as long as that likes.
func onDisk(path string) bool {
	var at unix.Statfs_t
	if unix.Statfs(path, &at) != nil {
		return false
	}
	switch int64(at.Type) { //nolint:unconvert // it has 32 bits on some machines
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.F2FS_SUPER_MAGIC:
		return true
	}
	return false
}
