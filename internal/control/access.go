package control

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"edgegen/internal/dataplane"
	"edgegen/internal/native"
	"edgegen/internal/site"
)

// accessLog writes the access log: a line for each request, whichever tier and
// engine answered it, in one write. It may be used by several goroutines.
//
// While the log cannot be written (a full disk, say) lines are dropped. That is
// reported when it begins, and how many they were when it is over.
type accessLog struct {
	stdout io.Writer
	report *slog.Logger

	mu      sync.Mutex
	to      accessTarget
	text    bytes.Buffer // of the line at hand
	torn    bool         // what was written last lacks its end
	dropped int64        // since the log could not be written
}

// accessTarget is where lines go, and how they are written. Its zero value is
// nowhere.
type accessTarget struct {
	log    site.Log
	writer io.Writer
	file   *os.File // nil where the writer is the caller's
}

func openAccessLog(log site.Log, stdout io.Writer, report *slog.Logger) (*accessLog, error) {
	a := &accessLog{stdout: stdout, report: report, to: accessTarget{log: log}}
	switch log.Access {
	case "off":
	case "stdout":
		a.to.writer = stdout
	default:
		file, err := openAccessFile(log.Access)
		if err != nil {
			return nil, err
		}
		a.to.writer, a.to.file = file, file
	}
	return a, nil
}

// openAccessFile opens a log to append to, wherever its end is: a copy and
// truncate moves it.
func openAccessFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open the access log: %w", err)
	}
	return file, nil
}

// record writes a request that a plane answered.
func (a *accessLog) record(r dataplane.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.to.writer == nil {
		return
	}
	a.text.Reset()
	if a.torn {
		a.text.WriteByte('\n')
	}
	if a.to.log.Format == "combined" {
		writeCombined(&a.text, r)
	} else {
		writeJSON(&a.text, r)
	}
	a.write()
}

// recordNative writes a request that varnishd answered.
func (a *accessLog) recordNative(r native.Request) { a.record(dataplane.Record(r)) }

func (a *accessLog) write() {
	n, err := a.to.writer.Write(a.text.Bytes())
	if n > 0 {
		a.torn = n < a.text.Len()
	}
	switch {
	case err != nil:
		if a.dropped++; a.dropped == 1 {
			a.report.Error("write the access log; lines are dropped until that works again", "error", err)
		}
	case a.dropped > 0:
		a.report.Warn("the access log is written again", "dropped", a.dropped)
		a.dropped = 0
	}
}

// reopen opens the log's file anew, after the old one was moved away. Where
// that fails the old one stays in use.
func (a *accessLog) reopen() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.to.file == nil {
		return nil
	}
	file, err := openAccessFile(a.to.log.Access)
	if err != nil {
		return err
	}
	return a.turn(accessTarget{log: a.to.log, writer: file, file: file})
}

// become has all further lines written as next would write them, which is not
// to be used any more. An error is about the file that was written before.
func (a *accessLog) become(next *accessLog) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.turn(next.to)
}

// close drops what is recorded from then on.
func (a *accessLog) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.turn(accessTarget{})
}

// turn makes another target the one that is written to, and closes the old one.
func (a *accessLog) turn(to accessTarget) error {
	was := a.to
	a.to, a.torn = to, false
	if was.file == nil {
		return nil
	}
	if err := was.file.Close(); err != nil {
		return fmt.Errorf("close the access log: %w", err)
	}
	return nil
}
