package supervise

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary play the parts of other processes.
func TestMain(m *testing.M) {
	roles := map[string]func(arguments []string) int{
		"guardian":    func([]string) int { return GuardianMain(os.Stdin, os.Stdout, os.Stderr) },
		"parent":      parentRole,
		"bare-parent": bareParentRole,
		"limits":      limitsRole,
		"lock":        lockRole,
		"reaper":      reaperRole,
		"first":       firstRole,
	}
	if len(os.Args) > 1 {
		if role, known := roles[os.Args[1]]; known {
			os.Exit(role(os.Args[2:]))
		}
	}
	// The race detector of the roles must not wait for a second at their end.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		os.Exit(fail(err))
	}
	os.Exit(m.Run())
}

// played starts the test binary in a role and waits for its first line.
func played(t *testing.T, arguments ...string) (process *exec.Cmd, firstLine string) {
	t.Helper()
	command := exec.Command("/proc/self/exe", arguments...)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		command.Process.Kill()
		command.Wait()
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("%v said nothing: %v", arguments, err)
	}
	return command, strings.TrimSpace(line)
}

// parentRole supervises one shell script per argument after the state
// directory, with a protected directory in it, until it is killed or its
// stdin ends.
func parentRole(arguments []string) int {
	directory := arguments[0]
	if _, err := CleanUp(context.Background(), directory); err != nil {
		return fail(err)
	}
	instance, err := OpenInstance(InstanceConfig{Directory: directory, Guardian: []string{"guardian"},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return fail(err)
	}
	protected := filepath.Join(directory, "protected")
	if err := os.MkdirAll(filepath.Join(protected, "inner"), 0o700); err != nil {
		return fail(err)
	}
	if err := instance.RemoveAtEnd(protected); err != nil {
		return fail(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error)
	for n, script := range arguments[1:] {
		up := filepath.Join(protected, "up"+strconv.Itoa(n))
		runner, err := NewRunner(Process{
			Name: "child" + strconv.Itoa(n), Path: "/bin/sh", Args: []string{"-c", script},
			Env: append(os.Environ(), "UP="+up), StopTimeout: time.Second,
			Ready: func(context.Context) error { _, err := os.Stat(up); return err },
		}, Policy{}, instance)
		if err != nil {
			return fail(err)
		}
		go func() { ended <- runner.Run(ctx) }()
		if err := runner.WaitReady(ctx); err != nil {
			return fail(err)
		}
	}
	fmt.Println("up")
	io.Copy(io.Discard, os.Stdin)
	cancel()
	for range arguments[1:] {
		if err := <-ended; err != nil {
			return fail(err)
		}
	}
	if err := instance.Close(context.Background()); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Println("failed:", err)
	return 1
}

// bareParentRole starts a sleep as the given user without an instance and
// prints its number.
func bareParentRole(arguments []string) int {
	uid, err := strconv.Atoi(arguments[0])
	if err != nil {
		return fail(err)
	}
	p := Process{Name: "sleep", Path: "sleep", Args: []string{"300"},
		Credential: &Credential{UID: uint32(uid), GID: uint32(uid)}}
	runner, err := NewRunner(p, Policy{}, nil)
	if err != nil {
		return fail(err)
	}
	go runner.Run(context.Background())
	if err := runner.WaitReady(context.Background()); err != nil {
		return fail(err)
	}
	fmt.Println(runner.Status().PID)
	select {}
}

func limitsRole(arguments []string) int {
	n, err := strconv.ParseUint(arguments[0], 10, 64)
	if err != nil {
		return fail(err)
	}
	got, err := RaiseDescriptors(n)
	if err != nil {
		return fail(err)
	}
	inherited, err := exec.Command("sh", "-c", "ulimit -n").Output()
	if err != nil {
		return fail(err)
	}
	fmt.Println(got, strings.TrimSpace(string(inherited)))
	return 0
}

func lockRole(arguments []string) int {
	if _, err := AcquireLock(arguments[0]); err != nil {
		return fail(err)
	}
	fmt.Println("locked")
	select {}
}

// reaperRole becomes the parent of orphans, as process 1 is, and makes one.
func reaperRole([]string) int {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fail(err)
	}
	go new(Instance).reapOrphans(200*time.Millisecond, nil)
	orphan, err := exec.Command("sh", "-c", "sleep 0.1 >/dev/null & echo $!").Output()
	if err != nil {
		return fail(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(orphan)))
	if err != nil {
		return fail(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := inspect(pid); err != nil {
			fmt.Println("reaped")
			return 0
		}
	}
	return fail(fmt.Errorf("process %d is still there", pid))
}

// eventually fails the test where the condition does not come true. The limit
// is generous for the sake of a busy machine.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// inState waits until the runner is in one of the states.
func inState(t *testing.T, r *Runner, wanted State) Status {
	t.Helper()
	eventually(t, "state "+string(wanted), func() bool { return r.Status().State == wanted })
	return r.Status()
}

// running starts a runner whose process is to be ready, and stops it when the
// test ends.
func running(t *testing.T, p Process, policy Policy, instance *Instance) *Runner {
	t.Helper()
	r := started(t, p, policy, instance)
	if err := r.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func started(t *testing.T, p Process, policy Policy, instance *Instance) *Runner {
	t.Helper()
	r, cancel, ended := begun(t, p, policy, instance)
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return r
}

// begun starts a runner that the caller ends by cancel, and whose Run's error it
// takes then.
func begun(t *testing.T, p Process, policy Policy, instance *Instance) (r *Runner, cancel func(), ended <-chan error) {
	t.Helper()
	r, err := NewRunner(p, policy, instance)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	run := make(chan error, 1)
	go func() { run <- r.Run(ctx) }()
	return r, cancel, run
}

// opened returns an instance in a directory of its own.
func opened(t *testing.T) *Instance {
	t.Helper()
	instance, err := OpenInstance(InstanceConfig{Directory: t.TempDir(), Guardian: []string{"guardian"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := instance.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return instance
}

func shell(script string) Process {
	return Process{Name: "app", Path: "/bin/sh", Args: []string{"-c", script}, StopTimeout: 5 * time.Second}
}

// numberIn waits for a file with a process's number in it.
func numberIn(t *testing.T, file string) identity {
	t.Helper()
	var id identity
	eventually(t, "a number in "+file, func() bool {
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasSuffix(string(text), "\n") {
			return false
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		info, err := inspect(pid)
		if err != nil {
			t.Fatal(err)
		}
		id = info.identity
		return true
	})
	return id
}

// alone starts a process that the package knows nothing of.
func alone(t *testing.T, name string, arguments ...string) identity {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		command.Wait()
	})
	info, err := inspect(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return info.identity
}
