package static

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Hidden reports a path with a segment that names a dot file, /.well-known at
// the start aside.
func Hidden(path string) bool {
	if rest, ok := strings.CutPrefix(path, "/.well-known"); ok && (rest == "" || rest[0] == '/') {
		path = rest
	}
	return strings.Contains(path, "/.")
}

// openBelow opens a regular file below its root for reading; name begins with
// "/". A link may lead to another file there that could be asked for itself. One
// that leads anywhere else does not exist, and neither does a file that the user
// may not read.
func openBelow(root, name string) (*os.File, stamp, error) {
	at, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, stamp{}, err
	}
	defer unix.Close(at)
	fd, err := openAt(at, root, name[1:])
	if errors.Is(err, unix.ELOOP) {
		if name, err = target(root, name); err == nil {
			fd, err = openAt(at, root, name[1:])
		}
	}
	if err != nil {
		return nil, stamp{}, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, stamp{}, errors.Join(fs.ErrNotExist, err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), stampOf(&st), nil
}

// openAt opens a name below the directory, and no link: that is ELOOP.
func openAt(directory int, root, name string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC // to open a pipe must not wait
	fd, err := unix.Openat2(directory, name, &unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS})
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return openOld(root, name, flags)
	}
	return fd, err
}

// openOld does it where the kernel, or what filters its calls, has no openat2.
func openOld(root, name string, flags int) (int, error) {
	switch real, err := target(root, "/"+name); {
	case err != nil:
		return -1, err
	case real != "/"+name:
		return -1, unix.ELOOP
	}
	below, err := os.OpenRoot(root)
	if err != nil {
		return -1, err
	}
	defer below.Close()
	file, err := below.OpenFile(name, flags, 0)
	if err != nil {
		return -1, err
	}
	defer file.Close()
	return unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
}

// target returns where a name below root leads by links, as a name below root.
func target(root, name string) (string, error) {
	realRoot, err := filepath.EvalSymlinks(root)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(root + name)
	if err != nil {
		return "", err
	}
	below, ok := strings.CutPrefix(real, strings.TrimSuffix(realRoot, "/")+"/")
	if !ok || Hidden("/"+below) {
		return "", fs.ErrNotExist
	}
	return "/" + below, nil
}

// Page reads a file that the site names itself, of at most 16 MiB; it need not
// be below a root. The error is fs.ErrNotExist where there is none, and
// fs.ErrPermission where it may not be read, or is never served.
func (f *Files) Page(path string, private *Private) (data []byte, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errNone // nearly always
	}
	denied := f.rights.Do(func() { data, err = readPage(path, private) })
	return data, errors.Join(err, denied)
}

// HasPage reports whether there is such a file.
func (r *Rights) HasPage(path string) bool {
	if _, err := stat(path); err != nil {
		return false // nearly always
	}
	var err error
	denied := r.Do(func() { _, err = stat(path) })
	return err == nil && denied == nil
}

const maxPage = 16 << 20

func readPage(path string, private *Private) ([]byte, error) {
	seen, err := stat(path)
	if err != nil {
		return nil, errNone
	}
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if private.holds(seen) {
		return nil, fs.ErrPermission
	}
	return io.ReadAll(io.LimitReader(file, maxPage))
}
