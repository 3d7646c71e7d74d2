package members

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"edgegen/test/edge"
)

// withinVariable says to a test that it runs in a network of its own.
const withinVariable = "EDGEGEN_TEST_WITHIN"

// inNetwork runs a test in a process that has a network namespace of its own, with nothing
// but what the test makes in it. It returns true in that process. Where there may be no such
// namespaces the test is skipped.
func inNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(withinVariable) != "" {
		return true
	}
	for _, program := range []string{"unshare", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			edge.Skip(t, "edges in network namespaces: %v", err)
		}
	}
	apart := []string{"--net"}
	if os.Getuid() != 0 {
		apart = append(apart, "--user", "--map-root-user")
	}
	if said, err := exec.Command("unshare", append(apart, "ip", "link", "set", "lo", "up")...).CombinedOutput(); err != nil {
		edge.Skip(t, "edges in network namespaces, which are not permitted here: %v: %s", err, said)
	}
	c := exec.CommandContext(t.Context(), "unshare", append(apart, os.Args[0], "-test.run", "^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v", "-test.timeout", "9m", fmt.Sprintf("-long=%v", *long))...)
	c.Env = append(os.Environ(), withinVariable+"=1", "EDGEGEN_UNDER_TEST="+edge.Program("edgegen"))
	said, err := c.CombinedOutput()
	for line := range strings.Lines(string(said)) {
		if line = strings.TrimSpace(line); line != "" {
			t.Log(line)
		}
	}
	if err != nil {
		t.Errorf("in a network of its own: %v", err)
	}
	return false
}

// center is the address of what all edges have in common: the balancer, the app and the
// name server.
const center = "10.77.0.1"

// newNetwork makes a bridge in the namespace of this process.
func newNetwork(t *testing.T) {
	t.Helper()
	run(t, "ip", "link", "set", "lo", "up")
	run(t, "ip", "link", "add", "edges", "type", "bridge")
	run(t, "ip", "address", "add", center+"/24", "dev", "edges")
	run(t, "ip", "link", "set", "edges", "up")
}

// place is a network namespace with an address that leads to the bridge.
type place struct {
	t       *testing.T
	file    *os.File
	address string
}

// newPlace makes the place of a number from 1 up.
func newPlace(t *testing.T, number int) *place {
	t.Helper()
	p := &place{t: t, address: fmt.Sprintf("10.77.0.%d", number+10)}
	here := ofThread(t)
	defer here.Close()
	func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer enter(t, here)
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Fatal(err)
		}
		p.file = ofThread(t)
	}()
	t.Cleanup(func() { _ = p.file.Close() }) // the namespace ends with it
	outer := fmt.Sprintf("edge%d", number)
	run(t, "ip", "link", "add", outer, "type", "veth", "peer", "name", "out", "netns", fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), p.file.Fd()))
	run(t, "ip", "link", "set", outer, "master", "edges", "up")
	p.within(func() {
		run(t, "ip", "link", "set", "lo", "up")
		run(t, "ip", "address", "add", p.address+"/24", "dev", "out")
		run(t, "ip", "link", "set", "out", "up")
	})
	return p
}

// within does something in the namespace: what listens, and what is started, stays there.
func (p *place) within(do func()) {
	p.t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	here := ofThread(p.t)
	defer here.Close()
	enter(p.t, p.file)
	defer enter(p.t, here) // also where do ends the test
	do()
}

// listen opens a socket that outlives the edges that serve it, as a service manager does.
func (p *place) listen(port int) (socket *os.File) {
	p.t.Helper()
	p.within(func() {
		listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(p.address), Port: port})
		if err != nil {
			p.t.Fatal(err)
		}
		defer listener.Close()
		if socket, err = listener.File(); err != nil {
			p.t.Fatal(err)
		}
	})
	p.t.Cleanup(func() { _ = socket.Close() }) // nothing is written to it
	return socket
}

func ofThread(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func enter(t *testing.T, file *os.File) {
	t.Helper()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		panic(err) // this thread is of no use any more
	}
}

func run(t *testing.T, program string, arguments ...string) {
	t.Helper()
	if said, err := exec.Command(program, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", program, strings.Join(arguments, " "), err, said)
	}
}
