package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is for a busy machine.
const patience = 20 * time.Second

// opened returns a Watcher that is closed when the test ends.
func opened(t testing.TB, options Options) *Watcher {
	t.Helper()
	w := New(options)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// run runs a Watcher until the test ends.
func run(t testing.TB, w *Watcher) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// awaitSignal fails the test where no change is told.
func awaitSignal(t testing.TB, w *Watcher, what string) {
	t.Helper()
	select {
	case <-w.Changes():
	case <-time.After(patience):
		t.Fatalf("%s: no change is told", what)
	}
}

// isPending says whether a change waits to be received, and takes it.
func isPending(w *Watcher) bool {
	select {
	case <-w.Changes():
		return true
	default:
		return false
	}
}

// prepared makes a site as a case wants it, and returns what is to be followed.
// A part of its path is a link.
func prepared(t *testing.T, setup func(site), follow string) (site, []string) {
	t.Helper()
	root := t.TempDir()
	s := site{t, filepath.Join(root, "way")}
	s.must(os.Mkdir(filepath.Join(root, "place"), 0o755))
	s.must(os.Symlink("place", s.dir))
	if setup != nil {
		setup(s)
	}
	var paths []string
	for _, name := range strings.Fields(follow) {
		paths = append(paths, s.path(name))
	}
	return s, paths
}

// TestContentIsCompared asks for each change whether it counts, without waiting
// for an event.
func TestContentIsCompared(t *testing.T) {
	for _, change := range changes {
		t.Run(change.name, func(t *testing.T) {
			s, paths := prepared(t, change.setup, change.follow)
			w := opened(t, Options{})
			w.Follow(paths)
			w.seen = w.trace().holds // what was made just before is told otherwise
			for n, untold := range change.untold {
				untold(s)
				if w.compare(); isPending(w) {
					t.Errorf("change %d of those that do not count was told", n)
				}
			}
			for n, told := range change.told {
				told(s)
				if w.compare(); !isPending(w) {
					t.Errorf("change %d was not told", n)
				}
			}
		})
	}
}

// TestChangesAreHeard has each change told by the kernel, and by looking.
func TestChangesAreHeard(t *testing.T) {
	for name, options := range map[string]Options{
		"by the kernel": {Quiet: 5 * time.Millisecond, Poll: time.Hour},
		"by looking":    {Quiet: 5 * time.Millisecond, Poll: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			for _, change := range changes {
				t.Run(change.name, func(t *testing.T) {
					t.Parallel()
					s, paths := prepared(t, change.setup, change.follow)
					w := opened(t, options)
					if options.Poll < time.Second {
						s.must(w.kernel.close())
						w.kernel, w.blind = nil, true
					}
					w.Follow(paths)
					w.seen = w.trace().holds
					<-w.stirred // nothing but an event makes it look from now on
					run(t, w)
					for n, told := range change.told {
						told(s)
						awaitSignal(t, w, fmt.Sprintf("change %d", n))
						for !w.isCurrent() { // a change of several steps may be told more than once
							awaitSignal(t, w, fmt.Sprintf("the rest of change %d", n))
						}
					}
				})
			}
		})
	}
}

// isCurrent says whether everything has been told.
func (w *Watcher) isCurrent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Equal(w.trace().holds, w.seen)
}

func TestOnlyWhatMattersIsHeeded(t *testing.T) {
	s, paths := prepared(t, func(s site) { s.write("sites/a.hcl", "one"); s.write("certs/a.pem", "one") }, "sites certs/a.pem")
	w := opened(t, Options{})
	w.Follow(paths)
	heed, place := w.kernel.heeded.Load(), filepath.Join(filepath.Dir(s.dir), "place")
	for path, want := range map[string]bool{
		s.dir: true, place: true, place + "/sites": true, place + "/certs": true,
		place + "/certs/a.pem": true, place + "/certs/b.pem": false, place + "/certs/a.hcl": false,
		place + "/sites/a.hcl": true, place + "/sites/b.hcl": true, place + "/sites/.b.hcl.swp": false,
		place + "/sites/run": false, filepath.Dir(filepath.Dir(s.dir)) + "/other": false,
		"//" + strings.Split(s.dir, "/")[1]: true, "/other": false, "": false,
	} {
		if got := heed.counts(path); got != want {
			t.Errorf("an event at %s: heeded %v, want %v", path, got, want)
		}
	}
}

// grownOld waits until what was written is older than the kernel's clock may be
// behind.
func grownOld(t *testing.T, path string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	for time.Since(changeOf(info)) <= clockStep {
		time.Sleep(time.Millisecond)
	}
}

func TestNothingIsLostBetweenLoadAndFollow(t *testing.T) {
	settled := func(w *Watcher) bool {
		w.compare()
		return !isPending(w)
	}
	s, paths := prepared(t, func(s site) {
		s.write("a.hcl", "one")
		s.write("certs/1/old.pem", "one")
		s.link("1", "certs/now")
	}, "a.hcl certs/now/old.pem certs/now/new.pem certs/gone.pem")
	hcl, old, late, gone := paths[:1], paths[:2], paths[:3], []string{paths[0], paths[3]}
	for _, path := range []string{hcl[0], s.path("certs/now"), old[1], s.path("certs"), s.path("certs/1")} {
		grownOld(t, path)
	}
	w := opened(t, Options{})

	if w.Follow(old); !settled(w) {
		t.Error("a change before New is told")
	}
	s.write("a.hcl", "two") // a load has read it before
	if w.Follow(old); settled(w) {
		t.Error("a change to a followed file is not told")
	}
	s.write("certs/1/new.pem", "one") // and has not read this
	if w.Follow(late); settled(w) {
		t.Error("a file that was written since the last signal is new and is not told")
	}
	if w.Follow(late); !settled(w) {
		t.Error("it is told twice")
	}
	if w.Follow(hcl); !settled(w) {
		t.Error("to follow less is told")
	}
	s.mkdir("certs/2")
	s.write("certs/2/old.pem", "one")
	s.relink("2", "certs/now")
	if w.Follow(old); settled(w) {
		t.Error("a link that was swapped is new and is not told")
	}
	if w.Follow(old); !settled(w) {
		t.Error("it is told twice")
	}
	s.write("certs/gone.pem", "one")
	s.remove("certs/gone.pem") // after it was read
	if w.Follow(gone); settled(w) {
		t.Error("a file that vanished is new and is not told")
	}
	if w.Follow(gone); !settled(w) {
		t.Error("it is told twice")
	}
}

func TestManyWriters(t *testing.T) {
	const writers, rounds = 100, 20
	s, _ := prepared(t, nil, "")
	var paths []string
	for n := range writers {
		paths = append(paths, s.path(fmt.Sprintf("d%d/f%d", n%10, n)))
	}
	load := func() (whole string) {
		for _, path := range paths {
			text, _ := os.ReadFile(path) // it may be gone for a moment
			whole += string(text) + "\n"
		}
		return whole
	}
	for n := range 10 {
		s.mkdir(fmt.Sprintf("d%d", n))
	}
	w := opened(t, Options{Quiet: 2 * time.Millisecond, Longest: 20 * time.Millisecond, Poll: time.Hour})
	w.Follow(paths)
	run(t, w)
	var writing sync.WaitGroup
	for n, path := range paths {
		writing.Go(func() {
			for round := range rounds {
				text := fmt.Appendf(nil, "writer %d round %d", n, round)
				err := os.WriteFile(path+".new", text, 0o600)
				switch n % 3 {
				case 0:
					err = os.WriteFile(path, text, 0o600)
				case 1:
					err = os.Remove(path + ".new")
					err = errors.Join(err, os.WriteFile(path, text, 0o600))
				default:
					err = errors.Join(err, os.Rename(path+".new", path))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	var want string
	for signals := 1; ; signals++ {
		awaitSignal(t, w, "while they write")
		loaded := load()
		w.Follow(paths)
		if want == "" {
			select {
			case <-written:
				want = load()
			default:
			}
		}
		if loaded == want {
			if signals > writers*rounds {
				t.Errorf("%d signals", signals)
			}
			t.Logf("%d signals for %d writes", signals, writers*rounds)
			return
		}
	}
}

// TestWithoutTheKernel has inotify refused, as where its limit is reached.
func TestWithoutTheKernel(t *testing.T) {
	s, paths := prepared(t, func(s site) { s.write("a.hcl", "one") }, "a.hcl")
	var limit syscall.Rlimit
	s.must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	var log bytes.Buffer
	// What is open stays so, and nothing can be opened any more.
	s.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 3, Max: limit.Max}))
	w := New(Options{Quiet: time.Millisecond, Poll: 5 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
	s.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	t.Cleanup(func() { w.Close() })
	w.Follow(paths)
	w.compare() // it was written just before
	isPending(w)
	run(t, w)
	for _, text := range []string{"two", "three"} {
		s.replace("a.hcl", text)
		awaitSignal(t, w, text)
		w.Follow(paths)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "every=5ms") || !strings.Contains(got, "max_user_instances") {
		t.Errorf("log: %s", got)
	}
}

// TestWhereTheKernelMayNotWatch follows a file through a directory that may be
// passed, and not be read.
func TestWhereTheKernelMayNotWatch(t *testing.T) {
	s, paths := prepared(t, func(s site) { s.write("closed/in/a.hcl", "one") }, "closed/in/a.hcl")
	s.must(os.Chmod(s.path("closed"), 0o711))
	t.Cleanup(func() { os.Chmod(s.path("closed"), 0o755) })
	if os.Geteuid() == 0 {
		// For this thread alone, root is somebody else to the file system.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		s.must(os.Chmod(filepath.Dir(filepath.Dir(s.dir)), 0o755))
		s.must(unix.Setfsuid(65534))
		defer unix.Setfsuid(0)
	} else {
		s.must(os.Chmod(s.path("closed"), 0o311))
	}
	var log bytes.Buffer
	w := opened(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	w.Follow(paths)
	w.Follow(paths)
	if got := log.String(); !w.blind || strings.Count(got, "\n") != 1 || !strings.Contains(got, "permission denied") {
		t.Errorf("blind %v, log: %s", w.blind, got)
	}
}

func TestExplained(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ENOSPC: "max_user_watches", syscall.EMFILE: "max_user_instances", syscall.EACCES: "permission denied",
	} {
		if got := explained(fmt.Errorf("inotify: %w", err)).Error(); !strings.Contains(got, want) {
			t.Errorf("%v is explained as %q", err, got)
		}
	}
}

func TestChangesUnreceivedAreOne(t *testing.T) {
	s, paths := prepared(t, func(s site) { s.write("a.hcl", "one") }, "a.hcl")
	w := opened(t, Options{})
	w.Follow(paths)
	for _, text := range []string{"two", "three", "four"} {
		s.write("a.hcl", text)
		w.compare()
	}
	if !isPending(w) || isPending(w) {
		t.Error("three changes that nobody received are not one signal")
	}
}

// BenchmarkSignal reports how long after the quiet period a change is told.
func BenchmarkSignal(b *testing.B) {
	for _, files := range []int{2, 2000} {
		b.Run(fmt.Sprintf("%d files", files), func(b *testing.B) {
			const quiet = 20 * time.Millisecond
			dir := b.TempDir()
			var paths []string
			for n := range files {
				paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.pem", n)))
				if err := os.WriteFile(paths[n], bytes.Repeat([]byte{'x'}, 4096), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			w := opened(b, Options{Quiet: quiet, Poll: time.Hour})
			w.Follow(paths)
			run(b, w)
			time.Sleep(2 * quiet)
			isPending(w)
			var beyond time.Duration
			for n := 0; b.Loop(); n++ {
				if err := os.WriteFile(paths[0], fmt.Appendf(nil, "round %d", n), 0o600); err != nil {
					b.Fatal(err)
				}
				written := time.Now()
				awaitSignal(b, w, "a round")
				beyond += time.Since(written) - quiet
			}
			b.ReportMetric(float64(beyond.Microseconds())/float64(b.N), "µs-beyond/op")
		})
	}
}
