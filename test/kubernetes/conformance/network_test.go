package conformance

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"edgegen/test/edge"
)

// networkVariable is set for the tests that run in a network of their own.
const networkVariable = "EDGEGEN_TEST_NETWORK"

func inNetwork() bool { return os.Getenv(networkVariable) != "" }

// networks are the addresses that there are, all of them on loopback.
const networks = "10.80.0.1/16"

// The capability to make an address, and to listen at the ports that are the system's.
const (
	capNetBindService = 10
	capNetAdmin       = 12
)

// inNetworkOfItsOwn runs a test in a network that has nothing but loopback, as a process
// of its own.
func inNetworkOfItsOwn(t *testing.T, test func(*testing.T)) {
	t.Helper()
	if inNetwork() {
		for _, arguments := range [][]string{{"link", "set", "lo", "up"}, {"address", "add", networks, "dev", "lo"}} {
			if out, err := exec.Command("ip", arguments...).CombinedOutput(); err != nil {
				t.Fatalf("ip %q: %v\n%s", arguments, err, out)
			}
		}
		test(t)
		return
	}
	if _, err := exec.LookPath("ip"); err != nil {
		edge.Skip(t, "a network of its own, which ip of iproute2 makes")
	}
	child := exec.Command(os.Args[0], append(os.Args[1:], "-test.run=^"+t.Name()+"$")...)
	child.Env = append(os.Environ(), networkVariable+"=1")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.SysProcAttr = isolated()
	if err := child.Start(); errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		edge.Skip(t, "a network of its own, which this machine makes for nobody: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil {
		t.Error(fmt.Errorf("the test in its own network: %w", err))
	}
}

// isolated is a process with its own network. Whoever is not root is given that, and no
// other right.
func isolated() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		a.AmbientCaps = []uintptr{capNetBindService, capNetAdmin}
	}
	return a
}
