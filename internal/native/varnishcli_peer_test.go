package native

import (
	"net"
	"os"
	"testing"
)

func TestOtherEnd(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Skip("not covered here: ", err)
			}
			defer listener.Close()
			connection, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			accepted, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if err := dialledBy(accepted, os.Getpid()); err != nil {
				t.Error(err)
			}
			_, inode, err := otherEnd(connection)
			if err != nil {
				t.Fatal(err)
			}
			if holds, err := holdsSocket(os.Getpid(), inode); err != nil || !holds {
				t.Errorf("%t, %v", holds, err)
			}
			if err := accepted.Close(); err != nil {
				t.Fatal(err)
			}
			if _, inode, err := otherEnd(connection); err == nil {
				if holds, _ := holdsSocket(os.Getpid(), inode); holds {
					t.Error("it is held after its end")
				}
			}
		})
	}
}
