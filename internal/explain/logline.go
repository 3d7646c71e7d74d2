package explain

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"edgegen/internal/wait"
)

// LogLine is a line of the access log: its fields by the names that they have in
// JSON.
type LogLine map[string]any

// Text is a field that is a text, "" for none.
func (l LogLine) Text(name string) string {
	text, _ := l[name].(string)
	return text
}

// Told is Text, and whether the lines tell it at all.
func (l LogLine) Told(name string) (text string, told bool) {
	_, told = l[name]
	return l.Text(name), told
}

// quotedField is a field between quotation marks, in which they are escaped.
const quotedField = `"((?:[^"\\]|\\.)*)"`

var combined = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\S+) - - \[([^\]]*)\] "(\S+) (.*) (\S+)" (\d+) (\d+) ` + quotedField + " " + quotedField + " " +
		quotedField + " " + quotedField + ` (\d+) (\d+) (\S+) (\S+) ` + quotedField + ` (\d+)$`)
})

// combinedNames are the fields of a line of the combined format, in their order.
var combinedNames = [...]string{"client", "time", "method", "path", "protocol", "status", "bytes", "referer", "user_agent", "id", "host",
	"received", "duration_us", "cache", "tier", "backend", "upstream_us"}

// readLine reads a line of either format; nil where it is of none.
func readLine(line string) LogLine {
	found := LogLine{}
	if strings.HasPrefix(line, "{") {
		if json.Unmarshal([]byte(line), &found) != nil {
			return nil
		}
		return found
	}
	fields := combined().FindStringSubmatch(line)
	if fields == nil {
		return nil
	}
	for i, name := range combinedNames {
		value := fields[i+1]
		if number, err := strconv.ParseFloat(value, 64); err == nil && strings.Contains(" status bytes received duration_us upstream_us ", " "+name+" ") {
			found[name] = number
			continue
		}
		if text, err := strconv.Unquote(`"` + value + `"`); err == nil {
			value = text
		}
		if value == "-" {
			value = ""
		}
		found[name] = value
	}
	return found
}

// LogSize is how long a log is, 0 where there is none yet.
func LogSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// AwaitLine waits for a line after that many bytes of a log that is of the request;
// nil where none comes in time. spoken is the version of HTTP that it was sent over.
func AwaitLine(ctx context.Context, path string, after int64, r Request, spoken string, patience time.Duration) LogLine {
	method, target := r.line(spoken)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		line, err := findLine(path, after, func(l LogLine) bool { return l.Text("method") == method && l.Text("path") == target })
		if err == nil || !errors.Is(err, errNoLine) {
			return line
		}
		if !wait.For(ctx, 20*time.Millisecond) {
			return nil
		}
	}
}

// FindID finds the last line of a log about the request with that X-Request-Id. It looks
// into the files that the log has had before as well, which have numbers.
func FindID(path, id string) (LogLine, error) {
	file := path
	for n := 1; ; n++ {
		line, err := findLine(file, 0, func(l LogLine) bool { return l.Text("id") == id })
		switch {
		case n > 1 && errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("no line of %s is about the request %q", path, id)
		case !errors.Is(err, errNoLine):
			return line, err
		}
		file = path + "." + strconv.Itoa(n)
	}
}

var errNoLine = errors.New("no line of the log")

// findLine is the last line after some bytes of a log that holds.
func findLine(path string, after int64, holds func(LogLine) bool) (LogLine, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // to open a pipe must not wait
	if err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("the access log %s is no file that can be read again", path))
	}
	if _, err := file.Seek(after, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	var found LogLine
	reader := bufio.NewReaderSize(file, 64<<10)
	for {
		text, err := reader.ReadString('\n')
		if line := readLine(strings.TrimSuffix(text, "\n")); err == nil && line != nil && holds(line) {
			found = line
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the access log: %w", err)
		}
	}
	if found == nil {
		return nil, errNoLine
	}
	return found, nil
}
