package control

import (
	"fmt"
	"io"
	"os"
	"sync"

	"edgegen/internal/site"
)

// accessLog writes whole lines. Lines may come from several goroutines.
type accessLog struct {
	mu     sync.Mutex
	writer io.Writer // nil where the log is off
	file   *os.File  // nil where the writer is the caller's

	combined bool // the format, where edgegen itself writes a line
}

func openAccessLog(log site.Log, stdout io.Writer) (*accessLog, error) {
	switch log.Access {
	case "off":
		return &accessLog{}, nil
	case "stdout":
		return &accessLog{writer: stdout, combined: log.Format == "combined"}, nil
	}
	file, err := os.OpenFile(log.Access, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open the access log: %w", err)
	}
	return &accessLog{writer: file, file: file, combined: log.Format == "combined"}, nil
}

// line writes one line. An error is dropped: a full disk must not stop an edge.
func (a *accessLog) line(line []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.writer.Write(append(line[:len(line):len(line)], '\n'))
}

func (a *accessLog) close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}
