package static

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Lookup tells what a name below a root is, which begins with "/" and has no "..";
// whether it may be read, is no matter. A link counts as what it leads to, and
// where that is not below the root, or a dot file, it is fs.ErrNotExist.
func Lookup(root, name string) (fs.FileMode, error) {
	at, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(at)
	fd, err := unix.Openat2(at, name[1:], &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS})
	switch {
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM):
		return lookupByLinks(root, name)
	case err != nil:
		return 0, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0, nil
	case unix.S_IFDIR:
		return fs.ModeDir, nil
	}
	return fs.ModeIrregular, nil
}

func lookupByLinks(root, name string) (fs.FileMode, error) {
	real, err := target(root, name)
	if err != nil {
		return 0, err
	}
	info, err := os.Lstat(strings.TrimSuffix(root, "/") + real)
	if err != nil {
		return 0, err
	}
	return info.Mode().Type(), nil
}
