package static

import (
	"errors"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// absences notes below which names nothing was lately, so that the kernel has that in its
// memory. A name may take the place of another one. The zero value cannot be used.
type absences struct {
	seed  maphash.Seed
	slots [1 << 10]atomic.Uint64 // half of the name's hash, and when it was asked for, in ms since Files were made
}

func (n *absences) slot(path []byte) (slot *atomic.Uint64, half uint64) {
	hash := maphash.Bytes(n.seed, path)
	return &n.slots[hash%uint64(len(n.slots))], hash >> 32 << 32
}

// absent reports that nothing is at the first name of a path below a root, or below that.
// Apps are asked for much that is no file, and then the file system would be asked for
// each request with the scheduler told of it (see glance). It is asked all the same, but
// by a call that cannot wait: false where it could, and for what is there.
func (f *Files) absent(root, first string) bool {
	name, ok := terminated(root, first)
	if !ok {
		return false
	}
	slot, half := f.absences.slot(name[:len(root)+len(first)])
	noted := slot.Load()
	if noted>>32<<32 != half || f.age()-time.Duration(uint32(noted))*time.Millisecond > fresh {
		return false
	}
	var st unix.Statx_t
	return statxNow(&name, unix.AT_SYMLINK_NOFOLLOW, 0, &st) == syscall.ENOENT // a link could lead to another machine
}

// gone is the name below a root at which nothing is, if nothing is at the one given. If it
// is the first name of a path on a disk of this machine, it is noted.
func (f *Files) gone(root, missing string) string {
	first := firstName(missing)
	if first != missing {
		var st unix.Stat_t
		if err := unix.Lstat(root+first, &st); !errors.Is(err, unix.ENOENT) {
			return missing
		}
	}
	if name, ok := terminated(root, first); ok && onDisk(root) {
		slot, half := f.absences.slot(name[:len(root)+len(first)])
		slot.Store(half | uint64(uint32(f.age()/time.Millisecond)))
	}
	return first
}

// firstName is the beginning of a path up to its second slash.
func firstName(path string) string {
	if path == "" {
		return ""
	}
	first, _, _ := strings.Cut(path[1:], "/")
	return path[:1+len(first)]
}

// within reports whether a name is that of what is missing, or of something below it.
func within(name, missing string) bool {
	return strings.HasPrefix(name, missing) && (len(name) == len(missing) || name[len(missing)] == '/')
}
