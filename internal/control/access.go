package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/dataplane"
	"edgegen/internal/native"
	"edgegen/internal/queue"
	"edgegen/internal/site"
)

const (
	// accessLimit is how many bytes of lines wait for whoever takes them: half a
	// second's at the highest rate.
	accessLimit = 8 << 20
	// accessPatience is how long the end waits for lines to be taken.
	accessPatience = time.Second
)

// accessLog writes the access log: a line for each request, whichever tier and
// engine answered it. It may be used by several goroutines, and holds up none of
// them: lines wait in a queue.
//
// While the log cannot be written (a full disk, a pipe that nobody reads) lines
// are dropped. That is reported when it begins, and how many they were when it
// is over.
type accessLog struct {
	report *slog.Logger
	hide   func(string) string // what is secret; nil where nothing is
	stdout *queue.Writer       // the one before the caller's writer, whatever the log becomes

	mu      sync.Mutex
	to      accessTarget
	reopens int          // how often it was asked to open its file anew
	text    bytes.Buffer // of the line at hand

	ending sync.WaitGroup // the queues that take no more
	giveUp context.CancelFunc
	life   context.Context // of those queues
}

// accessTarget is where lines go, and how they are written. Its zero value is
// nowhere.
type accessTarget struct {
	log   site.Log
	queue *queue.Writer
	file  *os.File // nil where the writer is the caller's
}

func openAccessLog(log site.Log, stdout io.Writer, report *slog.Logger) (*accessLog, error) {
	a := &accessLog{report: report}
	a.life, a.giveUp = context.WithCancel(context.Background())
	a.stdout = a.before(stdout)
	var err error
	a.to, err = a.open(log)
	return a, err
}

func (a *accessLog) before(writer io.Writer) *queue.Writer {
	return queue.New(writer, queue.Options{Limit: accessLimit, Dropping: a.dropping, Written: a.written})
}

func (a *accessLog) dropping(reason error) {
	level := slog.LevelError
	if errors.Is(reason, queue.ErrFull) {
		level = slog.LevelWarn
	}
	a.report.Log(context.Background(), level, "write the access log; lines are dropped until that works again", "error", reason)
}

func (a *accessLog) written(dropped int64) {
	a.report.Warn("the access log is written again", "dropped", dropped)
}

// open returns where a log goes that is described so.
func (a *accessLog) open(log site.Log) (accessTarget, error) {
	switch log.Access {
	case "off":
		return accessTarget{log: log}, nil
	case "stdout":
		return accessTarget{log: log, queue: a.stdout}, nil
	}
	// To append to, wherever its end is: a copy and truncate moves it. A named pipe
	// without a reader would hold up whoever opens it.
	file, err := os.OpenFile(log.Access, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK|followed(log.Access), 0o640)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return accessTarget{}, fmt.Errorf("open the access log: nobody reads the pipe %s", log.Access)
	case errors.Is(err, syscall.ELOOP):
		return accessTarget{}, fmt.Errorf("open the access log: %s is a symbolic link, which root does not follow: name what it leads to", log.Access)
	case err != nil:
		return accessTarget{}, fmt.Errorf("open the access log: %w", err)
	}
	return accessTarget{log: log, queue: a.before(file), file: file}, nil
}

// followed is the flag for how the access log is opened. Who may write in its
// directory could have root write anywhere by a link; only /dev has links that
// are root's own.
func followed(path string) int {
	if os.Geteuid() != 0 || strings.HasPrefix(path, "/dev/") {
		return 0
	}
	return syscall.O_NOFOLLOW
}

// record writes a request that a plane answered.
func (a *accessLog) record(r dataplane.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.to.queue == nil {
		return
	}
	if a.hide != nil {
		r.Backend = a.hide(r.Backend)
	}
	a.text.Reset()
	if a.to.log.Format == "combined" {
		writeCombined(&a.text, r)
	} else {
		writeJSON(&a.text, r)
	}
	_, _ = a.to.queue.Write(a.text.Bytes()) // a queue never fails
}

// recordNative writes a request that varnishd answered.
func (a *accessLog) recordNative(r native.Request) { a.record(dataplane.Record(r)) }

// reopen opens the log's file anew, after the old one was moved away: what has
// been recorded goes to the old one. Where that fails it stays in use.
func (a *accessLog) reopen() error {
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
func (a *accessLog) become(to accessTarget) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(to)
}

func (a *accessLog) reopened() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reopens
}

// close drops what is recorded from then on. It waits for a moment for what was
// recorded before to be written.
func (a *accessLog) close() {
	a.become(accessTarget{})
	a.end(accessTarget{queue: a.stdout})
	late := time.AfterFunc(accessPatience, a.giveUp)
	defer late.Stop()
	a.ending.Wait()
	a.giveUp()
}

// turn makes another target the one that is written to. A file that was written
// before is finished and closed meanwhile, however long that takes.
func (a *accessLog) turn(to accessTarget) {
	was := a.to
	a.to = to
	if was.file != nil {
		a.end(was)
	}
}

// end lets a target go that nobody writes to any more.
func (a *accessLog) end(was accessTarget) {
	a.ending.Go(func() {
		if dropped := was.queue.Close(a.life); dropped > 0 {
			a.report.Warn("the access log could not be written to its end", "dropped", dropped)
		}
		if err := was.close(); err != nil {
			a.report.Warn("close the access log", "error", err)
		}
	})
}

// close closes a target that is not used.
func (t accessTarget) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}
