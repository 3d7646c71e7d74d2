package port

import (
	"net"
	"testing"
)

// Machine returns an IPv4 address of the machine that is not on loopback, as objects of
// Kubernetes want them; false where it has none.
func Machine(t testing.TB) (string, bool) {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if network, ok := one.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.String(), true
		}
	}
	return "", false
}
