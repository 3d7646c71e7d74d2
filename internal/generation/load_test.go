package generation

import "testing"

func TestAddressOf(t *testing.T) {
	for host, want := range map[string]string{
		"": "", "192.0.2.1": "192.0.2.1", "2001:DB8::0:1": "2001:db8::1", "::1": "::1",
	} {
		if got, err := addressOf(t.Context(), host); err != nil || got != want {
			t.Errorf("%q is at %q, %v", host, got, err)
		}
	}
	// It depends on the machine whether varnishd can try both.
	if got, err := addressOf(t.Context(), "localhost"); err != nil || got != "localhost" && got != "127.0.0.1" {
		t.Errorf("localhost is at %q, %v", got, err)
	}
}
