package static

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Rights are whose rights files are opened with: those of a user that the
// process, which is root, is not. The kernel decides, by the rules it has for
// that user. Nil are the process's own rights.
type Rights struct {
	uid, gid    int
	groups, own []uint32 // the user's, and the process's
}

// NewRights returns the rights of a user. It is an error where the process may
// not act as another user.
func NewRights(uid, gid uint32, groups []uint32) (*Rights, error) {
	own, err := os.Getgroups()
	if err != nil {
		return nil, fmt.Errorf("read the process's groups: %w", err)
	}
	r := &Rights{uid: int(uid), gid: int(gid), groups: slices.Clone(groups)}
	for _, group := range own {
		r.own = append(r.own, uint32(group))
	}
	return r, r.Do(func() {})
}

// Do calls f with the rights. They belong to the thread that f runs on, so f
// must not start a goroutine whose rights matter.
func (r *Rights) Do(f func()) error {
	if r == nil {
		f()
		return nil
	}
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// A change of rights would take from the process the signal that it is
		// to get when its parent dies. Another thread does it while this one is
		// held here.
		defer runtime.UnlockOSThread()
		done := make(chan error)
		go func() { done <- r.Do(f) }()
		return <-done
	}
	err := r.become()
	if err == nil {
		f()
	}
	if r.comeBack() == nil {
		runtime.UnlockOSThread()
	} // else the thread, which has fewer rights than the others, ends with its goroutine
	return err
}

// become takes the rights on. A file-system user other than root has none of
// root's power over files (capabilities(7)).
func (r *Rights) become() error {
	if err := setGroups(r.groups); err != nil {
		return fmt.Errorf("take on a user's groups: %w", err)
	}
	return set(r.uid, r.gid)
}

func (r *Rights) comeBack() error {
	return errors.Join(set(os.Geteuid(), os.Getegid()), setGroups(r.own))
}

// set sets the thread's user and group towards the file system. The calls tell
// what was before and not whether they did anything, so they are asked.
func set(uid, gid int) error {
	const nobody = -1 // changes nothing
	_ = unix.Setfsgid(gid)
	_ = unix.Setfsuid(uid)
	nowUID, errUID := unix.SetfsuidRetUid(nobody)
	nowGID, errGID := unix.SetfsgidRetGid(nobody)
	if err := errors.Join(errUID, errGID); err != nil || nowUID != uid || nowGID != gid {
		return errors.Join(fmt.Errorf("the kernel does not let this process read files as the user %d", uid), err)
	}
	return nil
}

// setGroups sets the thread's groups; package syscall would set all threads'.
func setGroups(groups []uint32) error {
	var first unsafe.Pointer
	if len(groups) > 0 {
		first = unsafe.Pointer(&groups[0])
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(first), 0); errno != 0 {
		return errno
	}
	return nil
}
