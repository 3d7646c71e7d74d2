package systemd

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// reexec is set where the test binary is the process that a manager starts.
const reexec = "EDGEGEN_TEST_ACTIVATED"

func TestMain(m *testing.M) {
	if os.Getenv(reexec) == "" {
		os.Exit(m.Run())
	}
	if err := activated(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// activated prints what it was given, as a child of it would see it.
func activated() error {
	// Nobody can say LISTEN_PID before there is a process.
	if os.Getenv("LISTEN_PID") == "self" {
		if err := os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid())); err != nil {
			return err
		}
	}
	listeners, err := Listeners()
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "LISTEN_") {
			err = errors.Join(err, fmt.Errorf("children inherit %s", variable))
		}
	}
	if err != nil {
		return err
	}
	for _, l := range listeners {
		fd := l.File.Fd()
		descriptor, err1 := unix.FcntlInt(fd, unix.F_GETFD, 0)
		status, err2 := unix.FcntlInt(fd, unix.F_GETFL, 0)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		fmt.Printf("%d %s close-on-exec=%t blocks=%t\n", fd, l.Address,
			descriptor&unix.FD_CLOEXEC != 0, status&unix.O_NONBLOCK == 0)
	}
	again, err := Listeners()
	if len(again) > 0 {
		return fmt.Errorf("a second time: %v", again)
	}
	return err
}

// activate starts this binary with sockets as a manager would, and returns
// what it printed.
func activate(t *testing.T, files []*os.File, environment ...string) (string, error) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), executable)
	command.Env = append(os.Environ(), reexec+"=1", "GORACE=atexit_sleep_ms=0")
	command.Env = append(command.Env, environment...)
	command.ExtraFiles = files
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	err = command.Run()
	return printed.String(), err
}

// open returns a socket as a manager would pass it, which blocks.
func open(t *testing.T, listener interface {
	File() (*os.File, error)
	Close() error
}, err error) *os.File {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if err := unix.SetNonblock(int(file.Fd()), false); err != nil {
		t.Fatal(err)
	}
	return file
}

func openTCP(t *testing.T, network, address string) *os.File {
	t.Helper()
	plain := net.ListenConfig{}
	plain.SetMultipathTCP(false) // as the manager's are
	listener, err := plain.Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, listener.(*net.TCPListener), nil)
}

func addressFor(t *testing.T, file *os.File) string {
	t.Helper()
	listener, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestListeners(t *testing.T) {
	four := openTCP(t, "tcp4", "127.0.0.1:0")
	files, names := []*os.File{four}, "plain"
	want := fmt.Sprintf("3 %s close-on-exec=true blocks=false\n", addressFor(t, four))
	if probe, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Log("no IPv6 here; tested without it")
	} else {
		_ = probe.Close()
		six := openTCP(t, "tcp6", "[::1]:0")
		files, names = append(files, six), "plain:secure"
		want += fmt.Sprintf("4 %s close-on-exec=true blocks=false\n", addressFor(t, six))
	}
	count := fmt.Sprint("LISTEN_FDS=", len(files))
	for name, c := range map[string]struct {
		environment []string
		want        string
	}{
		"passed":             {[]string{"LISTEN_PID=self", count, "LISTEN_FDNAMES=" + names}, want},
		"for another":        {[]string{"LISTEN_PID=1", count, "LISTEN_FDNAMES=" + names}, ""},
		"for nobody":         {[]string{count}, ""},
		"none":               {[]string{"LISTEN_PID=self"}, ""},
		"fewer than we have": {[]string{"LISTEN_PID=self", "LISTEN_FDS=1", "LISTEN_FDNAMES=plain"}, strings.SplitAfter(want, "\n")[0]},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := activate(t, files, c.environment...); err != nil || got != c.want {
				t.Errorf("%v\n%swant\n%s", err, got, c.want)
			}
		})
	}
}

// A run that was killed while it kept new connections out must not make the
// next one deaf.
func TestListenerWithAFilter(t *testing.T) {
	file := openTCP(t, "tcp4", "127.0.0.1:0")
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	err := unix.SetsockoptSockFprog(int(file.Fd()), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
	if errors.Is(err, unix.EPERM) {
		t.Skip("this kernel lets root alone attach a filter: not tested that it is taken off")
	} else if err != nil {
		t.Fatal(err)
	}
	if got, err := activate(t, []*os.File{file}, "LISTEN_PID=self", "LISTEN_FDS=1"); err != nil {
		t.Fatalf("%v, %s", err, got)
	}
	connection, err := net.DialTimeout("tcp4", addressFor(t, file), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
}

func TestListenersThatAreNone(t *testing.T) {
	local, err := net.ListenUnix("unix", &net.UnixAddr{Name: fmt.Sprintf("@edgegen-test-listener-%d", os.Getpid()), Net: "unix"})
	unixSocket := open(t, local, err)
	datagrams, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	udp := open(t, datagrams, err)
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cases := map[string]struct {
		file *os.File
		want string
	}{
		"a Unix socket": {unixSocket, "is no TCP address"},
		"no socket":     {file, "non-socket"},
	}
	if both, err := net.ListenTCP("tcp", &net.TCPAddr{}); err != nil {
		t.Fatal(err)
	} else if strings.HasPrefix(both.Addr().String(), "[::]") {
		cases["both families"] = struct {
			file *os.File
			want string
		}{open(t, both, nil), "BindIPv6Only=ipv6-only"}
	} else {
		_ = both.Close()
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := activate(t, []*os.File{c.file}, "LISTEN_PID=self", "LISTEN_FDS=1", "LISTEN_FDNAMES=odd")
			if err == nil || !strings.Contains(got, c.want) || !strings.Contains(got, `socket "odd"`) {
				t.Errorf("%v, %s", err, got)
			}
		})
	}
	t.Run("datagrams", func(t *testing.T) {
		got, err := activate(t, []*os.File{udp}, "LISTEN_PID=self", "LISTEN_FDS=1", "LISTEN_FDNAMES=quic")
		if err != nil || !strings.Contains(got, datagrams.LocalAddr().String()) {
			t.Errorf("%v, %s", err, got)
		}
	})
	t.Run("a closed descriptor", func(t *testing.T) {
		got, err := activate(t, nil, "LISTEN_PID=self", "LISTEN_FDS=1")
		if err == nil || !strings.Contains(got, "error: ") {
			t.Errorf("%v, %s", err, got)
		}
	})
}
