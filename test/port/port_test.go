package port

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
)

// A port that is held refuses connections, is nobody else's to hold, and can be
// listened on, by turns at both addresses that localhost stands for.
func TestFree(t *testing.T) {
	address := Free(t)
	for range 2 {
		for _, at := range []string{address, Other(t, address)} {
			if connection, err := net.Dial("tcp", at); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v, %v before anybody listens", at, connection, err)
			}
			listener, err := net.Listen("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			connection, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			_ = connection.Close()
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, text, _ := net.SplitHostPort(address)
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold(number); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("held twice: %v", err)
	}
}
