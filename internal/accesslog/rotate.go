package accesslog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

// grow notes what was written to a file that is not to grow without bound, and has
// another begin where it is large enough. The lock is held.
func (a *Log) grow(by int64) {
	if a.to.size == 0 { // another file has taken its place, which may grow
		return
	}
	if a.to.size += by; a.to.size <= a.to.log.MaxSize || a.rotates {
		return
	}
	a.rotates = true
	to := a.to
	a.ending.Go(func() { // requests do not wait for that
		err := rotate(to.log.Access, to.log.Keep)
		if err == nil {
			err = a.Reopen()
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.rotates = false
		if err != nil {
			a.to.size = 1 // it is tried again when as much has been written once more
			a.report.Error("cannot rotate the access log's file; lines go on to the old one", "error", err)
		}
	})
}

// rotate gives a log's file the first number, and those that have a number the next
// one. The last of those that are kept is replaced.
func rotate(path string, keep int) error {
	for n := keep; n > 0; n-- {
		before := path
		if n > 1 {
			before += "." + strconv.Itoa(n-1)
		}
		if err := os.Rename(before, path+"."+strconv.Itoa(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate the access log: %w", err)
		}
	}
	return nil
}
