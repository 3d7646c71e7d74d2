package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/queue"
	"edgegen/internal/site"
)

const (
	// limit is how many bytes of lines wait to be written: half a second's at the highest
	// rate.
	limit = 8 << 20
	// gather is how long a line waits for others: a write each would cost as much
	// as a request for what is stored.
	gather = 5 * time.Millisecond
	// patience is how long the end waits for lines to be taken.
	patience = time.Second
)

// Log writes the access log: a line for each request, whichever tier and
// engine answered it. It may be used by several goroutines, and holds up none of
// them: lines wait in a queue.
//
// While the log cannot be written (a full disk, a pipe that nobody reads) lines
// are dropped. That is reported when it begins, and how many they were when it
// is over.
type Log struct {
	report *slog.Logger
	hide   func(string) string // what is secret; nil where nothing is
	stdout *queue.Writer       // the one before the caller's writer, whatever the log becomes

	mu      sync.RWMutex // whoever writes lines reads what follows
	to      target
	rotates bool      // the file that is written to is about to be another
	reopens int       // how often it was asked to open its file anew
	lines   sync.Pool // of *draft

	ending sync.WaitGroup // the queues that take no more
	giveUp context.CancelFunc
	life   context.Context // of those queues
}

// draft is a line that is being made.
type draft struct {
	text   bytes.Buffer
	record Record
}

// target is where lines go, and how they are written. Its zero value is
// nowhere.
type target struct {
	log    site.Log
	queue  *queue.Writer
	file   *os.File // nil where the writer is the caller's
	fields []field  // of a line in JSON
	size   int64    // of a file that does not grow without bound; 0 for another
}

// Open opens a log as the site describes it. stdout is where "stdout" leads.
// report is told of lines that are lost. hide, which may be nil, replaces what is
// secret in the name of a backend.
func Open(log site.Log, stdout io.Writer, report *slog.Logger, hide func(string) string) (*Log, error) {
	a := &Log{report: report, hide: hide, lines: sync.Pool{New: func() any { return &draft{} }}}
	a.life, a.giveUp = context.WithCancel(context.Background())
	a.stdout = a.before(stdout)
	var err error
	a.to, err = a.open(log)
	return a, err
}

func (a *Log) before(writer io.Writer) *queue.Writer {
	return queue.New(writer, queue.Options{Limit: limit, Gather: gather, Dropping: a.dropping, Written: a.written})
}

func (a *Log) dropping(reason error) {
	level := slog.LevelError
	if errors.Is(reason, queue.ErrFull) {
		level = slog.LevelWarn
	}
	a.report.Log(context.Background(), level, "write the access log; lines are dropped until that works again", "error", reason)
}

func (a *Log) written(dropped int64) {
	a.report.Warn("the access log is written again", "dropped", dropped)
}

// open returns where a log goes that is described so.
func (a *Log) open(log site.Log) (target, error) {
	switch log.Access {
	case "off":
		return target{log: log}, nil
	case "stdout":
		return target{log: log, queue: a.stdout, fields: fieldsOf(log.Fields)}, nil
	}
	// To append to, wherever its end is: a copy and truncate moves it. A named pipe
	// without a reader would hold up whoever opens it.
	file, err := os.OpenFile(log.Access, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK|followed(log.Access), 0o640)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return target{}, fmt.Errorf("open the access log: nobody reads the pipe %s", log.Access)
	case errors.Is(err, syscall.ELOOP):
		return target{}, fmt.Errorf("open the access log: %s is a symbolic link, which root does not follow: name what it leads to", log.Access)
	case err != nil:
		return target{}, fmt.Errorf("open the access log: %w", err)
	}
	to := target{log: log, queue: a.before(file), file: file, fields: fieldsOf(log.Fields)}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() && log.MaxSize > 0 {
		to.size = max(1, info.Size())
	}
	return to, nil
}

// followed is the flag for how the access log is opened. A user that may write in its
// directory could have root write anywhere by a link; only /dev itself, and not what is
// below it, has links that are root's own, as has /dev/fd.
func followed(path string) int {
	switch filepath.Dir(path) {
	case "/dev", "/dev/fd":
		return 0
	}
	if os.Geteuid() != 0 {
		return 0
	}
	return syscall.O_NOFOLLOW
}

// Record writes a request, unless the site wants no line of it. It keeps nothing of the
// record.
func (a *Log) Record(of *Record) {
	if wrote := a.write(of); wrote > 0 {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.grow(wrote)
	}
}

// write is Record. It returns how much was written to a file that is not to grow without
// bound.
func (a *Log) write(of *Record) (wrote int64) {
	a.mu.RLock()
	defer a.mu.RUnlock() // until then its queue takes lines
	to := &a.to
	if to.queue == nil || leaves(&to.log, of) {
		return 0
	}
	l := a.lines.Get().(*draft)
	defer a.lines.Put(l)
	l.record = *of
	r := &l.record
	if a.hide != nil {
		r.Backend, r.Way.Site, r.Way.Route = a.hide(r.Backend), a.hide(r.Way.Site), a.hide(r.Way.Route)
	}
	l.text.Reset()
	if to.log.Format == "combined" {
		writeCombined(&l.text, r)
	} else {
		writeJSON(&l.text, to.fields, r)
	}
	_, _ = to.queue.Write(l.text.Bytes()) // a queue never fails
	if to.size == 0 {
		return 0
	}
	return int64(l.text.Len())
}

// Reopen opens the log's file anew, after the old one was moved away: what has
// been recorded goes to the old one. Where that fails it stays in use.
func (a *Log) Reopen() error {
	a.mu.Lock()
	a.reopens++
	was := a.to
	a.mu.Unlock()
	if was.file == nil {
		return nil
	}
	to, err := a.open(was.log) // which may take its time, and requests are not to wait
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.to.file != was.file {
		return to.close() // a reload has led lines elsewhere meanwhile
	}
	a.turn(to)
	return nil
}

// become has everything that is recorded from now on written elsewhere.
func (a *Log) become(to target) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(to)
}

func (a *Log) reopened() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reopens
}

// Close drops what is recorded from then on. It waits for a moment for what was
// recorded before to be written.
func (a *Log) Close() {
	a.become(target{})
	a.end(target{queue: a.stdout})
	late := time.AfterFunc(patience, a.giveUp)
	defer late.Stop()
	a.ending.Wait()
	a.giveUp()
}

// turn makes another target the one that is written to. A file that was written
// before is finished and closed meanwhile, however long that takes.
func (a *Log) turn(to target) {
	was := a.to
	a.to = to
	if was.file != nil {
		a.end(was)
	}
}

// end closes a target to which nobody writes any more.
func (a *Log) end(was target) {
	a.ending.Go(func() {
		if dropped := was.queue.Close(a.life); dropped > 0 {
			a.report.Warn("the last lines of the access log could not be written", "dropped", dropped)
		}
		if err := was.close(); err != nil {
			a.report.Warn("close the access log", "error", err)
		}
	})
}

// close closes a target that is not used.
func (t target) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}
