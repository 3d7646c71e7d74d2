package watch

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// content tells one content from another.
type content [sha256.Size]byte

// contentOf returns a text that stands for the content of a path that cannot be read as a
// file. No file begins with such a text, unless it means to mislead.
func contentOf(problem string) content {
	return sha256.Sum256([]byte("\x00not a file: " + problem))
}

// mostRead is far above any file that a site is made of.
const mostRead = 16 << 20

// sample is what a file held, and how it looked then.
type sample struct {
	file    fileState
	when    time.Time // before the file was looked at
	content content
}

// fileState changes whenever a file does.
type fileState struct {
	device, inode    uint64
	size             int64
	changed, written syscall.Timespec
}

// sum returns what a plain file holds. One that has not changed since it was
// read is not read again.
func (t *tracer) sum(path string, info fs.FileInfo) content {
	now := sample{when: time.Now()}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok {
		now.file = fileState{stat.Dev, stat.Ino, stat.Size, stat.Ctim, stat.Mtim}
	}
	before, known := t.known[path]
	// A change soon after another one may leave the same times.
	if ok && known && before.file == now.file && before.when.Sub(changeOf(info)) > time.Second {
		t.taken[path] = before
		return before.content
	}
	now.content = read(path)
	t.taken[path] = now
	return now.content
}

// read does not wait for the writer of a pipe that took the file's place.
func read(path string) content {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return contentOf(causeOf(err))
	}
	defer file.Close()
	all := sha256.New()
	read, err := io.CopyN(all, file, mostRead)
	if err != nil && !errors.Is(err, io.EOF) {
		return contentOf(causeOf(err))
	}
	if read == mostRead { // the rest is told by the file's size and time
		if info, err := file.Stat(); err == nil {
			fmt.Fprint(all, info.Size(), info.ModTime())
		}
	}
	return content(all.Sum(nil))
}
