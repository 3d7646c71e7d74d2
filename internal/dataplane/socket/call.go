// Package socket reads from sockets and writes to them without telling the
// scheduler.
//
// Package net tells it of each call, since a call may wait in the kernel. One on
// a socket that does not block never does. Where the scheduler believes that a
// thread waits, it looks after it thousands of times a second, and gives its
// processor to another thread: that took a tenth of the time of a busy edge.
package socket

import (
	"syscall"
	"unsafe"
)

// Read reads what is there. It returns 0 at the end of the stream, and EAGAIN
// where nothing is there. The descriptor must not block, here and below.
func Read(fd uintptr, p []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

// Write writes what there is room for, and returns EAGAIN where there is none.
func Write(fd uintptr, p []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

// WriteBoth is Write of one after the other.
func WriteBoth(fd uintptr, p, q []byte) (int, error) {
	if len(q) == 0 {
		return Write(fd, p)
	}
	parts := [2]syscall.Iovec{{Base: unsafe.SliceData(p)}, {Base: unsafe.SliceData(q)}}
	parts[0].SetLen(len(p))
	parts[1].SetLen(len(q))
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&parts)), uintptr(len(parts)))
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

// Peek is Read of bytes that stay where they are.
func Peek(fd uintptr, p []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

func result(n uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
