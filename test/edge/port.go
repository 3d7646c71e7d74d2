package edge

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// FreeAddress returns a loopback address on whose port nobody listens, at any
// address of the machine. The port is below those that the kernel gives away by
// itself, so that nobody who asks for any port gets it meanwhile.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 200 {
		port := fmt.Sprintf(":%d", 12000+rand.IntN(18000))
		if listener, err := net.Listen("tcp", port); err == nil {
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
			return "127.0.0.1" + port
		}
	}
	t.Fatal("there is no free port")
	return ""
}
