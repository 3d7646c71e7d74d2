// Package port has the ports that tests name before anybody listens there.
package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
)

// Free returns a loopback address that nobody else gets until the test ends,
// whichever address of the port they ask for, "localhost" included. It refuses
// connections until whoever is meant to listens there, which works as often as
// the test likes, with SO_REUSEADDR, as servers have it.
//
// The port is held by a socket that is bound to it and does not listen. It is
// below those that the kernel gives away by itself.
func Free(t testing.TB) string {
	t.Helper()
	for range 200 {
		number := 12000 + rand.IntN(18000)
		socket, err := hold(number)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(socket) }) // nothing is written to it
		return fmt.Sprintf("127.0.0.1:%d", number)
	}
	t.Fatal("there is no free port")
	return ""
}

// Other returns the address at ::1 that has the port of one that Free has
// returned, or that address itself where the machine has no IPv6.
func Other(t testing.TB, address string) string {
	t.Helper()
	probe, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return address
	}
	_, number, err := net.SplitHostPort(address)
	if err := errors.Join(err, probe.Close()); err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("::1", number)
}

// hold binds a socket to the port at every address of the machine.
func hold(number int) (int, error) {
	family, any := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: number})
	socket, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if errors.Is(err, syscall.EAFNOSUPPORT) {
		family, any = syscall.AF_INET, &syscall.SockaddrInet4{Port: number}
		socket, err = syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if family == syscall.AF_INET6 {
		err = syscall.SetsockoptInt(socket, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 0)
	}
	// SO_REUSEADDR comes after bind: two tests that hold ports never share one,
	// and a server that is started later does.
	if err == nil {
		err = os.NewSyscallError("bind", syscall.Bind(socket, any))
	}
	if err == nil {
		err = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}
	if err != nil {
		_ = syscall.Close(socket) // the error is told
		return 0, err
	}
	return socket, nil
}
