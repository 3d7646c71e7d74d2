package supervise

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lock is the right to use a state directory. The kernel releases it when the
// holder dies.
type Lock struct{ file *os.File }

// HeldError says that another process holds the lock.
type HeldError struct {
	Directory string
	PID       int // 0 where it could not be found out
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("state directory %s is in use", e.Directory)
	}
	return fmt.Sprintf("state directory %s is in use by process %d", e.Directory, e.PID)
}

// AcquireLock takes the lock of an existing directory without waiting. The
// error is a *HeldError where another process has it.
func AcquireLock(directory string) (*Lock, error) {
	path := filepath.Join(directory, "lock")
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock state directory: %w", err)
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			defer file.Close()
			return nil, &HeldError{Directory: directory, PID: holderIn(file)}
		}
		if err == nil && !isAt(file, path) {
			file.Close() // its last holder removed it in between
			continue
		}
		if err == nil {
			if err = writeHolder(file); err != nil {
				_ = os.Remove(path) // nobody has the lock
			}
		}
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("lock state directory: %w", err)
		}
		return &Lock{file}, nil
	}
}

// Stands reports whether the lock's file is where others look for it.
func (l *Lock) Stands() bool { return isAt(l.file, l.file.Name()) }

// Renew takes the lock again where its file, or the whole directory, has gone and
// come back. The error is a *HeldError where somebody else has it now.
func (l *Lock) Renew() error {
	if l.Stands() {
		return nil
	}
	fresh, err := AcquireLock(filepath.Dir(l.file.Name()))
	if err != nil {
		return err
	}
	lost := l.file
	l.file = fresh.file
	return lost.Close()
}

// Release gives the lock back and removes its file, where that has not gone.
func (l *Lock) Release() error {
	var err error
	if l.Stands() {
		err = os.Remove(l.file.Name()) // before others can have it, or it would be theirs
	}
	return errors.Join(err, l.file.Close())
}

func isAt(file *os.File, path string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(held, there)
}

func writeHolder(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holderIn returns 0 where the holder has not written its number yet.
func holderIn(file *os.File) int {
	text, err := io.ReadAll(io.LimitReader(file, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
