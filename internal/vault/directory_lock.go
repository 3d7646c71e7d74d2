package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"edgegen/internal/wait"
)

// locks is the folder of the locks.
const locks = "locks"

// free is what the last holder leaves in the file of a lock.
const free = "free\n"

// A lock is a row of files, NAME.1, NAME.2 and so on, of which the last one counts.
// Whoever takes the lock makes the next file, which the file system lets one alone do
// (link does not replace), and removes those before it. The holder writes into its file
// that it is alive; a last file that stays the same for as long as a lease is that of a
// dead one. Ages are measured by the clock of whoever waits. Nobody ever makes a file
// with a number that was there before: two who find a dead holder at the same time want
// the same number, and one gets it. So locks of the kernel (flock), which storage of a
// network may not have or may lose, are not needed.
//
// Each look begins with a file of one's own that is made in the folder: a file system of
// a network then asks the server what there is, instead of remembering it.
type lockFile struct {
	*directory
	folder, name string
	number       int          // of the file that is ours
	said         atomic.Int64 // how often we have said that we are alive
}

func (d *directory) Lock(ctx context.Context, name string) (held context.Context, release func(), err error) {
	if err := good(name); err != nil {
		return nil, nil, err
	}
	l := &lockFile{directory: d, folder: filepath.Join(d.path, locks), name: strings.ReplaceAll(name, "/", "_")}
	seen, since := "", time.Now()
	for {
		asked := time.Now()
		last, err := within(ctx, d, func() (string, error) { return l.take(seen, since) })
		if err != nil {
			return nil, nil, err
		}
		if l.number > 0 {
			held, release := l.hold(ctx, asked)
			return held, release, nil
		}
		if last != seen {
			seen, since = last, time.Now()
		}
		if !wait.For(ctx, d.rhythm.look()+rand.N(d.rhythm.look())) {
			return nil, nil, context.Cause(ctx)
		}
	}
}

// take gets the lock where the last holder has left it, or has said nothing since a time
// at which it was seen to have said something. It returns what the last one says.
func (l *lockFile) take(seen string, since time.Time) (last string, err error) {
	if err := l.directory.folder(l.folder); err != nil {
		return "", err
	}
	mine, err := l.stage(l.alive())
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.Remove(mine)) }()
	number, err := l.last()
	if err != nil {
		return "", err
	}
	if number > 0 {
		text, err := os.ReadFile(l.path(number))
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil // there is a later one by now
		}
		if err != nil {
			return "", err
		}
		last = fmt.Sprintf("%d %s", number, text)
		if string(text) != free && (last != seen || time.Since(since) < l.rhythm.lease) {
			return last, nil
		}
	}
	err = os.Link(mine, l.path(number+1))
	if errors.Is(err, fs.ErrExist) {
		return last, nil
	}
	if err != nil {
		return last, err
	}
	return last, l.settle(number + 1)
}

// settle looks whether a file that was made is the last one: another edge may have gone on
// while this one slept, and have removed what stood in the way.
func (l *lockFile) settle(number int) error {
	last, err := l.last()
	if err != nil {
		return errors.Join(err, os.Remove(l.path(number)))
	}
	if last != number {
		return os.Remove(l.path(number))
	}
	l.number = number
	for before := number - 1; before > 0; before-- {
		if os.Remove(l.path(before)) != nil {
			break // those before were removed by those before us
		}
	}
	return nil
}

// last is the number of the last file; 0 where there is none.
func (l *lockFile) last() (last int, err error) {
	files, err := os.ReadDir(l.folder)
	for _, file := range files {
		text, ours := strings.CutPrefix(file.Name(), l.name+".")
		if number, err := strconv.Atoi(text); ours && err == nil {
			last = max(last, number)
		}
	}
	return last, err
}

func (l *lockFile) path(number int) string {
	return filepath.Join(l.folder, l.name+"."+strconv.Itoa(number))
}

// stage makes a file of one's own. It need not last over a crash of the machine that has
// the storage: then all begin anew.
func (l *lockFile) stage(text []byte) (name string, err error) {
	file, err := os.CreateTemp(l.folder, "."+l.name+".*")
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func (l *lockFile) alive() []byte {
	return fmt.Appendf(nil, "%s %d\n", l.identity, l.said.Add(1))
}

// hold says that this edge is alive until it gives the lock back or loses it.
func (l *lockFile) hold(ctx context.Context, since time.Time) (context.Context, func()) {
	held, end := l.rhythm.hold(ctx, since, fmt.Sprintf("the lock %s of the store %s", l.name, l.directory.path), func(ctx context.Context) (bool, error) {
		return within(ctx, l.directory, func() (bool, error) { return l.say(l.alive()) })
	})
	return held, func() {
		if end() {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.rhythm.renew())
		defer cancel()
		_, _ = within(ctx, l.directory, func() (bool, error) { return l.say([]byte(free)) }) // else it runs out
	}
}

// say writes into our file, and reports whether it is the last one still.
func (l *lockFile) say(text []byte) (ours bool, err error) {
	staged, err := l.stage(text)
	if err != nil {
		return false, err
	}
	if last, err := l.last(); err != nil || last != l.number {
		return false, errors.Join(err, os.Remove(staged))
	}
	if err := os.Rename(staged, l.path(l.number)); err != nil {
		return false, errors.Join(err, os.Remove(staged))
	}
	if bytes.Equal(text, []byte(free)) {
		return true, nil
	}
	last, err := l.last()
	return last == l.number, err
}
