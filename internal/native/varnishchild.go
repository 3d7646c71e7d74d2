package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// childDied is how the manager tells of its child's end, which it notices
// within a tenth of a second.
var childDied = pattern(`Child \([0-9]+\) died|Child \([0-9]+\) not responding`)

// childStarted is how it names the child.
var childStarted = pattern(`Child \(([0-9]+)\) Started`)

// panicked is the line of the manager's that says where the child has given up,
// as "Assert error in VRG_CheckBo(), cache/cache_range.c line 236:". It is said
// right after the child's end.
var panicked = pattern(`Assert error in .*[^:]|Wrong turn at .*[^:]|Missing error ?handling code in .*[^:]|Signal [0-9]+ \(.*\) received at.*`)

// panicTime is how long the manager may take to notice the child's end and to
// say what it was.
const panicTime = 300 * time.Millisecond

// Panic waits a moment for the manager to say why its child has died, and returns that;
// "" if the child was killed. Call it after OnChildDied was told.
func (v *Varnish) Panic(ctx context.Context) string {
	select {
	case said := <-v.panics:
		return said
	case <-time.After(panicTime):
	case <-ctx.Done():
	}
	return ""
}

// hear passes on what the manager says, and looks for four kinds of lines.
func (v *Varnish) hear(line []byte) {
	v.setup.Message("varnishd", line)
	v.failure.hear(string(line))
	if v.OnChildDied == nil {
		return
	}
	if said := panicked().Find(line); said != nil {
		select {
		case v.panics <- string(said):
		default: // of an earlier one, whom nobody asked about
		}
	}
	manager := int(v.manager.Load())
	if childDied().Match(line) {
		v.OnChildDied(manager, errors.New(strings.TrimPrefix(string(line), "Error: ")))
	}
	if started := childStarted().FindSubmatch(line); started != nil {
		select {
		case <-v.panics: // of its predecessor
		default:
		}
		if pid, err := strconv.Atoi(string(started[1])); err == nil {
			v.serving.Store(int64(pid))
			v.child.watch(pid, func() { v.OnChildDied(manager, fmt.Errorf("its child (%d) has ended", pid)) })
		}
	}
}

// childWatch tells of the end of varnishd's child at once, where the kernel can
// be asked (Linux 5.10): until the manager notices, clients wait in a queue that
// is then thrown away. The zero value watches nothing yet.
type childWatch struct {
	mu    sync.Mutex
	child *os.File // its pidfd
	wait  sync.WaitGroup
}

// watch calls ended once the process has ended, and ends an earlier watch.
// Where the kernel cannot be asked, ended is never called.
func (w *childWatch) watch(pid int, ended func()) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return // the manager will tell
	}
	child := os.NewFile(uintptr(fd), "varnishd's child")
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.child != nil {
		_ = w.child.Close()
	}
	w.child = child
	w.wait.Go(func() {
		if awaitReadable(child) == nil {
			ended()
		}
	})
}

// stop ends the watch, and waits for it.
func (w *childWatch) stop() {
	w.mu.Lock()
	if w.child != nil {
		_ = w.child.Close()
		w.child = nil
	}
	w.mu.Unlock()
	w.wait.Wait()
}

// awaitReadable waits until there is something to be read, as there is from a
// pidfd once its process has ended (pidfd_open(2)). Closing the file ends it.
func awaitReadable(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("watch %s: %w", file.Name(), err)
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		var n int
		n, failed = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return n > 0 || failed != nil
	})
	return errors.Join(err, failed)
}
