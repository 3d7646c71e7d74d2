package accesslog

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"edgegen/internal/site"
)

// Change is a change of where the access log goes or how it is written.
// A nil one changes nothing.
type Change struct {
	log  *Log
	next target
	made os.FileInfo // of the file, where it was not there before
	seen int         // how often the log had been opened anew when next was opened
}

// Prepare opens what another configuration writes to; nil where it is the same.
// A file that is not there is made already now, so that the commit cannot fail
// for want of room.
func (a *Log) Prepare(was, next site.Log) (*Change, error) {
	was.Source, next.Source, was.Level, next.Level = site.Source{}, site.Source{}, "", ""
	if reflect.DeepEqual(was, next) {
		return nil, nil
	}
	c := &Change{log: a, seen: a.reopened()}
	var err error
	if next.Access != "off" && next.Access != "stdout" {
		if c.made, err = makeMissing(next.Access); err != nil {
			return nil, err
		}
	}
	if c.next, err = a.open(next); err != nil {
		return nil, errors.Join(err, removeEmpty(next.Access, c.made))
	}
	return c, nil
}

func (c *Change) Changes() bool { return c != nil }

// Commit writes there from now on. Where logs have been moved away meanwhile the
// file is opened anew; the error is that of reopen.
func (c *Change) Commit() error {
	if c == nil {
		return nil
	}
	c.log.become(c.next)
	if c.log.reopened() != c.seen {
		return c.log.Reopen()
	}
	return nil
}

// Abandon leaves no file that was not there before.
func (c *Change) Abandon() error {
	if c == nil {
		return nil
	}
	return errors.Join(removeEmpty(c.next.log.Access, c.made), c.next.close())
}

// makeMissing makes an empty log where there is none, and describes it; nil
// where something has the name.
func makeMissing(path string) (os.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if errors.Is(err, os.ErrExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the access log: %w", err)
	}
	made, err := file.Stat()
	return made, errors.Join(err, file.Close())
}

// removeEmpty removes a log that makeMissing made, unless somebody has put
// something in it, or another file in its place.
func removeEmpty(path string, made os.FileInfo) error {
	if made == nil {
		return nil
	}
	now, err := os.Lstat(path)
	if err != nil || !os.SameFile(now, made) || now.Size() > 0 {
		return nil
	}
	return os.Remove(path)
}
