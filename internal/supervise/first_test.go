package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFirstProcess runs in a container of its own, so to speak.
func TestFirstProcess(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "-pf", "--mount-proc", "true").CombinedOutput(); err != nil {
		t.Skipf("this machine makes no process namespace: %v %s", err, out)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("unshare", "-pf", "--mount-proc", "--kill-child", program, "first", t.TempDir())
	command.Stderr = os.Stderr
	if out, err := command.Output(); err != nil || string(out) != "2 left\n" {
		t.Errorf("%s%v", out, err)
	}
}

// firstRole is process 1. It supervises a process that leaves orphans, and
// whose group ends long after itself.
func firstRole(arguments []string) int {
	if os.Getpid() != 1 {
		return fail(fmt.Errorf("this is process %d", os.Getpid()))
	}
	instance, err := OpenInstance(InstanceConfig{Directory: arguments[0], Guardian: []string{"guardian"}})
	if err != nil {
		return fail(err)
	}
	up := filepath.Join(arguments[0], "up")
	p := shell(`for n in 1 2 3; do (setsid sh -c : &); done
		(trap "" TERM; echo >"$UP"; exec sleep 5) &
		wait`)
	p.Env = append(os.Environ(), "UP="+up)
	p.StopTimeout = 30 * time.Second
	p.Ready = func(context.Context) error { _, err := os.Stat(up); return err }
	runner, err := NewRunner(p, Policy{}, instance)
	if err != nil {
		return fail(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	if err := runner.WaitReady(ctx); err != nil {
		return fail(err)
	}
	cancel()
	if err := <-ended; err != nil {
		return fail(err)
	}
	exit := runner.Status().LastExit
	if exit.Signal != syscall.SIGTERM {
		return fail(fmt.Errorf("somebody else reaped it: %v", exit))
	}
	left := 0
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if left = len(processes()); left == 2 { // this one and the guardian
			break
		}
	}
	if err := instance.Close(context.Background()); err != nil {
		return fail(err)
	}
	fmt.Println(left, "left")
	return 0
}
