package accesslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"edgegen/internal/site"
)

// logFile opens a log in a file of a temporary directory.
func logFile(t *testing.T) (*Log, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "access.log")
	log := open(t, site.Log{Access: file}, nil)
	return log, file
}

func open(t *testing.T, to site.Log, stdout io.Writer) *Log {
	t.Helper()
	log, err := Open(to, stdout, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	return log
}

// written waits until what was recorded is written, in files that were left too.
func written(t *testing.T, log *Log) {
	t.Helper()
	log.ending.Wait()
	if log.to.queue == nil {
		return
	}
	if err := log.to.queue.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// hosts are the hosts of the lines in a file, of which each is whole.
func hosts(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for line := range strings.Lines(string(data)) {
		hosts = append(hosts, decoded(t, []byte(line)).Host)
	}
	return strings.Join(hosts, " ")
}

func of(host string) *Record { return &Record{Host: host} }

// A named pipe serves as long as somebody reads it, and whoever asks for it anew
// is not held up by the want of a reader.
func TestAccessLogPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(site.Log{Access: pipe}, nil, slog.New(slog.DiscardHandler), nil); err == nil || !strings.Contains(err.Error(), "nobody reads the pipe") {
		t.Errorf("without a reader: %v", err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	log := open(t, site.Log{Access: pipe}, nil)
	log.Record(of("x"))
	written(t, log)
	line, err := bufio.NewReader(reader).ReadBytes('\n')
	if err != nil || decoded(t, line).Host != "x" {
		t.Errorf("%s, %v", line, err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if err := log.Reopen(); err == nil {
		t.Error("it is opened though nobody reads it")
	}
	log.Record(of("y"))
}

// A whole line is written at once, whoever else writes, planes and varnishd.
func TestAccessLogLines(t *testing.T) {
	log, file := logFile(t)
	if err := os.WriteFile(file, []byte(`{"host":"earlier"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 100 {
				if i%2 == 0 {
					log.Record(of("x"))
				} else {
					log.Record(&Record{Host: "x"})
				}
			}
		})
	}
	writers.Wait()
	written(t, log)
	if got := hosts(t, file); got != "earlier"+strings.Repeat(" x", 800) {
		t.Errorf("the lines are about %s", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAccessLogPlaces(t *testing.T) {
	var stdout bytes.Buffer
	log := open(t, site.Log{Access: "stdout"}, &stdout)
	log.Record(of("x"))
	written(t, log)
	if decoded(t, stdout.Bytes()).Host != "x" {
		t.Errorf("stdout says %q", stdout.String())
	}
	off := open(t, site.Log{Access: "off"}, &stdout)
	off.Record(of("y"))
	if err := off.Reopen(); err != nil || strings.Count(stdout.String(), "\n") != 1 {
		t.Errorf("%v; %q", err, stdout.String())
	}
	if _, err := Open(site.Log{Access: t.TempDir()}, nil, nil, nil); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("a directory: %v", err)
	}
}

// TestAccessLogRotation moves the file away, or copies and empties it.
func TestAccessLogRotation(t *testing.T) {
	t.Run("rename and reopen", func(t *testing.T) {
		log, file := logFile(t)
		log.Record(of("a"))
		if err := os.Rename(file, file+".1"); err != nil {
			t.Fatal(err)
		}
		log.Record(of("b"))
		if err := log.Reopen(); err != nil {
			t.Fatal(err)
		}
		log.Record(of("c"))
		written(t, log)
		if old, now := hosts(t, file+".1"), hosts(t, file); old != "a b" || now != "c" {
			t.Errorf("the old file has %q, the new one %q", old, now)
		}
	})
	t.Run("while everybody writes", func(t *testing.T) {
		log, file := logFile(t)
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for range 200 {
					log.Record(of("x"))
				}
			})
		}
		err := errors.Join(os.Rename(file, file+".1"), log.Reopen())
		writers.Wait()
		written(t, log)
		if got := strings.Fields(hosts(t, file+".1") + " " + hosts(t, file)); err != nil || len(got) != 800 {
			t.Errorf("%d lines, %v", len(got), err)
		}
	})
	t.Run("copy and truncate", func(t *testing.T) {
		log, file := logFile(t)
		log.Record(of("a"))
		written(t, log)
		if err := os.Truncate(file, 0); err != nil {
			t.Fatal(err)
		}
		log.Record(of("b"))
		written(t, log)
		if got := hosts(t, file); got != "b" {
			t.Errorf("the file has %q", got)
		}
	})
	t.Run("the directory is gone", func(t *testing.T) {
		log, file := logFile(t)
		moved := filepath.Dir(file) + ".moved"
		if err := os.Rename(filepath.Dir(file), moved); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(moved); err != nil {
				t.Error(err)
			}
		})
		if err := log.Reopen(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reopened: %v", err)
		}
		log.Record(of("a"))
		written(t, log)
		if got := hosts(t, filepath.Join(moved, "access.log")); got != "a" {
			t.Errorf("the old file has %q", got)
		}
	})
}

// A reload changes place and format at once, for a line and all after it.
func TestAccessLogBecomesAnother(t *testing.T) {
	file, other := filepath.Join(t.TempDir(), "access.log"), filepath.Join(t.TempDir(), "other.log")
	var stdout bytes.Buffer
	log := open(t, site.Log{Access: file}, &stdout)
	for _, next := range []site.Log{
		{Access: other}, {Access: other, Format: "combined"}, {Access: "off"}, {Access: "stdout"}, {Access: file},
	} {
		to, err := log.open(next)
		if err != nil {
			t.Fatal(err)
		}
		log.become(to)
		log.Record(of("x"))
		written(t, log)
	}
	text, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(string(text), "\n")
	if decoded(t, []byte(first)).Host != "x" || !strings.HasPrefix(second, "- - - [") || strings.Count(second, "\n") != 1 {
		t.Errorf("the other file has %q", text)
	}
	if got := hosts(t, file); got != "x" || decoded(t, stdout.Bytes()).Host != "x" {
		t.Errorf("the file has %q, stdout %q", got, stdout.String())
	}
}

// full takes so many bytes, and then none.
type full struct {
	bytes.Buffer
	room int
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n, _ := f.Buffer.Write(p[:f.room]) // a Buffer takes everything
		f.room = 0
		return n, syscall.ENOSPC
	}
	f.room -= len(p)
	return f.Buffer.Write(p)
}

// stuck takes nothing until it is freed.
type stuck struct{ asked, freed chan struct{} }

func (s *stuck) Write(p []byte) (int, error) {
	s.asked <- struct{}{}
	<-s.freed
	return len(p), nil
}

// A reader of stdout that stalls holds up neither requests nor a reload that
// changes the log nor the end; the file that comes after it gets its lines.
func TestAccessLogWithAStalledReader(t *testing.T) {
	var messages bytes.Buffer
	reader := &stuck{asked: make(chan struct{}, 1), freed: make(chan struct{})}
	log, err := Open(site.Log{Access: "stdout"}, reader, slog.New(slog.NewTextHandler(&messages, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	log.Record(of("held up"))
	<-reader.asked
	large := strings.Repeat("x", 1<<20)
	for range 10 {
		log.Record(of(large))
	}
	file := filepath.Join(t.TempDir(), "access.log")
	to, err := log.open(site.Log{Access: file})
	if err != nil {
		t.Fatal(err)
	}
	log.become(to)
	log.Record(of("x"))
	written(t, log)
	if got := hosts(t, file); got != "x" {
		t.Errorf("the file has %q", got)
	}
	log.Close()
	close(reader.freed)
	if err := log.stdout.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if said := messages.String(); strings.Count(said, "\n") != 2 || !strings.Contains(said, "level=WARN") || !strings.Contains(said, "dropped=11") {
		t.Errorf("it says %s", said)
	}
}

// What cannot be written is reported once, and what is lost in one line; a line
// that was cut off does not spoil the next.
func TestAccessLogOnAFullDisk(t *testing.T) {
	var messages bytes.Buffer
	disk := &full{room: 1 << 20}
	log, err := Open(site.Log{Access: "stdout"}, disk, slog.New(slog.NewTextHandler(&messages, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	log.Record(of("first"))
	written(t, log)
	disk.room = 20
	for range 1000 {
		log.Record(of("lost"))
	}
	written(t, log)
	disk.room = 1 << 20
	log.Record(of("later"))
	written(t, log)
	log.Record(of("last"))
	written(t, log)
	if said := messages.String(); strings.Count(said, "\n") != 2 || !strings.Contains(said, "no space left") || !strings.Contains(said, "dropped=1000") {
		t.Errorf("it says %s", said)
	}
	lines := strings.Split(disk.String(), "\n")
	if len(lines) != 5 || len(lines[1]) != 20 || decoded(t, []byte(lines[2])).Host != "later" || decoded(t, []byte(lines[3])).Host != "last" || lines[4] != "" {
		t.Errorf("the disk has %q", lines)
	}
}

// TestAccessLogBehindALink holds that root writes where the site says, and not
// where somebody else's link leads.
func TestAccessLogBehindALink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "access.log")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	log, err := Open(site.Log{Access: link}, nil, slog.New(slog.DiscardHandler), nil)
	if os.Geteuid() != 0 {
		if err != nil {
			t.Fatal(err)
		}
		log.Close()
		return
	}
	if err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("it is opened, %v", err)
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what the link leads to was made: %v", err)
	}
	// Nor is it opened anew once there is a link.
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	log = open(t, site.Log{Access: link}, nil)
	if err := errors.Join(os.Remove(link), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := log.Reopen(); err == nil {
		t.Error("it is opened anew behind a link")
	}
	open(t, site.Log{Access: "/dev/null"}, nil)
	// Everybody may write in some directories below /dev.
	for path, want := range map[string]int{"/dev/stdout": 0, "/dev/fd/1": 0, "/dev/shm/access.log": syscall.O_NOFOLLOW, "/dev/../tmp/access.log": syscall.O_NOFOLLOW} {
		if got := followed(path); got != want {
			t.Errorf("%s is opened with %#x, want %#x", path, got, want)
		}
	}
}
