package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// collector is a sink that tests can read.
type collector struct {
	mu    sync.Mutex
	lines []string
}

func (c *collector) add(line []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, string(line))
}

func (c *collector) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lines)
}

func TestStartErrorsSayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name string
		p    Process
		want string
		is   error
	}{
		{"missing file", Process{Path: dir + "/nowhere"}, "start app: stat " + dir + "/nowhere: no such file", fs.ErrNotExist},
		{"not in PATH", Process{Path: "no-such-program"}, `no program "no-such-program" in PATH`, nil},
		{"not in its own PATH", Process{Path: "sh", Env: []string{"PATH=" + dir}}, `no program "sh" in its PATH`, nil},
		{"not executable", Process{Path: write("plain", "x", 0o600)}, "may not be executed", fs.ErrPermission},
		{"not executable in PATH", Process{Path: "plain", Env: []string{"PATH=" + dir}}, "may not be executed", fs.ErrPermission},
		{"a directory", Process{Path: dir}, "is a directory", nil},
		{"not a program", Process{Path: write("text", "hello\n", 0o700)}, "neither a program", syscall.ENOEXEC},
		{"interpreter missing", Process{Path: write("script", "#!/no/ruby -w\n", 0o700)}, `needs "/no/ruby", which is missing`, fs.ErrNotExist},
		{"directory missing", Process{Path: "/bin/sh", Dir: dir + "/gone"}, "working directory: stat " + dir + "/gone", fs.ErrNotExist},
		{"directory a file", Process{Path: "/bin/sh", Dir: dir + "/plain"}, "not a directory", syscall.ENOTDIR},
		{"exits at once", shell("echo first >&2; echo no such option >&2; exit 3"),
			"app did not get ready: it exited with status 3 after", nil},
		{"says why", shell("echo usage; echo no such option >&2; exit 3"), ": no such option", nil},
		{"says why on stdout only", shell("echo usage; exit 3"), ": usage", nil},
		{"killed", shell("kill -SEGV $$"), "it was killed by SIGSEGV (signal 11)", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.p.Name = "app"
			test.p.Ready = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			err := started(t, test.p, Policy{FirstPause: time.Hour, LongestPause: time.Hour}, nil).WaitReady(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestProgramRelativeToDirectoryAndEnvironment(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/app", []byte("#!/bin/sh\npwd; echo $A; echo \"$@\"; cat; echo $0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var out collector
	exit, err := Once(t.Context(), Process{Name: "app", Path: "./app", Dir: dir, Args: []string{"x y", "z"},
		Env: []string{"A=b", markerName + "=forged"}, Stdout: out.add}, nil)
	if want := []string{dir, "b", "x y z", "./app"}; err != nil || exit.Code != 0 || !slices.Equal(out.all(), want) {
		t.Errorf("got %q, %v, %v", out.all(), exit, err)
	}
}

func TestP6OutputReachesSinks(t *testing.T) {
	var out, complaints collector
	p := shell(`printf 'one\ntwo'; printf '\000\377\nx' >&2; exit 1`)
	p.Stdout, p.Stderr = out.add, complaints.add
	exit, err := Once(t.Context(), p, nil)
	if err != nil || exit.Code != 1 {
		t.Fatal(exit, err)
	}
	if got := out.all(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("stdout %q", got)
	}
	if got := complaints.all(); !slices.Equal(got, []string{"\x00\xff", "x"}) {
		t.Errorf("stderr %q", got)
	}
}

func TestP6MuchOutputWithoutNewlines(t *testing.T) {
	var out collector
	p := shell("head -c 1000000 /dev/zero")
	p.Stdout = out.add
	if _, err := Once(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	if got := len(strings.Join(out.all(), "")); got != 1000000 || len(out.all()[0]) != lineLimit {
		t.Errorf("%d bytes, first line %d", got, len(out.all()[0]))
	}
}

func TestExtraFilesStayNonBlocking(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	p := shell("test -S /dev/fd/3 && echo yes >&4")
	p.ExtraFiles = []*os.File{file, writer}
	if exit, err := Once(t.Context(), p, nil); err != nil || exit.Code != 0 {
		t.Fatal(exit, err)
	}
	writer.Close()
	if text, err := io.ReadAll(reader); err != nil || string(text) != "yes\n" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := listener.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := listener.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("accept: %v", err)
	}
}

func TestStopSignalReachesGroupOrLeader(t *testing.T) {
	t.Parallel()
	for _, leaderOnly := range []bool{false, true} {
		t.Run(fmt.Sprintf("leader only %v", leaderOnly), func(t *testing.T) {
			var out collector
			p := shell(`trap 'sleep 1.5; echo leader; exit 0' USR2
				sh -c 'trap "echo worker; exit" USR2; echo up; while :; do sleep 0.05; done' &
				while :; do sleep 0.05; done`)
			p.StopSignal, p.StopLeader, p.Stdout = syscall.SIGUSR2, leaderOnly, out.add
			p.StopTimeout = 10 * time.Second
			p.Ready = func(context.Context) error {
				if len(out.all()) == 0 {
					return errors.New("not up")
				}
				return nil
			}
			r, cancel, ended := begun(t, p, Policy{}, nil)
			if err := r.WaitReady(t.Context()); err != nil {
				t.Error(err)
			}
			group := r.Status().PID
			cancel()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if got := r.Status().LastExit; got.Code != 0 {
				t.Errorf("ended %v", got)
			}
			// Who is left by its leader is asked after all.
			want := []string{"up", "worker", "leader"}
			if leaderOnly {
				want = []string{"up", "leader", "worker"}
			}
			if got := out.all(); !slices.Equal(got, want) {
				t.Errorf("output %q, want %q", got, want)
			}
			noGroup(t, group)
		})
	}
}

// noGroup checks that no living process is in the group.
func noGroup(t *testing.T, group int) {
	t.Helper()
	for pid, info := range processes() {
		if info.group == group && !info.isDead() {
			t.Errorf("process %d of group %d lives", pid, group)
		}
	}
}

func TestP4ProcessThatIgnoresSIGTERM(t *testing.T) {
	t.Parallel()
	p := shell("trap '' TERM; echo up; while :; do sleep 300; done")
	p.StopTimeout = 200 * time.Millisecond
	var out collector
	p.Stdout = out.add
	r := running(t, p, Policy{}, nil)
	eventually(t, "it is up", func() bool { return len(out.all()) > 0 })
	group := r.Status().PID
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := r.Status().LastExit
	if got.Signal != syscall.SIGKILL || !strings.Contains(got.String(), ", as it did not end when SIGTERM asked it to") {
		t.Errorf("ended %v", got)
	}
	noGroup(t, group)
}

func TestP4GroupEndsWithItsLeader(t *testing.T) {
	file := filepath.Join(t.TempDir(), "worker")
	r := running(t, shell("sleep 300 & echo $! >"+file+"; wait"), Policy{FirstPause: time.Hour, LongestPause: time.Hour}, nil)
	worker := numberIn(t, file)
	if err := r.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	inState(t, r, Backoff)
	if worker.isAlive() {
		t.Error("the worker lives")
	}
	if err := r.Signal(syscall.SIGHUP); !errors.Is(err, ErrNotRunning) {
		t.Errorf("signal: %v", err)
	}
}

func TestWrappedProcessHasTimeToEnd(t *testing.T) {
	t.Parallel()
	var out collector
	p := shell(`sh -c 'trap "sleep 0.5; echo drained; exit" TERM; echo up; while :; do sleep 0.1; done' & wait`)
	p.Stdout = out.add
	r := running(t, p, Policy{}, nil)
	eventually(t, "it is up", func() bool { return len(out.all()) > 0 })
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(out.all(), "drained") {
		t.Errorf("output %q", out.all())
	}
}

func TestKillHurriesTheStop(t *testing.T) {
	t.Parallel()
	p := shell("trap '' TERM; echo up; while :; do sleep 300; done")
	p.StopTimeout = time.Hour
	var out collector
	p.Stdout = out.add
	r, cancel, ended := begun(t, p, Policy{}, nil)
	eventually(t, "it is up", func() bool { return len(out.all()) > 0 })
	cancel()
	r.Kill()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestKillDuringTheStart: a kill that comes before the process is known to have
// been started is not lost.
func TestKillDuringTheStart(t *testing.T) {
	t.Parallel()
	p := shell("trap '' TERM; echo up; while :; do sleep 300; done")
	p.StopTimeout = time.Hour
	var out collector
	p.Stdout = out.add
	ctx, cancel := context.WithCancel(t.Context())
	var r *Runner
	r, err := newRunner(p, Policy{}, func(p Process) (child, error) {
		c, err := (*Instance)(nil).launch(p)
		eventually(t, "it is up", func() bool { return len(out.all()) > 0 })
		cancel()
		r.Kill()
		return c, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestIgnoringSIGTERMIsReported(t *testing.T) {
	t.Parallel()
	up := filepath.Join(t.TempDir(), "up")
	p := shell("trap '' TERM; echo $$ >" + up + "; while :; do sleep 300; done")
	p.StopTimeout = 100 * time.Millisecond
	p.Ready = func(context.Context) error {
		if _, err := os.Stat(up); err != nil {
			return err
		}
		return &Hopeless{errors.New("no use")}
	}
	r := started(t, p, Policy{FirstPause: time.Hour, LongestPause: time.Hour}, nil)
	want := "app does not get ready: no use; it had to be killed, as it did not end when SIGTERM asked it to"
	if got := inState(t, r, Backoff).Reason.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestForkingAwayIsReportedAndEnded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "daemon")
	daemon := shell(`setsid sh -c 'echo $$ >` + file + `; exec sleep 300' & while ! test -s ` + file + `; do sleep 0.01; done; exit 0`)
	r := started(t, daemon, Policy{FirstPause: time.Hour, LongestPause: time.Hour}, opened(t))
	got := inState(t, r, Backoff)
	if got.LastExit.Escaped != 1 || !strings.Contains(got.Reason.Error(), "must stay in the foreground") {
		t.Errorf("reason %v", got.Reason)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := inspect(pid); err == nil && !info.isDead() {
		t.Error("the daemon lives")
	}
}

func TestForkingAwayWithinTheGroupIsReported(t *testing.T) {
	r := started(t, shell("sleep 300 & sleep 300 & exit 0"), Policy{FirstPause: time.Hour, LongestPause: time.Hour}, nil)
	got := inState(t, r, Backoff)
	if got.LastExit.Escaped != 2 || !strings.Contains(got.Reason.Error(), "must stay in the foreground") {
		t.Errorf("reason %v", got.Reason)
	}
}

func TestStrangerWithItsOutputDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "stranger")
	// Without an instance there is no marker by which to find it.
	p := shell(`setsid sh -c 'echo $$ >` + file + `; exec sleep 300' & while ! test -s ` + file + `; do sleep 0.01; done; echo bye`)
	var out collector
	p.Stdout = out.add
	exit, err := Once(t.Context(), p, nil)
	if stranger := numberIn(t, file); stranger.send(syscall.SIGKILL) != nil {
		t.Error("the stranger was ended")
	}
	if err != nil || exit.Code != 0 || !slices.Equal(out.all(), []string{"bye"}) {
		t.Errorf("got %v, %v, %q", exit, err, out.all())
	}
}

func TestOnceIsStoppedWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	exit, err := Once(ctx, shell("exec sleep 300"), nil)
	if !errors.Is(err, context.DeadlineExceeded) || exit.Signal != syscall.SIGTERM {
		t.Errorf("got %v, %v", exit, err)
	}
}

func TestUpdateBeforeRestart(t *testing.T) {
	var out collector
	p := shell("echo one; exec sleep 300")
	p.Stdout = out.add
	r := running(t, p, Policy{}, nil)
	eventually(t, "one", func() bool { return slices.Contains(out.all(), "one") })
	p.Args = []string{"-c", "echo two; exec sleep 300"}
	if err := r.Update(p); err != nil {
		t.Fatal(err)
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two", func() bool { return slices.Contains(out.all(), "two") })
}

func TestP6EndlessBinaryOutputStopsInTime(t *testing.T) {
	t.Parallel()
	p := shell("trap '' TERM; exec cat /dev/urandom /dev/zero")
	p.StopTimeout = 200 * time.Millisecond
	much := make(chan struct{})
	var once sync.Once
	seen := 0
	p.Stdout = func(line []byte) {
		if len(line) > lineLimit {
			t.Errorf("a line of %d bytes", len(line))
		}
		if seen += len(line); seen > 10<<20 {
			once.Do(func() { close(much) })
		}
	}
	r, cancel, ended := begun(t, p, Policy{}, nil)
	<-much
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	got := r.Status().LastExit
	if got.Ignored != syscall.SIGTERM {
		t.Errorf("ended %v", got)
	}
	for _, line := range got.Output {
		if len(line) > tailLength || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' }) {
			t.Errorf("shows %q", line)
		}
	}
}

// A sink that does not return holds up neither the end of its process nor what
// the other output said.
func TestP6StuckSinkDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	p := shell("echo held up; echo why >&2; exec sleep 300")
	stuck, freed, returned := make(chan struct{}), make(chan struct{}), make(chan struct{})
	said := make(chan struct{})
	p.Stderr = func([]byte) { close(said) }
	p.Stdout = func([]byte) {
		defer close(returned)
		close(stuck)
		<-freed
	}
	r, cancel, ended := begun(t, p, Policy{}, nil)
	<-stuck
	<-said
	cancel()
	select {
	case err := <-ended:
		if got := r.Status().LastExit; err != nil || !slices.Equal(got.Output, []string{"why"}) {
			t.Errorf("ended %v, %v, with %q", got, err, got.Output)
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not end")
	}
	close(freed)
	<-returned
}
