package generation

import "testing"

// It depends on the machine whether varnishd can try both addresses.
func TestLocalhost(t *testing.T) {
	if got := localhost(t.Context()); got != "localhost" && got != "127.0.0.1" {
		t.Errorf("localhost is at %q", got)
	}
}
