package conformance

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// logReader reads what comes in an access log once for all the cases that look for
// their lines in it.
type logReader struct {
	path string

	mu     sync.Mutex
	read   int64               // bytes that have been looked at
	lines  map[string][]string // whole ones, by the marks in them
	number int                 // of lines
}

// about returns the lines with the mark that are in the log by now.
func (r *logReader) about(mark string) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.follow()
	return slices.Clone(r.lines[mark]), err
}

// count returns how many lines there are by now.
func (r *logReader) count() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.follow()
	return r.number, err
}

func (r *logReader) follow() error {
	file, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody has asked yet
	}
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, r.read, 1<<40))
	if err != nil {
		return err
	}
	if r.lines == nil {
		r.lines = map[string][]string{}
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasSuffix(line, "\n") {
			break // the rest of it is on its way
		}
		r.read += int64(len(line))
		r.number++
		marks := markForm.FindAllString(line, -1)
		slices.Sort(marks)
		for _, mark := range slices.Compact(marks) {
			r.lines[mark] = append(r.lines[mark], line)
		}
	}
	return nil
}
