package supervise

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ledger is a file that holds the lines of a book.
type ledger struct{ path string }

func ledgerIn(directory string) ledger { return ledger{filepath.Join(directory, "ledger")} }

// write replaces the file as a whole, so that it is never found half written.
// It need not survive a power failure, which ends every process too.
func (l ledger) write(b *book) error {
	text := strings.Join(b.lines(), "\n") + "\n"
	if err := os.WriteFile(l.next(), []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(l.next(), l.path)
}

// next is where the file is written before it takes its place.
func (l ledger) next() string { return l.path + ".new" }

// read returns nil where there is no file. One that somebody else could have
// written is refused: it says what to kill and what to remove.
func (l ledger) read(complain func(error)) (*book, error) {
	file, err := os.OpenFile(l.path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known || !info.Mode().IsRegular() || int(owner.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s is not a file that belongs to and is written by user %d alone", l.path, os.Geteuid())
	}
	b := new(book)
	return b, b.read(file, complain)
}

// Report tells what an earlier run had left behind.
type Report struct {
	Ended   []Leftover // processes that were ended
	Ignored []error    // lines of the ledger that could not be read
}

// Leftover is a process that an earlier run left.
type Leftover struct {
	PID  int
	Name string // of the process that it belonged to; "" where only its group told whose it was
}

const (
	leftoverGrace = time.Second
	guardianLimit = 3 * time.Second // the longest that a guardian takes, and more
)

// CleanUp ends what an earlier run with the same state directory left behind,
// and nothing else: processes and paths that are in its ledger, or processes
// that carry its marker. The caller holds the directory's lock. An earlier
// guardian that is still at work is waited for. Without a ledger there is
// nothing to do. The error says what could not be ended or removed.
func CleanUp(ctx context.Context, stateDir string) (Report, error) {
	var report Report
	l := ledgerIn(stateDir)
	left, err := l.read(func(err error) { report.Ignored = append(report.Ignored, err) })
	if err != nil {
		return report, fmt.Errorf("read ledger: %w", err)
	}
	if left == nil {
		return report, nil
	}
	if left.boot != bootID() {
		left.marker, left.groups, left.guardian = "", nil, identity{} // they ended with that boot
	}
	left.awaitGuardian(ctx)
	if err := left.endProcesses(ctx, &report); err != nil {
		return report, err
	}
	var problems []error
	left.removePaths(func(err error) { problems = append(problems, err) })
	for _, path := range []string{l.path, l.next()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, err)
		}
	}
	return report, errors.Join(problems...)
}

// awaitGuardian makes sure that the earlier guardian does not remove what this
// run is about to make.
func (b *book) awaitGuardian(ctx context.Context) {
	alive := func() []identity {
		if b.guardian.pid != 0 && b.guardian.isAlive() {
			return []identity{b.guardian}
		}
		return nil
	}
	if !await(alive, guardianLimit, ctx.Done()) {
		killAll(alive, clearLimit)
	}
}

func (b *book) endProcesses(ctx context.Context, report *Report) error {
	found := b.findLeft()
	for _, id := range found {
		report.Ended = append(report.Ended, Leftover{PID: id.pid, Name: b.nameOf(id)})
	}
	if len(found) > 0 {
		ask(found, syscall.SIGTERM)
		await(b.findLeft, leftoverGrace, ctx.Done())
	}
	if left := killAll(b.findLeft, clearLimit); len(left) > 0 {
		return fmt.Errorf("%d processes of an earlier run cannot be ended, the first is %d", len(left), left[0].pid)
	}
	return nil
}

func (b *book) nameOf(id identity) string {
	if marker, _ := markerOf(id.pid); b.owns(marker) {
		_, name, _ := strings.Cut(strings.TrimPrefix(marker, b.marker+"/"), "/")
		return name
	}
	for _, g := range b.groups {
		if g.leader == id {
			return g.name
		}
	}
	return ""
}
