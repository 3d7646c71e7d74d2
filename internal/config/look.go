package config

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// sight is what a path led to when it was looked at.
type sight struct {
	problem   string // why it cannot be looked at; "" where it can
	directory bool
	stamp     stamp
	// settled is false for a file that was changed a moment ago, since a further change
	// may leave it with the same times.
	settled bool
}

// stamp is the same as long as a file is the same and its content has not
// been written.
type stamp struct {
	device, inode     uint64
	mode              uint32
	size              int64
	modified, changed syscall.Timespec
}

// settling is longer than the steps in which any file system counts time.
const settling = 2 * time.Second

// look looks at a path once a load.
func (l *loader) look(path string) sight {
	found, again := l.seen[path]
	if !again {
		found = lookAt(path)
		l.seen[path] = found
	}
	l.note.look(path, found)
	return found
}

func lookAt(path string) sight {
	info, err := os.Stat(path)
	if err != nil {
		return sight{problem: missing(err)}
	}
	found := sight{directory: info.IsDir()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		found.stamp = stamp{stat.Dev, stat.Ino, stat.Mode, stat.Size, stat.Mtim, stat.Ctim}
		found.settled = time.Since(time.Unix(stat.Ctim.Unix())) > settling
	}
	return found
}

// looksLike reports whether a look at the path gives the same as the one before.
func (s sight) looksLike(before sight) bool {
	return s.problem == before.problem && s.directory == before.directory
}

// missing is why a path cannot be looked at.
func missing(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read: permission denied"
	}
	return "cannot be read: " + causeOf(err)
}
