package generation

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"edgegen/internal/systemd"
)

// Duplicates returns listeners on the same sockets, to be closed on their own.
func Duplicates(listeners []systemd.Listener) ([]systemd.Listener, error) {
	var result []systemd.Listener
	for _, l := range listeners {
		file, err := duplicate(l.File)
		if err != nil {
			CloseListeners(Passed(result))
			return nil, fmt.Errorf("duplicate the listener on %s: %w", l.Address, err)
		}
		l.File = file
		result = append(result, l)
	}
	return result, nil
}

// duplicate returns one more descriptor of a socket.
func duplicate(file *os.File) (*os.File, error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	var made int
	var failed error
	err = raw.Control(func(fd uintptr) { made, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(made), file.Name()), nil
}
